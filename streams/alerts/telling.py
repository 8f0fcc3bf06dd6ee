"""What a receiver is to be told when an alert changes, given what it was told last."""

from enum import StrEnum

import msgspec
from msgspec.structs import replace

from schemas.records import Alert
from streams.alerts.changes import Change


class Event(StrEnum):
    """What happened to an alert."""

    TRIGGER = "trigger"
    UPDATE = "update"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


class Notice(msgspec.Struct, frozen=True):
    """One thing to tell. `before` is the alert as it was told last."""

    event: Event
    alert: Alert
    before: Alert | None = None


class Telling(msgspec.Struct, frozen=True):
    """What to tell, in order, and what the receiver then knows; None: nothing is open."""

    notices: tuple[Notice, ...]
    told: Alert | None


def tell(told: Alert | None, change: Change, *, wanted: bool) -> Telling:
    """What follows from a change.

    Args:
        told: What the receiver was told last of this alert; None when nothing, or its end.
        change: What a record says of it now.
        wanted: Whether a route leads to the receiver. Who was told of an alert hears of it until
            its end, whatever the routes say of it meanwhile.

    """
    if told is None:
        return _begin(change.alert, wanted=wanted and not change.over)
    if change.alert.updated_at < told.updated_at:
        return Telling((), told)  # a replayed record
    if change.over:
        facts = {"over": change.over, **change.alert.facts}
        last = replace(
            told, title=change.alert.title, facts=facts, updated_at=change.alert.updated_at
        )
        return Telling((Notice(Event.RESOLVE, last, told),), None)
    if change.alert.news == told.news:
        return Telling((), told)
    alert = replace(change.alert, starts_at=told.starts_at)
    if alert.acknowledged_by is None or told.acknowledged_by is not None:
        return Telling((Notice(Event.UPDATE, alert, told),), alert)
    if alert.severity == told.severity:
        return Telling((Notice(Event.ACKNOWLEDGE, alert, told),), alert)
    # To some receivers an acknowledgement tells nothing else.
    return Telling(
        (Notice(Event.UPDATE, alert, told), Notice(Event.ACKNOWLEDGE, alert, alert)), alert
    )


def _begin(alert: Alert, *, wanted: bool) -> Telling:
    if not wanted:
        return Telling((), None)
    notices = [Notice(Event.TRIGGER, alert)]
    if alert.acknowledged_by is not None:
        notices.append(Notice(Event.ACKNOWLEDGE, alert, alert))
    return Telling(tuple(notices), alert)
