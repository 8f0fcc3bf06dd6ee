"""Records and partitions without a broker."""

from pathlib import Path

from streams.engine import Processor
from streams.engine.batch import Batch
from streams.engine.partition import Partition
from streams.engine.position import Position
from streams.engine.record import Headers, SourceRecord
from streams.engine.store import PartitionStore

TOPIC = "source"


def source_record(
    offset: int,
    timestamp: int = 0,
    key: bytes | None = b"key",
    value: bytes | None = b"value",
    topic: str = TOPIC,
    partition: int = 0,
    headers: Headers = (),
) -> SourceRecord:
    """A record as the consumer would fetch it."""
    return SourceRecord(topic, partition, offset, timestamp, key, value, headers)


def partition(folder: Path, offset: int = 0, number: int = 0) -> Partition:
    """An owned partition with an empty store."""
    return Partition(number, PartitionStore(folder / "store"), Position({TOPIC: offset}), 1_000, 4)


def batch(owner: Partition, *records: SourceRecord, tick: int | None = None) -> Batch:
    """A batch as the consumer would queue it."""
    made = Batch(owner, TOPIC, records, tick)
    owner.queue(made)
    return made


def handle(processor: Processor, made: Batch) -> int:
    """What an agent does with a batch, with a checkpoint between its parts; how many there were."""
    handling, parts = processor.process(made), 1
    while True:
        try:
            handling.send(None)
        except StopIteration:
            return parts
        checkpoint(made.owner)
        parts += 1


def checkpoint(owner: Partition) -> None:
    """What a checkpoint does to a partition, without Kafka."""
    if (cut := owner.cut()) is not None:
        owner.store.apply(cut.changes, cut.position, 1)
        owner.committed(cut)
