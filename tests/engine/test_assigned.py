"""What an engine does with the partitions that it is given, and before it gives them up."""

import asyncio
import threading
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from faust.types import TP

from streams.engine import (
    BrokerFailed,
    Connection,
    Engine,
    EngineConfig,
    Fenced,
    Observer,
    StoreFailed,
    make_app,
)
from streams.engine.consumer import BatchConsumer
from streams.engine.errors import Aborted
from streams.engine.partition import Partition
from streams.engine.producer import Member
from streams.engine.topics import Prepared
from tests.engine.records import TOPIC, batch, partition, source_record
from tests.patience import PATIENCE


class Watcher(Observer):
    """Notes how often the worker went on after a rebalance."""

    def __init__(self) -> None:
        self.rebalances = 0

    def rebalanced(self, seconds: float) -> None:
        self.rebalances += 1


class Consumer(BatchConsumer):
    """A consumer without a broker."""

    def __init__(self, engine: Any) -> None:
        self.app: Any = SimpleNamespace(engine=engine)
        self.can_resume_flow, self.suspend_flow = asyncio.Event(), asyncio.Event()


@pytest.fixture
def engine(tmp_path: Path) -> Any:
    """An engine without a broker: it commits nothing."""
    config = EngineConfig(
        Connection(""), "g", (TOPIC,), "s", tmp_path / "data", "A", observer=Watcher()
    )
    made: Any = Engine(make_app(config), config)
    made.app.consumer = SimpleNamespace(assignment=set)
    made.member = Member(1, "A")
    made._checkpointer._publish_and_apply = lambda cuts, member: None
    return made


@pytest.fixture
def part(tmp_path: Path) -> Partition:
    return partition(tmp_path)


def is_closed(part: Partition) -> bool:
    try:
        part.store.get(b"k")
    except StoreFailed:
        return True
    return False


async def restore(engine: Any) -> None:
    """To its end, and end what it began."""
    await engine._restore()
    if engine._loops is not None:
        engine._loops.cancel()


def test_it_is_ready_once_they_are_restored(engine: Any, part: Partition) -> None:
    seen: list[bool] = []

    def restored(numbers: set[int]) -> dict[int, Partition]:
        seen.append(engine.ready)
        return {0: part}

    engine._ready = True
    engine.pause()
    engine.member = Member(2, "A")
    engine._prepare_and_restore = restored
    asyncio.run(restore(engine))
    assert (seen, engine.ready, engine.partitions) == ([False], True, {0: part})
    assert engine.config.observer.rebalances == 1


@pytest.mark.parametrize("failure", [None, Aborted(), BrokerFailed("away"), Fenced("gone on")])
def test_what_is_taken_away_during_its_restore_is_not_worked_on(
    engine: Any, part: Partition, failure: Exception | None
) -> None:
    """Nor do streams go on before the next assignment; what that failed of ends no worker."""

    def restored(numbers: set[int]) -> dict[int, Partition]:
        engine.pause()
        if failure is None:
            return {0: part}
        raise failure

    async def rebalance() -> None:
        restoring = asyncio.ensure_future(restore(engine))
        await asyncio.sleep(0.1)
        assert not restoring.done()
        engine.member = Member(1, "A")
        await restoring

    engine._prepare_and_restore = restored
    asyncio.run(rebalance())
    assert (engine.ready, engine.partitions) == (False, {})
    assert is_closed(part) == (failure is None)


def test_a_partition_is_ours_when_all_its_sources_are(engine: Any, part: Partition) -> None:
    engine.config = replace(engine.config, sources=(TOPIC, "other"))
    given = {TP(TOPIC, 0), TP("other", 0), TP(TOPIC, 1), TP("other", 2)}
    engine.app.consumer = SimpleNamespace(assignment=lambda: given)
    restored: list[set[int]] = []

    def note(numbers: set[int]) -> dict[int, Partition]:
        restored.append(numbers)
        return {0: part}

    engine._prepare_and_restore = note
    asyncio.run(restore(engine))
    assert restored == [{0}]


def test_what_is_taken_away_again_at_once_is_not_restored(engine: Any) -> None:
    """As by a worker that asks for another rebalance."""

    async def rebalance() -> None:
        restoring = asyncio.ensure_future(restore(engine))
        await asyncio.sleep(0)
        engine.pause()
        await engine.release()
        await asyncio.sleep(0.1)
        assert not restoring.done()
        engine.member = Member(2, "A")
        await restoring

    restored: list[object] = []
    engine._prepare_and_restore = restored.append
    asyncio.run(rebalance())
    assert (restored, engine.ready) == ([], False)


def test_a_batch_in_parts_ends_with_the_one_under_way_when_the_flow_stops(
    engine: Any, part: Partition
) -> None:
    """Faust then waits for the agent: at the end of a worker until it is too late."""
    engine.partitions = {0: part}
    consumer = Consumer(engine)
    consumer.stop_flow()
    assert (consumer.flow_active, part.leaving) == (False, True)


def test_no_store_stays_open_when_a_copy_does_not_come_to_its_end(
    engine: Any, part: Partition
) -> None:
    def wait(timeout: float, abort: object) -> None:
        raise Aborted

    engine._topics = Prepared(4, b"")
    started: list[object] = []
    engine.replicas = [SimpleNamespace(start=started.append, wait_complete=wait)]
    engine._restorer = SimpleNamespace(restore=lambda numbers, topics: {0: part})
    with pytest.raises(Aborted):
        engine._prepare_and_restore({0})
    assert len(started) == 1
    assert is_closed(part)


@pytest.mark.parametrize("why", ["rebalance", "shutdown"])
def test_all_that_is_finished_is_committed_before_stores_are_closed(
    engine: Any, part: Partition, why: str
) -> None:
    committed, stopped = list[bool](), list[bool]()
    engine._checkpointer._publish_and_apply = lambda cuts, member: committed.append(is_closed(part))
    engine.replicas = [SimpleNamespace(stop=lambda: stopped.append(True))]
    engine.partitions, engine._ready = {0: part}, True
    batch(part, source_record(0)).finish()
    if why == "shutdown":
        asyncio.run(engine._on_shutdown(engine.app))
    else:
        asyncio.run(engine.release())
    assert committed == [False]
    assert is_closed(part)
    assert engine.partitions == {}
    assert part.leaving
    if why == "shutdown":
        assert (engine.ready, stopped) == (False, [True])


def test_copies_end_together(engine: Any) -> None:
    """One after the other they would take longer than a worker has, where the broker is away."""
    together = threading.Barrier(5)
    engine.replicas = [SimpleNamespace(stop=lambda: together.wait(PATIENCE)) for _ in range(5)]
    asyncio.run(engine._on_shutdown(engine.app))


def test_partitions_are_given_up_when_their_batches_have_ended(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And what is being restored is let be at once."""

    async def end_batches(consumer: Any, revoked: Any) -> None:
        steps.append("batches end")

    async def release() -> None:
        steps.append("given up")

    steps: list[str] = []
    engine._ready = True
    monkeypatch.setattr(engine, "release", release)
    monkeypatch.setattr(BatchConsumer.__base__, "on_partitions_revoked", end_batches)
    asyncio.run(Consumer(engine).on_partitions_revoked(set()))
    assert steps == ["batches end", "given up"]
    assert engine._abort.is_set()
    assert not engine.ready


@pytest.mark.parametrize(("end", "lag"), [(10, {(TOPIC, 0): 3}), (5, {(TOPIC, 0): 0}), (None, {})])
def test_lag_is_what_no_checkpoint_covers_where_the_end_is_known(
    engine: Any, tmp_path: Path, end: int | None, lag: dict[tuple[str, int], int]
) -> None:
    assert engine.lag() == {}, "without a partition nobody is asked"
    engine.app.consumer.ends = lambda topic, number: end
    part = engine.partitions[0] = partition(tmp_path, offset=7)
    batch(part, source_record(7)).finish()
    part.fold()
    assert engine.lag() == lag
