"""What an agent's reads, writes and failures do to a partition."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine import (
    Observer,
    OutputTooLarge,
    Processor,
    SourceRecord,
    StoreFailed,
    Timer,
    TooManyFailures,
)
from streams.engine.batch import Batch
from streams.engine.partition import Partition
from streams.engine.position import MARKER, Position
from streams.engine.store import PartitionStore
from streams.engine.timers import timer_key
from tests.engine.records import TOPIC, batch, checkpoint, handle, partition, source_record


def test_a_batch_reads_its_own_writes_and_those_of_earlier_batches(tmp_path: Path) -> None:
    owner = partition(tmp_path)
    first = batch(owner, source_record(0))
    first.put(b"kept", b"1")
    first.put(b"changed", b"1")
    first.finish()
    second = batch(owner, source_record(1))
    second.put(b"changed", b"2")
    assert second.get_many([b"kept", b"changed", b"absent"]) == [b"1", b"2", None]


def test_reads_are_the_same_before_during_and_after_a_checkpoint(tmp_path: Path) -> None:
    owner = partition(tmp_path)
    first = batch(owner, source_record(0))
    first.put(b"a", b"1")
    first.put(b"gone", b"1")
    first.finish()
    checkpoint(owner)
    second = batch(owner, source_record(1))
    second.put(b"gone", None)
    second.finish()
    cut = owner.cut()
    third = batch(owner, source_record(2))
    assert third.get_many([b"a", b"gone"]) == [b"1", None]
    assert cut is not None
    owner.store.apply(cut.changes, cut.position, 2)
    owner.committed(cut)
    assert third.get_many([b"a", b"gone"]) == [b"1", None]


def test_what_the_last_checkpoint_wrote_is_read_without_the_store(tmp_path: Path) -> None:
    owner = partition(tmp_path)
    first = batch(owner, source_record(0))
    first.put(b"a", b"1")
    first.put(b"gone", None)
    first.finish()
    checkpoint(owner)
    owner.store.close()
    assert batch(owner, source_record(1)).get_many([b"a", b"gone"]) == [b"1", None]


def test_nothing_of_an_unfinished_batch_is_cut(tmp_path: Path) -> None:
    owner = partition(tmp_path)
    unfinished = batch(owner, source_record(0))
    unfinished.put(b"a", b"1")
    unfinished.emit("out", b"k", b"v")
    assert owner.cut() is None
    unfinished.finish()
    cut = owner.cut()
    assert cut is not None
    assert (dict(cut.changes), len(cut.outputs)) == ({b"a": b"1"}, 1)
    assert cut.position.offsets == {TOPIC: 1}


def test_the_time_of_an_unfinished_batch_is_not_cut_either(tmp_path: Path) -> None:
    owner = partition(tmp_path)
    finished, unfinished = batch(owner, source_record(0, 100)), batch(owner, source_record(1, 200))
    finished.now(finished.records[0])
    finished.finish()
    unfinished.now(unfinished.records[0])
    cut = owner.cut()
    assert cut is not None
    assert cut.position.time == 100


def test_each_output_is_in_one_cut(tmp_path: Path) -> None:
    owner, found = partition(tmp_path), []
    for number in range(2):
        made = batch(owner, source_record(number))
        made.emit("out", b"%d" % number, b"v")
        made.finish()
        cut = owner.cut()
        assert cut is not None
        found.append([output.key for output in cut.outputs])
    assert found == [[b"0"], [b"1"]]


@pytest.mark.parametrize(
    "does",
    [
        lambda made: made.put(b"k", b"v"),
        lambda made: made.emit("out", b"k", b"v"),
        lambda made: made.set_timer(Timer(9, b"k")),
    ],
    ids=["put", "emit", "set_timer"],
)
def test_what_a_tick_does_is_news_though_no_record_came(
    tmp_path: Path, does: Callable[[Batch], None]
) -> None:
    owner = partition(tmp_path)
    made = batch(owner, tick=5)
    does(made)
    made.finish()
    assert owner.cut() is not None


def test_a_partition_without_news_is_left_alone(tmp_path: Path) -> None:
    owner = partition(tmp_path, offset=7)
    assert owner.cut() is None
    batch(owner, source_record(7)).finish()
    checkpoint(owner)
    assert owner.cut() is None


def test_a_restored_partition_goes_on_at_its_place_and_time(tmp_path: Path) -> None:
    store = PartitionStore(tmp_path / "store")
    owner = Partition(0, store, Position({TOPIC: 7}, 100), 1_000, 4)
    assert owner.delivered == {TOPIC: 7}
    made = batch(owner, source_record(7, 50))
    assert made.now(made.records[0]) == 100


def test_time_never_falls_below_the_partitions_latest(tmp_path: Path) -> None:
    owner = partition(tmp_path)
    records = [source_record(0, 100), source_record(1, 50), source_record(2, 120)]
    made = batch(owner, *records)
    assert [made.now(record) for record in records] == [100, 100, 120]
    made.finish()
    cut = owner.cut()
    assert cut is not None
    assert cut.position.time == 120


@pytest.mark.parametrize(("key", "value"), [(b"k", b"x" * 1_000), (b"k" * 1_001, None)])
def test_what_the_broker_would_refuse_is_refused_at_once(
    tmp_path: Path, key: bytes, value: bytes | None
) -> None:
    made = batch(partition(tmp_path), source_record(0))
    with pytest.raises(OutputTooLarge, match=r"'k{1,100}' has 1001 bytes"):
        made.emit("out", key, value)
    with pytest.raises(OutputTooLarge, match=r"'k{1,100}' has 1001 bytes"):
        made.put(key, value)


@pytest.mark.parametrize("key", [MARKER, timer_key(Timer(5, b"k")), b""])
def test_a_key_that_the_engine_has_is_refused_whoever_chose_it(tmp_path: Path, key: bytes) -> None:
    """In the changelog it would be a position or a timer."""
    made = batch(partition(tmp_path), source_record(0))
    with pytest.raises(ValueError, match="that the engine has"):
        made.put(key, b"v")


class Doubler:
    """Emits each value twice; cannot handle b"bad"; sets a timer for each record."""

    def __init__(self) -> None:
        self.failures: list[object] = []
        self.fired: list[int] = []

    def records(self, made: Batch, records: list[SourceRecord]) -> None:
        for record in records:
            now = made.now(record)
            for timer in made.due(now):
                self.timer(made, timer)
            made.emit("out", record.key, record.value)
            made.set_timer(Timer(now + 10, b"t"))
            if record.value == b"bad":
                raise ValueError("bad")
            made.emit("out", record.key, record.value)

    def timer(self, made: Batch, timer: Timer) -> None:
        self.fired.append(timer.due)

    def failed(self, made: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        self.failures.append(subject)


def test_a_record_that_raises_costs_only_itself(tmp_path: Path) -> None:
    owner, handler = partition(tmp_path), Doubler()
    values = [b"a", b"bad", b"b", b"c"]
    records = [source_record(n, 5 * n, value=value) for n, value in enumerate(values)]
    made = batch(owner, *records)
    handle(Processor(handler, 10), made)
    assert [output.value for output in made.outputs] == [b"a", b"a", b"b", b"b", b"c", b"c"]
    assert handler.failures == [records[1]]
    assert [made.now(record) for record in records] == [15, 15, 15, 15]
    assert handler.fired == [10], "the failed record's timer at 15 was rolled back"


def test_failures_in_a_row_stop_the_worker(tmp_path: Path) -> None:
    made = batch(partition(tmp_path), *(source_record(n, value=b"bad") for n in range(3)))
    with pytest.raises(TooManyFailures, match="not in the data"):
        handle(Processor(Doubler(), 3), made)


def test_one_that_is_handled_in_between_begins_the_row_anew(tmp_path: Path) -> None:
    owner, handler = partition(tmp_path), Doubler()
    processor, bad = Processor(handler, 3), [source_record(n, value=b"bad") for n in range(2)]
    for records in ([*bad, source_record(3), *bad], [source_record(3)], bad):
        handle(processor, batch(owner, *records))
    assert len(handler.failures) == 6


@pytest.mark.parametrize("so_many", [1, 2])
def test_what_the_engine_raises_is_no_fault_of_a_record(tmp_path: Path, so_many: int) -> None:
    """Neither when it meets a batch nor when the batch is repeated for another reason."""

    class Full(Doubler):
        def records(self, made: Batch, records: list[SourceRecord]) -> None:
            if len(records) == so_many:
                raise StoreFailed("disk full")
            raise ValueError("bad")

    handler, made = Full(), batch(partition(tmp_path), source_record(0), source_record(1))
    with pytest.raises(StoreFailed):
        handle(Processor(handler, 10), made)
    assert handler.failures == []


def test_a_timer_that_raises_costs_only_itself(tmp_path: Path) -> None:
    class Unsure(Doubler):
        def timer(self, made: Batch, timer: Timer) -> None:
            made.emit("out", timer.key, b"v")
            if timer.due == 11:
                raise ValueError("bad")

    owner, handler = partition(tmp_path), Unsure()
    first = batch(owner, source_record(0, 5))
    for number in range(4):
        first.set_timer(Timer(10 + number, b"k"))
    first.finish()
    made = batch(owner, tick=100_000)
    handle(Processor(handler, 10), made)
    assert handler.failures == [Timer(11, b"k")]
    dues = [output.timestamp for output in made.outputs]
    assert dues == [10, 12, 13]


def test_a_timer_that_raises_is_not_blamed_on_the_record_that_makes_it_fire(
    tmp_path: Path,
) -> None:
    class Unsure(Doubler):
        def timer(self, made: Batch, timer: Timer) -> None:
            raise ValueError("bad")

    owner, handler = partition(tmp_path), Unsure()
    made = batch(owner, source_record(0, 50))
    made.set_timer(Timer(10, b"k"))
    handle(Processor(handler, 10), made)
    assert handler.failures == [Timer(10, b"k")]
    assert len(made.outputs) == 2


def test_who_watches_is_told_of_each_batch_and_of_what_failed(tmp_path: Path) -> None:
    class Watcher(Observer):
        def batch(self, records: int, waited: float, handled: float) -> None:
            told.append(records)

        def failed(self) -> None:
            told.append("failed")

    told: list[object] = []
    made = batch(partition(tmp_path), source_record(0), source_record(1, value=b"bad"))
    handle(Processor(Doubler(), 10, Watcher()), made)
    assert told == ["failed", 2]


def test_a_rollback_leaves_all_as_it_was_at_the_mark(tmp_path: Path) -> None:
    owner, kept, gone = partition(tmp_path), Timer(150, b"kept"), Timer(160, b"gone")
    made = batch(owner, source_record(0, 100), source_record(1, 200))
    made.now(made.records[0])
    made.put(b"a", b"1")
    made.emit("out", b"a", b"1")
    made.set_timer(kept)
    mark = made.mark()
    made.now(made.records[1])
    made.put(b"a", b"2")
    made.put(b"b", b"2")
    made.emit("out", b"b", b"2")
    made.set_timer(gone)
    assert next(made.due(1_000)) == kept
    made.rollback(mark)
    assert owner.time == 100
    assert made.changes == {b"a": b"1"}
    assert [output.key for output in made.outputs] == [b"a"]
    made.emit("out", b"c", b"3")
    assert made.outputs[-1].timestamp == 100
    assert list(made.due(1_000)) == [kept]


PAIRS = st.dictionaries(st.binary(min_size=1, max_size=2), st.none() | st.just(b"v"), max_size=12)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(PAIRS, st.sampled_from(["batch", "cut", "checkpoint"])), max_size=5))
def test_keys_are_read_and_scanned_in_order_wherever_their_last_change_lies(
    steps: list[tuple[dict[bytes, bytes | None], str]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        owner, expected, cut = partition(Path(folder)), dict[bytes, bytes | None](), None
        for number, (changes, then) in enumerate(steps):
            made = batch(owner, source_record(number))
            for key, value in changes.items():
                made.put(b"\x02" + key, value)
            expected |= changes
            assert list(made.scan(b"\x02", b"\x03")) == [
                (b"\x02" + key, value) for key, value in sorted(expected.items()) if value
            ]
            assert made.get_many([b"\x02" + key for key in expected]) == [*expected.values()]
            made.finish()
            if then != "batch" and cut is not None:
                owner.store.apply(cut.changes, cut.position, 1)
                owner.committed(cut)
                cut = None
            if then == "cut" and cut is None:
                cut = owner.cut()
            if then == "checkpoint" and cut is None:
                checkpoint(owner)
        owner.store.close()


def test_what_a_timer_emits_has_its_time_whether_a_record_or_the_clock_made_it_fire(
    tmp_path: Path,
) -> None:
    def stamps(made: Batch, until: int) -> list[int]:
        for timer in made.due(until):
            made.emit("out", timer.key, b"reminder")
        made.emit("out", b"key", b"after")
        return [output.timestamp for output in made.outputs]

    timers = [Timer(40, b"early"), Timer(130, b"t"), Timer(150, b"u")]
    found = []
    for name in ("record", "clock"):
        owner = partition(tmp_path / name)
        first = batch(owner, source_record(0, 100))
        first.now(first.records[0])
        for timer in timers:
            first.set_timer(timer)
        first.finish()
        if name == "record":
            made = batch(owner, source_record(1, 200))
            found.append(stamps(made, made.now(made.records[0])))
        else:
            found.append(stamps(batch(owner, tick=200), 200))
    assert found == [[100, 130, 150, 200], [100, 130, 150, 150]]
