"""A batch whose timers have much to do is handled in parts, and what comes of it is the same."""

import asyncio
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine import (
    Batch,
    Connection,
    EngineConfig,
    Output,
    Processor,
    SourceRecord,
    Timer,
)
from streams.engine.batch import TIMER_WORK
from streams.engine.checkpoint import Checkpointer
from streams.engine.partition import Partition
from streams.engine.position import Position
from streams.engine.processing import SAVED_WAIT
from streams.engine.store import Changes
from tests.engine.records import TOPIC, batch, checkpoint, handle, partition, source_record
from tests.patience import PATIENCE

CONFIG = EngineConfig(Connection(""), "g", (TOPIC,), "s", Path(), "A")
WHOLE = 1_000_000_000


class Chains:
    """A record's value says how far ahead its key's timer is, and how often that is set again.

    The first lies three earlier, so that some are due at once.

    A record of 9 cannot be handled, nor a timer due at a multiple of 7.
    """

    def records(self, made: Batch, records: list[SourceRecord]) -> None:
        for record in records:
            now = made.now(record)
            for timer in made.due(now):
                self.timer(made, timer)
            ahead, again = record.value or b"\x00\x00"
            key = b"%d" % record.offset
            made.put(b"t" + key, bytes([ahead, again]))
            made.set_timer(Timer(max(0, now + ahead - 3), key))
            made.emit("out", key, b"%d" % now)
            if ahead == 9:
                raise ValueError("bad")

    def timer(self, made: Batch, timer: Timer) -> None:
        made.emit("fired", timer.key, b"%d at %d" % (timer.due, made.stamp))
        if timer.due % 7 == 0:
            raise ValueError("bad")
        ahead, again = made.get(b"t" + timer.key) or b"\x00\x00"
        made.put(b"t" + timer.key, bytes([ahead, again - 1]) if again else None)
        if again:
            made.set_timer(Timer(timer.due + ahead, timer.key), new=True)

    def failed(self, made: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        made.emit("failed", subject.key, b"")


class Silent(Chains):
    """Whose timers can all be handled."""

    def timer(self, made: Batch, timer: Timer) -> None:
        pass


class Memory:
    """A store that costs nothing."""

    def __init__(self) -> None:
        self.position = Position({TOPIC: 0})
        self.pairs: dict[bytes, bytes] = {}

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        return [self.pairs.get(key) for key in keys]

    def scan(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        return iter(sorted(pair for pair in self.pairs.items() if start <= pair[0] < end))

    def apply(self, changes: Changes, position: Position, changelog_next: int) -> None:
        for key, value in changes.items():
            if value is None:
                self.pairs.pop(key, None)
            else:
                self.pairs[key] = value
        self.position = position


class Worker:
    """Handles records batch by batch; before the parts `leaves` a rebalance takes it all."""

    def __init__(self, work: int, leaves: frozenset[int]) -> None:
        self._leaves = leaves
        self._processor = Processor(Chains(), 1_000, timers_work=work)
        self._store: Any = Memory()
        self._owner = self._restored()
        self.outputs: list[Output] = []
        self.parts = 0

    def run(self, records: list[SourceRecord], size: int, tick: int) -> list[bytes]:
        """Handle so many at a time, then what is due before a time; the keys that are left."""
        read = 0
        while read < len(records):
            self._handle(batch(self._owner, *records[read : read + size]))
            read = self._owner.committed_offsets[TOPIC]
        while self._owner.timers.first_before(tick) is not None:
            self._handle(batch(self._owner, tick=tick))
        return sorted(self._store.pairs)

    def _handle(self, made: Batch) -> None:
        handling = self._processor.process(made)
        try:
            while True:
                handling.send(None)
                self._checkpoint()
                self.parts += 1
                made.owner.leaving = self.parts in self._leaves
        except StopIteration:
            made.finish()
        self._checkpoint()
        if made.owner.leaving:
            self._owner = self._restored()

    def _checkpoint(self) -> None:
        if (cut := self._owner.cut()) is not None:
            self.outputs += cut.outputs
            self._store.apply(cut.changes, cut.position, 1)
            self._owner.committed(cut)

    def _restored(self) -> Partition:
        return Partition(0, self._store, self._store.position, 1_000, 4)


RECORDS = st.lists(
    st.tuples(st.integers(-20, 40), st.integers(0, 9), st.integers(0, 12)), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(RECORDS, st.integers(1, 5), st.integers(1, 60), st.frozensets(st.integers(1, 12)))
def test_however_little_timers_may_do_at_a_time_the_same_comes_of_it_in_the_same_order(
    steps: list[tuple[int, int, int]], size: int, work: int, leaves: frozenset[int]
) -> None:
    time, records = 0, list[SourceRecord]()
    for number, (later, ahead, again) in enumerate(steps):
        time = max(0, time + later)
        records.append(source_record(number, time, value=bytes([ahead, again])))
    found = []
    for most, lost in ((WHOLE, frozenset[int]()), (work, leaves)):
        worker = Worker(most, lost)
        found.append((worker.run(records, size, 600), worker.outputs))
    assert found[0] == found[1]


def overdue(folder: Path, count: int) -> Partition:
    """Timers that were due long ago, two of each time."""
    owner = partition(folder)
    first = batch(owner, source_record(0))
    for number in range(count):
        first.set_timer(Timer(10 + number // 2, b"%d" % number))
    first.finish()
    owner.fold()
    return owner


def test_a_long_backlog_before_a_record_is_worked_off_over_several_checkpoints(
    tmp_path: Path,
) -> None:
    """One transaction of all would take longer than it may."""
    owner, most = overdue(tmp_path, 100), 12 * (TIMER_WORK + 2)
    made = batch(owner, source_record(1, 9_999))
    assert handle(Processor(Chains(), 10, timers_work=most), made) == 8


def test_a_batch_may_have_less_room_than_its_processor_allows(tmp_path: Path) -> None:
    owner = overdue(tmp_path, 100)
    made = batch(owner, source_record(1, 9_999, value=b"\x01\x00"))
    made.room = lambda: 20
    assert handle(Processor(Silent(), 10), made) == 5


def test_timers_before_records_that_wait_together_fill_no_more_than_one_checkpoint(
    tmp_path: Path,
) -> None:
    """Each batch for itself may do all that a checkpoint holds."""
    parts = {number: overdue(tmp_path / str(number), 100) for number in range(3)}
    with ThreadPoolExecutor(1) as pool:
        nobody: Any = None
        made: Any = Checkpointer(CONFIG, pool, lambda: parts, nobody, nobody, nobody)
    made._pace.allowed = 40
    last = source_record(1, 9_999, value=b"\x01\x00")
    batches = [batch(part, last) for part in parts.values()]
    processor, held = Processor(Silent(), 10), list[int]()

    async def work() -> None:
        for one in batches:
            one.room = made.left
            await processor.process(one)
            one.finish()

    working = work()
    while sum(part.committed_offsets[TOPIC] for part in parts.values()) < 6:
        with suppress(StopIteration):
            working.send(None)
        made.left()
        held.append(sum(part.done_records for part in parts.values()))
        for part in parts.values():
            checkpoint(part)
    assert max(held) <= 41
    assert len(held) < 16


def test_a_batch_waits_for_room_that_others_have_taken(tmp_path: Path) -> None:
    room = iter([0, 0, 0, 16])
    owner = overdue(tmp_path, 5)
    checkpoint(owner)
    made = batch(owner, source_record(1, 9_999))
    made.room = lambda: next(room, 16)
    asyncio.run(asyncio.wait_for(Processor(Chains(), 10).process(made), PATIENCE))
    made.finish()
    checkpoint(owner)
    assert owner.committed_offsets == {TOPIC: 2}


def test_a_long_backlog_by_the_clock_is_worked_off_over_several_ticks(tmp_path: Path) -> None:
    """Between them come the records of other partitions."""
    owner, most = overdue(tmp_path, 100), 12 * (TIMER_WORK + 2)
    processor, ticks = Processor(Chains(), 10, timers_work=most), 0
    while owner.timers.first_before(9_999) is not None:
        made = batch(owner, tick=9_999)
        assert handle(processor, made) == 1
        made.finish()
        ticks += 1
    assert ticks == 8


def test_a_part_of_timers_that_went_well_ends_a_row_of_failures(tmp_path: Path) -> None:
    """The row may begin in the batch before; what fails after thousands is not in it."""
    owner = overdue(tmp_path, 12)
    processor = Processor(Chains(), 3, timers_work=4 * (TIMER_WORK + 2))
    bad = batch(owner, source_record(1, value=b"\x09\x00"))
    handle(processor, bad)
    bad.finish()
    while owner.timers.first_before(15) is not None:
        made = batch(owner, tick=15)
        handle(processor, made)
        made.finish()
    assert [output.topic for output in made.outputs] == ["failed", "failed"]


def test_a_part_waits_for_the_checkpoint_of_the_one_before_unless_a_rebalance_begins(
    tmp_path: Path,
) -> None:
    """Else one that takes long would be followed by one that takes longer still."""

    async def wait() -> int:
        handling = asyncio.ensure_future(Processor(Chains(), 10, timers_work=1).process(made))
        while not made.owner.has_news():
            await asyncio.sleep(0)
        await asyncio.sleep(5 * SAVED_WAIT)
        waiting = len(made.owner._outputs)
        made.owner.leaving = True
        await asyncio.wait_for(handling, PATIENCE)
        return waiting

    owner = overdue(tmp_path, 5)
    checkpoint(owner)
    made = batch(owner, source_record(1, 9_999))
    assert asyncio.run(wait()) == 1
    made.finish()
    checkpoint(owner)
    assert owner.committed_offsets == {TOPIC: 1}, "whoever gets it reads the record"


def test_the_records_behind_a_backlog_are_handled_together_again(tmp_path: Path) -> None:
    owner = overdue(tmp_path, 20)
    later = (source_record(n, 9_999, value=bytes([1, 0])) for n in range(2, 66))
    made = batch(owner, source_record(1, value=bytes([1, 0])), *later)
    assert handle(Processor(Silent(), 10, timers_work=10 * TIMER_WORK), made) < 15


def test_a_failure_that_is_repeated_with_its_part_counts_once(tmp_path: Path) -> None:
    owner = overdue(tmp_path, 21)
    bad = [source_record(n, 20, value=bytes([9, 0])) for n in (1, 2)]
    made = batch(owner, *bad, source_record(3, 9_999, value=bytes([1, 0])))
    handle(Processor(Silent(), 3, timers_work=10 * TIMER_WORK), made)
