"""PagerDuty, Events API v2: https://developer.pagerduty.com/docs/send-alert-event."""

from typing import Any, Final

import msgspec

from schemas.records import Alert, Millis
from streams.alerts.receivers.channel import Channel, Request
from streams.alerts.telling import Event, Notice
from streams.alerts.text import clip, moment

SUMMARY: Final = 1_024
"""Characters of `payload.summary`. A `dedup_key` has at most 255, an event 512 KB."""

DETAIL: Final = 2_000
"""Characters of a value in `custom_details`, so that an event stays far below its limit."""

_ACTIONS: Final = {
    Event.TRIGGER: "trigger",
    Event.UPDATE: "trigger",  # with the same key it is added to the alert that is there
    Event.ACKNOWLEDGE: "acknowledge",
    Event.RESOLVE: "resolve",
}


class PagerDutyChannel(Channel):
    """One service's integration."""

    def __init__(self, url: str, routing_key: str) -> None:
        self.secrets = (routing_key,)
        self._url = url
        self._routing_key = routing_key

    def request(self, notice: Notice, now: Millis) -> Request:
        """The event."""
        alert, action = notice.alert, _ACTIONS[notice.event]
        event: dict[str, Any] = {
            "routing_key": str(self._routing_key),
            "event_action": action,
            "dedup_key": alert.dedup_key,
        }
        if action == "trigger":
            event |= {"payload": _payload(alert, now), "client": "Baton"}
            if alert.runbook:
                event["links"] = [{"href": alert.runbook, "text": "Runbook"}]
        return Request(self._url, msgspec.json.encode(event))


def _payload(alert: Alert, now: Millis) -> dict[str, Any]:
    named = {
        "component": alert.labels.get("component"),
        "group": alert.labels.get("category") or alert.labels.get("route"),
        "class": alert.kind,
    }
    details = {name: clip(value, DETAIL) for name, value in alert.facts.items()}
    return {
        "summary": clip(alert.title, SUMMARY),
        "source": f"baton/{alert.tenant}",
        "severity": alert.severity,
        "timestamp": moment(min(alert.starts_at, now)),
        "custom_details": details,
        **{name: value for name, value in named.items() if value},
    }
