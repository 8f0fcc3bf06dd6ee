"""An agent over one partition without a broker: records in, outputs by topic."""

from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec

from schemas.codec import Codec
from schemas.records import Record
from schemas.topics import find_topic
from streams.engine import Handler, Output, Processor, SourceRecord
from streams.engine.batch import Batch
from streams.engine.partition import Partition
from streams.engine.position import Position
from streams.engine.store import PartitionStore
from tests.engine.records import checkpoint, handle, source_record

START = 1_767_603_600_000
"""2026-01-05T09:00:00Z: the time of the first record unless it says another."""

_codec = Codec()


class Harness:
    """Feeds an agent batch by batch, with a checkpoint after each."""

    def __init__(self, handler: Handler, folder: Path, *topics: str) -> None:
        store = PartitionStore(folder / "store")
        self.partition = Partition(0, store, Position(dict.fromkeys(topics, 0)), 1_000_000, 1)
        self._processor = Processor(handler, 100)
        self._offsets: dict[str, int] = defaultdict(int)

    def feed(self, topic: str, *records: Record | SourceRecord) -> list[Output]:
        """Handle records as one batch; what they lead to."""
        sources = [self._placed(topic, record) for record in records]
        return self._run(Batch(self.partition, topic, sources))

    def tick(self, topic: str, now: int) -> list[Output]:
        """Let the clock stand at `now`; what the timers lead to."""
        return self._run(Batch(self.partition, topic, (), tick=now))

    def _placed(self, topic: str, record: Record | SourceRecord) -> SourceRecord:
        if isinstance(record, Record):
            encoded = _codec.encode(record)
            time: int = getattr(record, "sent_at", getattr(record, "occurred_at", START))
            record = source_record(0, time, encoded.key, encoded.value, headers=())
        record.topic, record.offset = topic, self._offsets[topic]
        self._offsets[topic] += 1
        return record

    def _run(self, batch: Batch) -> list[Output]:
        self.partition.queue(batch)
        handle(self._processor, batch)
        outputs = list(batch.outputs)
        batch.finish()
        checkpoint(self.partition)
        return outputs


def decoded(outputs: list[Output], topic: str) -> list[Any]:
    """The records on a topic; None for a tombstone."""
    assert find_topic(topic) is not None
    return [
        None if output.value is None else _codec.decode(topic, output.value, output.headers)
        for output in outputs
        if output.topic == topic
    ]


def raw(value: bytes, key: bytes = b"T1", **changes: Any) -> SourceRecord:
    """A record as a platform would produce it, whatever its bytes."""
    return source_record(0, START, key, value, **changes)


def as_json(record: Record) -> bytes:
    """The record's JSON."""
    return msgspec.json.encode(record)
