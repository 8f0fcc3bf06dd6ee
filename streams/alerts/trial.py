"""One marked test alert to every receiver."""

import time
from collections.abc import Iterator

import msgspec

from schemas.records import Alert, Millis
from streams.alerts.changes import dedup_key
from streams.alerts.config import (
    Alertmanager,
    AlertsConfig,
    Kind,
    PagerDuty,
    Severity,
    Slack,
    Webhook,
)
from streams.alerts.delivery import Answer, Sender, Verdict
from streams.alerts.receivers import channel_of
from streams.alerts.telling import Event, Notice
from streams.errors import ConfigError


class Trial(msgspec.Struct, frozen=True):
    """What a receiver answered to the test. `seconds` is how long it took."""

    receiver: str
    type: str
    ok: bool
    status: int | None
    answer: str
    seconds: float


def trials(config: AlertsConfig, now: Millis) -> Iterator[Trial]:
    """Tell each receiver once, without trying again.

    One that cannot be told, for want of its secret, has failed; the others are told all the same.
    """
    for receiver in config.receivers:
        began = time.monotonic()
        answer = _tried(receiver, now)
        yield Trial(
            receiver=receiver.name,
            type=str(receiver.__struct_config__.tag),
            ok=answer.verdict is Verdict.TAKEN,
            status=answer.status,
            answer=answer.text,
            seconds=round(time.monotonic() - began, 3),
        )


def _tried(receiver: Alertmanager | PagerDuty | Slack | Webhook, now: Millis) -> Answer:
    try:
        channel = channel_of(receiver)
    except ConfigError as error:
        return Answer(Verdict.REFUSED, text=str(error))
    sender = Sender(receiver.timeout / 1000, channel.secrets)
    try:
        return sender.post(channel.request(_notice(receiver.name, now), now))
    finally:
        sender.close()


def _notice(receiver: str, now: Millis) -> Notice:
    alert = Alert(
        dedup_key=dedup_key(Kind.TEST, receiver, str(now)),
        kind=Kind.TEST,
        severity=Severity.INFO,
        title="TEST: Baton can reach this receiver. Nothing is wrong.",
        starts_at=now,
        updated_at=now,
        news="test",
        labels={"receiver": receiver},
        facts={"test": "sent by `baton alerts test`", "receiver": receiver},
    )
    return Notice(Event.TRIGGER, alert)
