"""What every record shares: its base class and the types its fields are made of."""

from enum import StrEnum
from typing import Self

import msgspec

Millis = int
"""A moment: milliseconds since 1970-01-01T00:00:00Z (Avro `timestamp-millis`)."""

DurationMillis = int
"""A length of time in milliseconds."""


class GrowingEnum(StrEnum):
    """A set of symbols that later versions may extend: one not known yet reads as UNKNOWN."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        return cls.__members__.get("UNKNOWN") if isinstance(value, str) else None


class Record(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag=True, gc=False):
    """A value that travels on a topic. In JSON its member `type` names the record.

    Records are made from the inside out and never changed, so none can lead back to itself, and
    the collector of cycles need not look at them: without it a message costs a sixth less.
    """


class Part(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """A value inside a record."""


class Evidence(Part, frozen=True):
    """Where a signal was seen: characters [start, end) of the text of a message."""

    message_id: str
    start: int
    end: int


class Mode(StrEnum):
    """How far a decision binds: recorded only, shown as advice, or obeyed."""

    SHADOW = "shadow"
    ADVISE = "advise"
    ENFORCE = "enforce"


class Reason(Part, frozen=True):
    """A signal that fired, with what made it fire."""

    code: str
    tier: int
    score: float
    threshold: float
    sub_reason: str | None = None
    mode: Mode = Mode.ENFORCE
    evidence: tuple[Evidence, ...] = ()
