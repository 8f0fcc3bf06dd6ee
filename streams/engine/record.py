"""Records: what is read, and what is to be produced."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

Headers = Sequence[tuple[str, bytes]]


class SourceRecord(Protocol):
    """A record as it was fetched; `timestamp` is the broker's, in milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class FetchedRecord(msgspec.Struct, gc=False):
    """A `SourceRecord` that costs a quarter of aiokafka's to make."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


class Output(msgspec.Struct, frozen=True, gc=False):
    """A record to produce; without a partition the partitioner chooses by the key.

    `timestamp` is in milliseconds; 0 lets the producer take its own clock.
    """

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers
    partition: int | None
    timestamp: int
