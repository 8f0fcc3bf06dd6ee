"""The record that a fetch gives, made once for each."""

from typing import Any

import msgspec
from aiokafka import TopicPartition


class FetchedRecord(msgspec.Struct, gc=False):
    """A `SourceRecord` that costs a quarter of aiokafka's to make."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def fetched(_: Any, tp: TopicPartition, record: Any) -> FetchedRecord:
    """What takes the place of aiokafka's `PartitionRecords._consumer_record`."""
    return FetchedRecord(
        tp.topic,
        tp.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        tuple(record.headers),
    )
