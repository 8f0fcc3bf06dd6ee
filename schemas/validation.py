"""What a decoded record must hold beyond its types, so that nothing behind it need ask again."""

import math
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeVar, get_args

import msgspec
from msgspec.structs import replace

from schemas.bad_record import BadRecord, BadRecordCode
from schemas.envelope import ENVELOPES
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

LONGEST_ID = 256
"""Characters of the longest id that a platform gives."""

LONGEST_MADE_ID = 5 * LONGEST_ID
"""Characters of the longest id that Baton makes of others, such as those of ticket and message."""

EARLIEST = 946_684_800_000
"""2000-01-01T00:00:00Z in milliseconds. A time in seconds lies before it."""

LATEST = 4_102_444_800_000
"""2100-01-01T00:00:00Z in milliseconds. A time in microseconds lies after it."""

MOST_OF_A_QUEUE = 31_536_000_000
"""A year in milliseconds: no wait is longer, and no queue counts as many."""

_IDS = {"tenant", "route", "in_reply_to"}
_MADE_IDS = {
    "activity_id", "decision_id", "escalation_id", "event_id", "outcome_id", "report_id",
    "review_id", "subject_id", "update_id",
}  # fmt: skip
_TIMES = {"at", "as_of", "since", "until", "clock", "window_start", "window_end", "effective_from"}
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


def validate(record: Record, timestamp: int | None = None, *, numbers: bool = False) -> None:
    """Look at a decoded record and the parts within it.

    Args:
        record: The record, of the right types.
        timestamp: The record's Kafka time stamp in milliseconds; None or below 1 without one.
        numbers: Whether its numbers can be other than finite; in JSON they cannot.

    Raises:
        BadRecord: It cannot be handled.

    """
    kind = type(record)
    _CHECKS[kind].look(record, numbers)
    _look_at_numbers(record)
    telling = _TELLING.get(kind)
    if telling is not None and getattr(record, telling) == "unknown":
        raise BadRecord(
            BadRecordCode.UNKNOWN_SYMBOL,
            f"{kind.__name__}.{telling} is 'unknown' or no symbol of its schema; send one.",
        )
    if timestamp is not None and timestamp > 0 and kind is not DeadLetter:
        _compare(record, timestamp)


def _look_at_numbers(record: Record) -> None:
    """What is read as a share lies in 0-1. A customer's message is not refused for a number."""
    if isinstance(record, ConversationMessage) and record.role is Role.AI:
        _refuse_unless_share("ConversationMessage.confidence", record.confidence)
    elif isinstance(record, TicketUpdate) and record.csat is not None:
        _refuse_unless_share("Csat.score", record.csat.score)
    elif isinstance(record, RouteStatus):
        _look_at_queue(record)


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


class _Check:
    """Looks at the values of one type."""

    def __init__(self, struct: type[msgspec.Struct]) -> None:
        fields = msgspec.structs.fields(struct)
        kinds = {field.name: _kinds(field.type) for field in fields}
        self._name = struct.__name__
        self._is_from_platforms = struct in _FROM_PLATFORMS
        self._required = {field.name for field in fields if field.required} | {"tenant"}
        self._ids = [
            name
            for name, kind in kinds.items()
            if str in kind and (name.endswith("_id") or name in _IDS)
        ]
        self._times = [
            name
            for name, kind in kinds.items()
            if int in kind and (name.endswith("_at") or name in _TIMES) and struct is not DeadLetter
        ]
        self._numbers = [name for name, kind in kinds.items() if float in kind]
        self._get_ids = _getter(self._ids)
        self._get_times = _getter(self._times)
        self._get_numbers = _getter(self._numbers)
        parts = [
            (attrgetter(name), _Check(part))
            for name, kind in kinds.items()
            for part in kind
            if issubclass(part, msgspec.Struct)
        ]
        self._parts = [(get, check) for get, check in parts if check.looks()]

    def looks(self) -> bool:
        return bool(self._ids or self._times or self._numbers or self._parts)

    def look(self, value: Any, numbers: bool) -> None:
        for text in self._get_ids(value):
            if text is not None and not 0 < len(text) <= LONGEST_ID:
                self._refuse_id(value)
        for time in self._get_times(value):
            if time is not None and not EARLIEST <= time < LATEST:
                self._refuse_time(value)
        if numbers:
            for number in self._get_numbers(value):
                if number is not None and not math.isfinite(number):
                    raise BadRecord(
                        BadRecordCode.INSANE_NUMBER,
                        f"A number of {self._name} is {number}; leave out what is not known.",
                    )
        for get, check in self._parts:
            part = get(value)
            if not part:
                continue
            for one in part if type(part) is tuple else (part,):
                check.look(one, numbers)

    def _refuse_id(self, value: Any) -> None:
        for name in self._ids:
            text = getattr(value, name)
            if text == "" and name in self._required:
                raise BadRecord(
                    BadRecordCode.MISSING_ID,
                    f"{self._name}.{name} is empty; give it a value.",
                )
            longest = self._longest(name)
            if text is not None and len(text) > longest:
                raise BadRecord(
                    BadRecordCode.ID_TOO_LONG,
                    f"{self._name}.{name} has {len(text)} characters; use at most {longest}.",
                )

    def _longest(self, name: str) -> int:
        """Of a made id; in what platforms write too it is made of one of theirs at most."""
        if name not in _MADE_IDS:
            return LONGEST_ID
        return 2 * LONGEST_ID if self._is_from_platforms else LONGEST_MADE_ID

    def _refuse_time(self, value: Any) -> None:
        for name in self._times:
            time = getattr(value, name)
            if time is not None and not EARLIEST <= time < LATEST:
                raise insane_time(f"{self._name}.{name}", time)


def insane_time(what: str, time: int) -> BadRecord:
    """What is wrong with a time in milliseconds that lies outside any sane range."""
    return BadRecord(
        BadRecordCode.INSANE_TIME,
        f"{what} is {time}, outside 2000-2100; send milliseconds since 1970-01-01T00:00:00Z.",
    )


def _kinds(annotation: Any) -> set[type]:
    """The types an annotation is made of: `tuple[Reason, ...] | None` is of Reason."""
    arguments = get_args(annotation)
    if not arguments:
        return {annotation} if isinstance(annotation, type) else set()
    return set().union(*map(_kinds, arguments))


def _getter(names: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """A function that gives these fields as a tuple, however few they are."""
    if len(names) > 1:
        return attrgetter(*names)
    if not names:
        return lambda value: ()
    get = attrgetter(*names)
    return lambda value: (get(value),)


_CHECKS: dict[type[Record], _Check] = {record: _Check(record) for record in ENVELOPES}
