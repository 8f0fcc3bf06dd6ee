"""Slack's incoming webhooks, and chats that take the same.

Limits: https://docs.slack.dev/reference/block-kit/blocks and
https://docs.slack.dev/changelog/2018-truncating-really-long-messages. `text` says it all for chats
that know no blocks.
"""

import re
from typing import Any, Final

import msgspec

from schemas.records import Alert, Millis
from streams.alerts.receivers.channel import Channel, Request
from streams.alerts.secrets import parts_of
from streams.alerts.telling import Event, Notice
from streams.alerts.text import clip, lines_of

TEXT: Final = 4_000
"""Characters of `text` that are always shown; 40,000 are taken."""
HEADER: Final = 150
SECTION: Final = 3_000
FIELD: Final = 2_000
FIELDS: Final = 10
LINK: Final = 3_000

_SYMBOLS: Final = {"critical": "🔴", "error": "🟠", "warning": "🟡", "info": "🔵"}
_HEADS: Final = {
    Event.TRIGGER: "{severity}",
    Event.UPDATE: "Update, {severity}",
    Event.ACKNOWLEDGE: "Acknowledged by {who}",
    Event.RESOLVE: "Over",
}
_BROKEN_ENTITY: Final = re.compile(r"&[a-z]{0,3}$")


class SlackChannel(Channel):
    """One webhook; its URL is a secret."""

    def __init__(self, url: str) -> None:
        self.secrets = parts_of(url)
        self._url = url

    def request(self, notice: Notice, now: Millis) -> Request:
        """A message."""
        alert = notice.alert
        head = _HEADS[notice.event].format(severity=alert.severity, who=alert.acknowledged_by)
        symbol = "✅" if notice.event is Event.RESOLVE else _SYMBOLS.get(alert.severity, "")
        lines = [f"{symbol} {head}: {alert.title}", lines_of(alert.facts)]
        if alert.runbook:
            lines.append(f"runbook: {alert.runbook}")
        message = {
            "text": escaped("\n".join(lines), TEXT),
            "blocks": _blocks(f"{symbol} {head}", alert),
        }
        return Request(str(self._url), msgspec.json.encode(message))


def escaped(text: str, most: int) -> str:
    """Text that mentions nobody and links nowhere, at most so many characters."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    if len(text) <= most:
        return text
    return _BROKEN_ENTITY.sub("", text[: most - 1]) + "…"


def _blocks(head: str, alert: Alert) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [
        {"type": "header", "text": {"type": "plain_text", "text": clip(head, HEADER)}},
        {"type": "section", "text": _text(escaped(alert.title, SECTION))},
    ]
    fields = [
        _text(f"*{escaped(name.replace('_', ' '), 50)}*\n{escaped(value, FIELD - 60)}")
        for name, value in alert.facts.items()
    ]
    if fields:
        blocks.append({"type": "section", "fields": fields[:FIELDS]})
    if alert.runbook and len(alert.runbook) <= LINK:
        blocks.append(
            {"type": "section", "text": _text(f"Runbook: {escaped(alert.runbook, LINK)}")}
        )
    return blocks


def _text(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text}
