"""Records: what is read, and what is to be produced."""

from collections.abc import Sequence

import msgspec
from confluent_kafka import Message

Headers = Sequence[tuple[str, bytes]]


class SourceRecord(msgspec.Struct, gc=False):
    """A record as it was fetched; `timestamp` is the broker's, in milliseconds.

    It costs a quarter of aiokafka's to make.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers


def record_of(message: Message, topic: str) -> SourceRecord:
    """What a librdkafka consumer has read from a topic, as the program calls that."""
    _, timestamp = message.timestamp()
    return SourceRecord(
        topic,
        message.partition(),
        message.offset(),
        max(0, timestamp),
        message.key(),
        message.value(),
        tuple(message.headers() or ()),
    )


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
