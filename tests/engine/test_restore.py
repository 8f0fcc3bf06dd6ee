"""How a local store follows its changelog, and when it no longer can."""

import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition

from streams.engine import (
    AccessDenied,
    BrokerFailed,
    Connection,
    EngineConfig,
    EngineError,
    Fenced,
    Guarantee,
    Observer,
    StateMismatch,
)
from streams.engine.compacted import SURELY_KEPT, why_unfit
from streams.engine.errors import Aborted
from streams.engine.incarnation import TOPIC_ID, claim
from streams.engine.partition import Partition
from streams.engine.position import MARKER, Position, encode_position
from streams.engine.replay import PartitionRestore
from streams.engine.restore import Restorer
from streams.engine.store import PartitionStore
from streams.engine.topics import Prepared, prepare_topics
from tests.conftest import Broker
from tests.engine.records import TOPIC, batch, partition, source_record

POSITION = Position({TOPIC: 7}, 99)
NOW = 10 * SURELY_KEPT


def test_on_a_compacted_changelog_changes_are_written_before_the_marker_comes(
    tmp_path: Path,
) -> None:
    job = PartitionRestore(PartitionStore(tmp_path / "store"), 10, whole=True)
    job.add(b"a", b"1", 3)
    job.add(b"b", b"1", 5)
    job.write(2)
    assert job.store.get_many([b"a", b"b"]) == [b"1", b"1"]
    assert (job.store.position, job.store.changelog_next) == (None, 6)
    job.add(b"a", None, 8)
    job.add(MARKER, encode_position(POSITION), 9)
    assert job.finish() == []
    assert job.store.get_many([b"a", b"b"]) == [None, b"1"]
    assert (job.store.position, job.store.changelog_next) == (POSITION, 10)


def test_without_transactions_what_follows_the_last_marker_does_not_count(tmp_path: Path) -> None:
    job = PartitionRestore(PartitionStore(tmp_path / "store"), 10, whole=False)
    job.add(b"a", b"1", 0)
    job.add(MARKER, encode_position(POSITION), 1)
    job.add(b"a", b"2", 2)
    assert job.finish() == [b"a"]
    assert job.store.get(b"a") == b"1"
    assert (job.store.position, job.store.changelog_next) == (POSITION, 2)


def test_what_is_restored_is_on_disk_before_the_first_checkpoint_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That one is logged, and what is restored is not: a crash would keep the later of the two."""
    store, flushed = PartitionStore(tmp_path / "store"), list[int]()
    monkeypatch.setattr(store, "flush", lambda: flushed.append(store.changelog_next))
    job = PartitionRestore(store, 10, whole=True)
    job.add(b"a", b"1", 0)
    job.add(MARKER, encode_position(POSITION), 1)
    job.finish()
    assert flushed == [2]
    PartitionRestore(store, 10, whole=True).finish()
    assert flushed == [2], "without news nothing is"


def test_what_an_unfinished_checkpoint_changed_is_written_again_as_it_was(tmp_path: Path) -> None:
    """Else the next restore would take it for what the next marker stands behind."""
    owner = partition(tmp_path)
    owner.heal({b"a": b"1", b"b": None})
    cut = owner.cut()
    assert cut is not None
    assert cut.changes == {b"a": b"1", b"b": None}


def test_a_marker_that_was_deleted_is_refused(tmp_path: Path) -> None:
    job = PartitionRestore(PartitionStore(tmp_path / "store"), 10, whole=True)
    with pytest.raises(StateMismatch, match="deleted marker"):
        job.add(MARKER, None, 0)


def test_changes_without_any_position_are_refused(tmp_path: Path) -> None:
    job = PartitionRestore(PartitionStore(tmp_path / "store"), 10, whole=True)
    job.add(b"a", b"1", 0)
    with pytest.raises(StateMismatch, match="no position"):
        job.finish()


class Log:
    """What a consumer says of a partition whose records have these time stamps by offset."""

    def __init__(self, times: dict[int, int]) -> None:
        self._times = times

    def offsets_for_times(
        self, asked: list[TopicPartition], timeout: float
    ) -> list[TopicPartition]:
        (one,) = asked
        later = [offset for offset, time in self._times.items() if time >= one.offset]
        return [TopicPartition(one.topic, one.partition, min(later, default=-1))]


@pytest.mark.parametrize(
    ("offset", "unfit"),
    [
        (0, None),
        (20, None),
        (19, None),
        (15, None),
        (14, "compacted away"),
        (4, "begins after it"),
        (21, "ahead of its topic"),
    ],
)
def test_a_store_that_may_have_missed_a_delete_is_built_anew(
    offset: int, unfit: str | None
) -> None:
    times = {n: NOW - SURELY_KEPT + (n - 15) for n in range(5, 19)}
    found = why_unfit(Log(times), TopicPartition("log", 0, offset), 5, 20, NOW)
    assert found is unfit is None or (found and unfit and unfit in found)


def test_a_quiet_topic_with_old_records_only_makes_a_store_behind_it_unfit() -> None:
    assert why_unfit(Log({5: 0}), TopicPartition("log", 0, 3), 0, 20, NOW) is not None


class Ends:
    """Says of each topic that it has the offsets from `low` to `high`."""

    def __init__(self, low: int, high: int) -> None:
        self._ends = low, high

    def get_watermark_offsets(self, place: TopicPartition, timeout: float) -> tuple[int, int]:
        return self._ends


@pytest.mark.parametrize(
    ("guarantee", "made_of", "low", "high", "kept"),
    [
        (Guarantee.EXACTLY_ONCE, b"topic", 0, 6, True),
        (Guarantee.EXACTLY_ONCE, b"another", 0, 6, False),
        (Guarantee.EXACTLY_ONCE, b"topic", 1, 4, False),
        (Guarantee.AT_LEAST_ONCE, b"", 1, 6, True),
        (Guarantee.AT_LEAST_ONCE, b"", 1, 4, False),
    ],
)
def test_a_store_is_gone_on_with_only_where_it_fits_its_changelog(
    tmp_path: Path, guarantee: Guarantee, made_of: bytes, low: int, high: int, kept: bool
) -> None:
    config = EngineConfig(
        Connection("nowhere:1"), "group", ("source",), "state", tmp_path, "A", guarantee=guarantee
    )
    store = PartitionStore(tmp_path / config.changelog / "3")
    claim(store, made_of)
    store.apply({b"k": b"v"}, None, 5)
    store.close()
    topic = b"topic" if config.exactly_once else b""
    ends = cast(Consumer, Ends(low, high))
    job = Restorer(config, threading.Event())._open(3, topic, ends)
    assert job.store.get(b"k") == (b"v" if kept else None)
    assert (job.next, job.end) == (5 if kept else low, high)
    assert job.store.get(TOPIC_ID) == (topic or None)


class Changelog:
    """A consumer of a changelog of one partition, whose last checkpoint was not finished."""

    records = ((b"a", b"1"), (MARKER, encode_position(POSITION)), (b"a", b"2"))

    def __init__(self, settings: dict[str, object]) -> None:
        self.settings = settings

    def get_watermark_offsets(self, place: TopicPartition, timeout: float) -> tuple[int, int]:
        return (0, 50) if place.topic == TOPIC else (0, len(self.records))

    def committed(self, asked: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        return [TopicPartition(one.topic, one.partition, 7) for one in asked]

    def assign(self, places: list[TopicPartition]) -> None:
        assert [(one.partition, one.offset) for one in places] == [(3, 0)]

    def incremental_unassign(self, places: list[TopicPartition]) -> None:
        """There is only one."""

    def consume(self, most: int, timeout: float) -> list[object]:
        places = enumerate([*self.records, (None, None)])
        return [self._message(offset, key, value) for offset, (key, value) in places]

    def _message(self, offset: int, key: bytes | None, value: bytes | None) -> object:
        error = None if key else KafkaError(KafkaError._PARTITION_EOF)
        found = {"partition": 3, "error": error, "key": key, "value": value, "offset": offset}
        return SimpleNamespace(
            **{name: lambda content=content: content for name, content in found.items()}
        )

    def close(self) -> None:
        """Nothing is open."""


class Watcher(Observer):
    """Notes how many records were read."""

    def __init__(self) -> None:
        self.records = 0

    def restored(self, seconds: float, records: int) -> None:
        self.records += records


@pytest.fixture
def at_least_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> EngineConfig:
    monkeypatch.setattr("streams.engine.restore.Consumer", Changelog)
    return EngineConfig(
        Connection("nowhere:1"), "group", (TOPIC,), "state", tmp_path, "A",
        guarantee=Guarantee.AT_LEAST_ONCE, observer=Watcher(),
    )  # fmt: skip


def test_a_partition_is_restored_as_of_its_last_finished_checkpoint(
    at_least_once: EngineConfig,
) -> None:
    topics = Prepared(4, b"")
    restored = Restorer(at_least_once, threading.Event()).restore([3], topics)
    assert list(restored) == [3]
    part = restored[3]
    assert (part.number, part.partitions, part.delivered, part.time) == (3, 4, {TOPIC: 7}, 99)
    cut = part.cut()
    assert cut is not None
    assert cut.changes == {b"a": b"1"}, "what the unfinished one changed is written again"
    assert cast(Watcher, at_least_once.observer).records == 3


@pytest.mark.parametrize(
    ("guarantee", "replayed"),
    [
        (Guarantee.EXACTLY_ONCE, "read_committed"),
        (Guarantee.AT_LEAST_ONCE, "read_uncommitted"),
    ],
)
def test_committed_changes_are_read_up_to_an_end_that_open_transactions_lie_before(
    at_least_once: EngineConfig,
    monkeypatch: pytest.MonkeyPatch,
    guarantee: Guarantee,
    replayed: str,
) -> None:
    made: list[Changelog] = []

    def make(settings: dict[str, object]) -> Changelog:
        made.append(Changelog(settings))
        return made[-1]

    monkeypatch.setattr("streams.engine.restore.Consumer", make)
    config = replace(at_least_once, guarantee=guarantee)
    Restorer(config, threading.Event()).restore([3], Prepared(4, b""))
    levels = [one.settings["isolation.level"] for one in made]
    assert levels == ["read_uncommitted", replayed, "read_committed"]


def test_a_long_changelog_is_read_as_long_as_there_is_more_of_it(
    at_least_once: EngineConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Slow(Changelog):
        """Has a record a second."""

        def consume(self, most: int, timeout: float) -> list[object]:
            clock.now += 1.0
            return super().consume(most, timeout)[int(clock.now) - 1 :][:1]

    clock: Any = SimpleNamespace(now=0.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr("streams.engine.restore.time", clock)
    monkeypatch.setattr("streams.engine.restore.Consumer", Slow)
    config = replace(at_least_once, restore_timeout=1_500)
    assert list(Restorer(config, threading.Event()).restore([3], Prepared(4, b""))) == [3]
    assert clock.now == 4.0


@pytest.mark.parametrize(("after", "numbers"), [("get_watermark_offsets", [3, 4]), ("assign", [3])])
def test_a_restore_that_is_in_vain_ends_and_leaves_no_store_open(
    at_least_once: EngineConfig, monkeypatch: pytest.MonkeyPatch, after: str, numbers: list[int]
) -> None:
    """Also between two of many stores: the group waits for it."""

    def seen(consumer: Changelog, *asked: Any) -> object:
        asked_for.append(asked)
        taken_away.set()
        return found(consumer, *asked)

    found, taken_away = getattr(Changelog, after), threading.Event()
    asked_for: list[object] = []
    monkeypatch.setattr(Changelog, after, seen)
    for _ in range(2):
        with pytest.raises(Aborted):
            Restorer(at_least_once, taken_away).restore(numbers, Prepared(4, b""))
        taken_away.clear()
    assert len(asked_for) == 2


AT_FIVE = Position({"source": 5}, 99)


def position(
    folder: Path, committed: int, low: int, high: int, state: Position = AT_FIVE
) -> Position:
    """Where a partition starts whose state stands there, and whose changelog ended at 10."""
    job = PartitionRestore(PartitionStore(folder / "store"), 10, whole=True)
    job.add(MARKER, encode_position(state), 8)
    config = EngineConfig(Connection("nowhere:1"), "group", ("source",), "state", folder, "A")
    restorer, ends = Restorer(config, threading.Event()), cast(Consumer, Ends(low, high))
    return restorer._position(3, job, {("source", 3): committed}, ends)


@pytest.mark.parametrize(
    "state", [Position({"source": 5, "added": 7}, 99), Position({"added": 7}, 99, {"source": 5})]
)
def test_offsets_of_what_is_not_read_are_kept_for_who_does(tmp_path: Path, state: Position) -> None:
    """A release that reads less may have the state for a while."""
    found = position(tmp_path, committed=5, low=0, high=20, state=state)
    assert found == Position({"source": 5}, 99, {"added": 7})
    owner = Partition(0, PartitionStore(tmp_path / "other"), found, 1_000, 4)
    batch(owner, source_record(5, 99)).finish()
    cut = owner.cut()
    assert cut is not None
    assert cut.position == Position({"source": 6}, 99, {"added": 7})


@pytest.mark.parametrize(("end_now", "kind"), [(10, StateMismatch), (20, Fenced)])
def test_a_worker_that_others_have_overtaken_meanwhile_is_no_mismatch(
    tmp_path: Path, end_now: int, kind: type[EngineError]
) -> None:
    with pytest.raises(kind):
        position(tmp_path, committed=9, low=0, high=end_now)


def test_a_group_whose_offsets_are_refused_is_not_taken_for_one_that_was_reset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Group:
        def committed(self, asked: list[TopicPartition], timeout: float) -> list[object]:
            refused = KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED)
            return [
                SimpleNamespace(topic=one.topic, partition=one.partition, offset=-1, error=refused)
                for one in asked
            ]

        def close(self) -> None:
            """Nothing is open."""

    monkeypatch.setattr("streams.engine.restore.Consumer", lambda settings: Group())
    job = PartitionRestore(PartitionStore(tmp_path / "store"), 10, whole=True)
    config = EngineConfig(Connection("nowhere:1"), "group", ("source",), "state", tmp_path, "A")
    with pytest.raises(AccessDenied):
        Restorer(config, threading.Event())._committed({3: job})


@pytest.mark.logs_errors
def test_records_that_are_deleted_before_they_were_handled_are_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    found = position(tmp_path, committed=5, low=8, high=20)
    assert found == Position({"source": 8}, 99), "time goes on from where it was"
    assert "source[3]: records from 5 to 7 are gone unhandled" in caplog.text


def test_a_source_that_ends_before_what_was_handled_is_told_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StateMismatch, match=r"source\[3\] ends at 4, .* up to 5: it was made anew"):
        position(tmp_path, committed=5, low=0, high=4)


def test_a_changelog_that_does_not_come_to_its_end_ends_the_worker(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    kafka.create(unique, 1)
    config = EngineConfig(
        kafka.connection, unique, (unique,), "state", tmp_path, "A", restore_timeout=500
    )
    topics = prepare_topics(config)
    stuck = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": unique})
    stuck.init_transactions()
    stuck.begin_transaction()
    stuck.produce(config.changelog, b"1", b"a", 0)
    assert stuck.flush(10) == 0
    with pytest.raises(BrokerFailed, match=r"changelog\[0\] in 0 s, .* a transaction open there"):
        Restorer(config, threading.Event()).restore([0], topics)
    stuck.abort_transaction()
