"""What a decoded record must hold beyond its types, so that nothing behind it need ask again."""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from schemas.bad_record import BadRecord, BadRecordCode
from schemas.envelope import ENVELOPES
from schemas.fields import (
    EARLIEST,
    LATEST,
    LONGEST_ID,
    LONGEST_MADE_ID,
    FieldCheck,
    insane_time,
)
from schemas.records import (
    AccountActivity,
    AnomalyAction,
    ConversationMessage,
    DeadLetter,
    OpportunityUpdate,
    Record,
    Role,
    RouteStatus,
    TicketUpdate,
)
from schemas.topic import DAY_MS

MOST_OF_A_QUEUE = 31_536_000_000
"""A year in milliseconds: no wait is longer, and no queue counts as many."""

_AI: Final = Role.AI
"""A member looked up in its enum costs as much as a call."""

_FROM_PLATFORMS = {
    ConversationMessage: "role",
    TicketUpdate: "kind",
    AnomalyAction: "kind",
    OpportunityUpdate: "status",
}
_TELLING = {**_FROM_PLATFORMS, AccountActivity: "kind"}
"""The field without whose meaning a record has none."""


R = TypeVar("R", bound=Record)


def dated(record: R, timestamp: int | None) -> R | None:
    """What was said to or about a ticket at a time that cannot be, with its record's own time.

    A platform whose clock or unit is wrong loses no customer. None for what has a sane time, for
    other records, and where the record's `timestamp` is none or no better.
    """
    if not isinstance(record, ConversationMessage | TicketUpdate) or timestamp is None:
        return None
    field = ENVELOPES[type(record)].time
    time: int = getattr(record, field)
    if not EARLIEST <= timestamp < LATEST or EARLIEST <= time <= timestamp + DAY_MS:
        return None
    return replace(record, **{field: timestamp})


def validated(record: R, timestamp: int | None = None, *, numbers: bool = False) -> R:
    """A decoded record that has been looked at, and the parts within it. An empty id that it need
    not have says what none says: who writes it has none to name.

    Args:
        record: The record, of the right types.
        timestamp: The record's Kafka time stamp in milliseconds; None or below 1 without one.
        numbers: Whether its numbers can be other than finite; in JSON they cannot.

    Raises:
        BadRecord: It cannot be handled.

    """
    kind = type(record)
    empty = _CHECKS[kind].look(record, numbers)
    look = _VALUES.get(kind)
    if look is not None:
        look(record)
    telling = _TELLING.get(kind)
    if telling is not None and getattr(record, telling) == "unknown":
        raise BadRecord(
            BadRecordCode.UNKNOWN_SYMBOL,
            f"{kind.__name__}.{telling} is 'unknown' or no symbol of its schema; send one.",
        )
    if timestamp is not None and timestamp > 0 and kind is not DeadLetter:
        _compare(record, timestamp)
    return without_empty_ids(record) if empty else record


def without_empty_ids(record: R) -> R:
    """The record without the ids that it need not have and that are empty."""
    return _CHECKS[type(record)].without_empty_ids(record)


def _look_at_message(message: ConversationMessage) -> None:
    """What is read as a share lies in 0-1. A customer's message is not refused for a number."""
    if message.role is _AI:
        _refuse_unless_share("ConversationMessage.confidence", message.confidence)


def _look_at_update(update: TicketUpdate) -> None:
    if update.csat is not None:
        _refuse_unless_share("Csat.score", update.csat.score)


def _look_at_action(action: AnomalyAction) -> None:
    """What is remembered of an answer is a name."""
    if len(action.fingerprint or "") > LONGEST_MADE_ID:
        raise BadRecord(
            BadRecordCode.ID_TOO_LONG,
            f"AnomalyAction.fingerprint is longer than {LONGEST_MADE_ID} characters; name one.",
        )


def _look_at_queue(status: RouteStatus) -> None:
    """How a queue stands is told to customers and relaxes tiers: no count or wait is absurd."""
    for name in ("agents_available", "queue_depth", "queue_target", "expected_wait"):
        number = getattr(status, name)
        if number is not None and not 0 <= number <= MOST_OF_A_QUEUE:
            raise BadRecord(
                BadRecordCode.INSANE_NUMBER,
                f"RouteStatus.{name} is {number}; send 0-{MOST_OF_A_QUEUE}, and leave out what is "
                "not known.",
            )


def _refuse_unless_share(what: str, number: float | None) -> None:
    if number is not None and not 0 <= number <= 1:
        raise BadRecord(
            BadRecordCode.INSANE_NUMBER,
            f"{what} is {number}; send a share of 0-1, and leave out what is not known.",
        )


_VALUES: dict[type[Record], Callable[[Any], None]] = {
    ConversationMessage: _look_at_message,
    TicketUpdate: _look_at_update,
    RouteStatus: _look_at_queue,
    AnomalyAction: _look_at_action,
}


def _compare(record: Record, timestamp: int) -> None:
    if not EARLIEST <= timestamp < LATEST:
        raise insane_time("The Kafka time stamp", timestamp)
    field = ENVELOPES[type(record)].time
    ahead = getattr(record, field) - timestamp
    if ahead > DAY_MS:
        raise BadRecord(
            BadRecordCode.INSANE_TIME,
            f"{type(record).__name__}.{field} lies {ahead} ms after the record's Kafka time stamp; "
            "set the writer's clock.",
        )


def _check(record: type[Record]) -> FieldCheck:
    """In what platforms write too, an id that Baton makes is made of one of theirs at most."""
    return FieldCheck(
        record,
        longest_made_id=2 * LONGEST_ID if record in _FROM_PLATFORMS else LONGEST_MADE_ID,
        times=record is not DeadLetter,
    )


_CHECKS: dict[type[Record], FieldCheck] = {record: _check(record) for record in ENVELOPES}
