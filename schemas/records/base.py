"""What every record shares: its base class and the types its fields are made of."""

from enum import StrEnum

import msgspec

Millis = int
"""A moment: milliseconds since 1970-01-01T00:00:00Z (Avro `timestamp-millis`)."""

DurationMillis = int
"""A length of time in milliseconds."""


class Record(msgspec.Struct, frozen=True, omit_defaults=True, tag_field="type", tag=True):
    """A value that travels on a topic. In JSON its member `type` names the record."""


class Part(msgspec.Struct, frozen=True, omit_defaults=True):
    """A value inside a record."""


class Evidence(Part):
    """Where a signal was seen: characters [start, end) of the text of a message."""

    message_id: str
    start: int
    end: int


class Mode(StrEnum):
    """How far a decision binds: recorded only, shown as advice, or obeyed."""

    SHADOW = "shadow"
    ADVISE = "advise"
    ENFORCE = "enforce"


class Reason(Part):
    """A signal that fired, with what made it fire."""

    code: str
    tier: int
    score: float
    threshold: float
    sub_reason: str | None = None
    mode: Mode = Mode.ENFORCE
    evidence: tuple[Evidence, ...] = ()
