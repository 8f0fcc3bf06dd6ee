"""Alertmanager, API v2: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml.

It knows an alert by its labels, so those that change (severity) end the alert and begin another.
An alert ends when its `endsAt` has passed. An open one is given one that lies `resolve_timeout`
ahead and is sent again four times within it, so that it ends by itself when nobody speaks of it
any more; the Alertmanager's own `resolve_timeout` is for alerts without an `endsAt`.
"""

from collections.abc import Iterable
from typing import Any

import msgspec

from schemas.records import Alert, Millis
from streams.alerts.config import Alertmanager
from streams.alerts.receivers.channel import Channel, Request
from streams.alerts.telling import Event, Notice
from streams.alerts.text import clip, lines_of, moment

SENT_AGAIN = 4
"""Times within `resolve_timeout`, as Prometheus does it."""

LONGEST = 4_000
"""Characters of an annotation; none is published, but what it notifies has limits of its own."""


class AlertmanagerChannel(Channel):
    """One Alertmanager."""

    def __init__(self, config: Alertmanager, token: str | None) -> None:
        self.secrets = () if token is None else (token,)
        self.refresh_every: float | None = config.resolve_timeout / 1000 / SENT_AGAIN
        self._url = config.url.rstrip("/") + "/api/v2/alerts"
        self._headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._labels = config.labels
        self._lasts = config.resolve_timeout

    def request(self, notice: Notice, now: Millis) -> Request:
        """The alert, and the end of what it was under other labels."""
        over = notice.event is Event.RESOLVE
        alerts = [self._alert(notice.alert, now if over else now + self._lasts, now)]
        before = notice.before
        if before is not None and self._identity(before) != self._identity(notice.alert):
            alerts.append(self._alert(before, now, now))
        return self._request(alerts)

    def refresh(self, alerts: Iterable[Alert], now: Millis) -> Request:
        """All of them, once more."""
        return self._request([self._alert(alert, now + self._lasts, now) for alert in alerts])

    def _request(self, alerts: list[dict[str, Any]]) -> Request:
        return Request(self._url, msgspec.json.encode(alerts), self._headers)

    def _identity(self, alert: Alert) -> dict[str, str]:
        named = {
            "alertname": f"Baton{alert.kind.title()}",
            "kind": alert.kind,
            "severity": alert.severity,
            "tenant": alert.tenant,
        }
        return {**alert.labels, **self._labels, **named}

    def _alert(self, alert: Alert, ends_at: Millis, now: Millis) -> dict[str, Any]:
        annotations = {
            "summary": clip(alert.title, LONGEST),
            "description": clip(lines_of(alert.facts), LONGEST),
            "runbook_url": alert.runbook,
            "acknowledged_by": alert.acknowledged_by,
            "dedup_key": alert.dedup_key,
        }
        return {
            "labels": self._identity(alert),
            "annotations": {name: text for name, text in annotations.items() if text},
            # A clock that is ahead of ours must not begin an alert after its end.
            "startsAt": moment(min(alert.starts_at, now)),
            "endsAt": moment(ends_at),
        }
