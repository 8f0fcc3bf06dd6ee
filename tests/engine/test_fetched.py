"""Our way of making fetched records gives what aiokafka's own gives."""

import struct
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.fetched import FetchedRecords
from streams.engine.record import SourceRecord

TP = TopicPartition("t", 3)
OURS, THEIRS = FetchedRecords, FetchedRecords.__base__
assert THEIRS is not None
ABORT, COMMIT = 0, 1
CONTROL = 0x20


class Written(NamedTuple):
    """A broker's batch: its records' distances from its first offset, and who wrote it."""

    deltas: Sequence[int]
    length: int
    producer: int = -1
    ends: int | None = None  # a control batch that ends a transaction so

    def encode(self, start: int) -> bytes:
        builder = DefaultRecordBatchBuilder(
            2, 0, int(self.producer >= 0), self.producer, 0, 0, 1 << 20
        )
        if self.ends is None:
            for delta in self.deltas:
                builder.append(delta, 1_000 + delta, b"k%d" % delta, b"v", [("h", b"1")])
        else:
            builder.append(0, 1_000, struct.pack(">hh", 0, self.ends), b"", [])
        data = bytearray(builder.build())
        struct.pack_into(">q", data, 0, start)
        if self.ends is not None:
            struct.pack_into(">h", data, 21, struct.unpack_from(">h", data, 21)[0] | CONTROL)
        struct.pack_into(">i", data, 23, self.length - 1)
        return bytes(data)


@st.composite
def batches(draw: st.DrawFn) -> Written:
    producer = draw(st.sampled_from((-1, 7, 8)))
    if producer >= 0 and draw(st.booleans()):
        return Written((), 1, producer, draw(st.sampled_from((ABORT, COMMIT))))
    length = draw(st.integers(1, 6))
    deltas = draw(st.lists(st.integers(0, length - 1), min_size=1, unique=True))
    return Written(sorted(deltas), length, producer)


def fetched(
    kind: Any, log: Sequence[Written], start: int, aborted: Sequence[tuple[int, int]], crcs: bool
) -> Any:
    data, offset = b"", 0
    for batch in log:
        data += batch.encode(offset)
        offset += batch.length
    level = fetcher.READ_COMMITTED
    return kind(TP, MemoryRecords(data), list(aborted), start, None, None, crcs, level)


@given(
    st.lists(batches(), min_size=1, max_size=8),
    st.integers(0, 3),
    st.lists(st.tuples(st.sampled_from((7, 8)), st.integers(0, 20)), max_size=3),
    st.lists(st.integers(1, 9), min_size=1),
)
def test_every_way_of_taking_gives_the_records_that_aiokafka_gives(
    log: list[Written], start: int, aborted: list[tuple[int, int]], portions: list[int]
) -> None:
    theirs = fetched(THEIRS, log, start, aborted, crcs=False)
    right = [
        (r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers) for r in theirs
    ]
    ours, taken = fetched(OURS, log, start, aborted, crcs=False), list[SourceRecord]()
    while not ours.exhausted:
        taken += ours.take(portions[len(taken) % len(portions)])
        if not ours.exhausted:
            assert taken[-1].offset < ours.next_fetch_offset
    assert [
        (r.topic, r.partition, r.offset, r.timestamp, r.key, r.value, r.headers) for r in taken
    ] == right
    assert ours.next_fetch_offset == theirs.next_fetch_offset


def test_a_batch_whose_checksum_is_wrong_is_refused() -> None:
    with pytest.raises(CorruptRecordException):
        fetched(OURS, [Written((0,), 2)], 0, (), crcs=True).take(None)


@pytest.mark.parametrize("codec", range(5), ids=("none", "gzip", "snappy", "lz4", "zstd"))
def test_what_any_producer_compresses_is_read(codec: int) -> None:
    """What a producer or its topic compresses is for neither broker nor reader to choose."""
    builder = DefaultRecordBatchBuilder(2, codec, 0, -1, 0, 0, 1 << 20)
    value = b"a word " * 1_000
    for offset in range(3):
        builder.append(offset, 1_000, b"k", value, [])
    read = OURS(TP, MemoryRecords(bytes(builder.build())), [], 0, None, None, True, 0)
    assert [record.value for record in read.take(None)] == [value] * 3
