"""What the fields of any record must hold by their kind: ids, times, and numbers."""

import math
from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, TypeVar, get_args

import msgspec
from msgspec.structs import replace

from schemas.bad_record import BadRecord, BadRecordCode

LONGEST_ID = 256
"""Characters of the longest id that a platform gives."""

LONGEST_MADE_ID = 5 * LONGEST_ID
"""Characters of the longest id that Baton makes of others, such as those of ticket and message."""

EARLIEST = 946_684_800_000
"""2000-01-01T00:00:00Z in milliseconds. A time in seconds lies before it."""

LATEST = 4_102_444_800_000
"""2100-01-01T00:00:00Z in milliseconds. A time in microseconds lies after it."""

LARGEST = 2**63 - 1
"""The largest whole number that Avro, or a reader in another language, has room for."""

_IDS = {"tenant", "route", "in_reply_to", "merged_into"}
_MADE_IDS = {
    "activity_id", "decision_id", "escalation_id", "event_id", "outcome_id", "report_id",
    "review_id", "subject_id", "update_id",
}  # fmt: skip
_TIMES = {
    "at", "as_of", "since", "open_since", "paused_since", "until", "clock", "window_start",
    "window_end", "effective_from",
}  # fmt: skip


S = TypeVar("S", bound=msgspec.Struct)


class FieldCheck:
    """Looks at the fields of one type and of the parts within it.

    Args:
        struct: The type.
        longest_made_id: Characters of the longest id that Baton makes of others.
        times: Whether its own times are looked at.

    """

    def __init__(
        self,
        struct: type[msgspec.Struct],
        *,
        longest_made_id: int = LONGEST_MADE_ID,
        times: bool = True,
    ) -> None:
        fields = msgspec.structs.fields(struct)
        kinds = {field.name: _kinds(field.type) for field in fields}
        self._name = struct.__name__
        self._longest_made_id = longest_made_id
        self._required = {field.name for field in fields if field.required} | {"tenant"}
        self._may_lack = [field.name for field in fields if field.default is None]
        self._ids = [
            name
            for name, kind in kinds.items()
            if str in kind and (name.endswith("_id") or name in _IDS)
        ]
        self._times = [
            name
            for name, kind in kinds.items()
            if times and int in kind and (name.endswith("_at") or name in _TIMES)
        ]
        self._whole = [
            field.name
            for field in fields
            if field.type in (int, int | None) and field.name not in self._times
        ]
        self._numbers = [name for name, kind in kinds.items() if float in kind]
        self._get_ids = _getter(self._ids)
        self._get_times = _getter(self._times)
        self._get_whole = _getter(self._whole)
        self._get_numbers = _getter(self._numbers)
        parts = [
            (attrgetter(name), FieldCheck(part))
            for name, kind in kinds.items()
            for part in kind
            if issubclass(part, msgspec.Struct)
        ]
        self._parts = [(get, check) for get, check in parts if check.looks()]

    def looks(self) -> bool:
        """Whether there is anything to look at."""
        return bool(self._ids or self._times or self._whole or self._numbers or self._parts)

    def look(self, value: Any, numbers: bool) -> bool:
        """Look at a value of the type; at its floats only if `numbers` can be other than finite.

        Returns whether an id of its own is empty that it need not have.

        Raises:
            BadRecord: A field cannot be handled.

        """
        empty = False
        for text in self._get_ids(value):
            if text is not None and not 0 < len(text) <= LONGEST_ID:
                self._refuse_id(value)
                empty = empty or not text
        for time in self._get_times(value):
            if time is not None and not EARLIEST <= time < LATEST:
                self._refuse_time(value)
        if self._whole:
            for number in self._get_whole(value):
                if number is not None and not -LARGEST <= number <= LARGEST:
                    raise BadRecord(
                        BadRecordCode.INSANE_NUMBER,
                        f"A whole number of {self._name} has more than 63 bits; leave out what is "
                        "not known.",
                    )
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
        return empty

    def without_empty_ids(self, value: S) -> S:
        """The value without the ids that it need not have and that are empty."""
        names = [name for name in self._ids if name in self._may_lack]
        return replace(value, **{name: None for name in names if getattr(value, name) == ""})

    def _refuse_id(self, value: Any) -> None:
        for name in self._ids:
            text = getattr(value, name)
            if text == "" and name in self._required:
                raise BadRecord(
                    BadRecordCode.MISSING_ID,
                    f"{self._name}.{name} is empty; give it a value.",
                )
            longest = self._longest_made_id if name in _MADE_IDS else LONGEST_ID
            if text is not None and len(text) > longest:
                raise BadRecord(
                    BadRecordCode.ID_TOO_LONG,
                    f"{self._name}.{name} has {len(text)} characters; use at most {longest}.",
                )

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
