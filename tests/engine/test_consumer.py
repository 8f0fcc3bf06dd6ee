"""The consumer's loop against a fetch that lasts longer than a rebalance."""

import asyncio
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from faust.types import TP

from streams.engine import Batch, Timer
from streams.engine.consumer import GATHER_BYTES, BatchConsumer
from streams.engine.processing import TIMERS_AT_ONCE
from tests.engine.records import TOPIC, Record, batch, partition


class Thread:
    """A partition with one record, which comes when `arrived` is set; a fetch waits for it."""

    def __init__(self) -> None:
        self.position = 0
        self.arrived = asyncio.Event()
        self.fetching = asyncio.Event()
        self.least: list[int] = []

    def hold_fetches(self, least: int, wait: int) -> None:
        self.least.append(least)

    async def getmany(self, wanted: set[TP], timeout: float) -> Mapping[TP, list[Record]]:
        self.fetching.set()
        await asyncio.sleep(0)
        if self.position > 0:
            return {}
        await self.arrived.wait()
        self.position = 1
        return {TP(TOPIC, 0): [Record(0)]}

    async def seek_wait(self, offsets: Mapping[TP, int]) -> None:
        self.position = offsets[TP(TOPIC, 0)]


class Firing(BatchConsumer):
    """Its batches are handled as soon as they are handed over."""

    def __init__(self, engine: Any) -> None:
        self.engine_stub = engine
        self.portions: list[int] = []

    @property
    def engine(self) -> Any:
        return self.engine_stub

    async def _hand_over(self, part: Any, batch: Batch, tp: TP, offset: int) -> bool:
        part.queue(batch)
        assert batch.tick is not None
        self.portions.append(sum(1 for _ in islice(batch.due(batch.tick), TIMERS_AT_ONCE)))
        batch.finish()
        return True


class Consumer(BatchConsumer):
    """Without Faust around it."""

    flow_active = True

    def __init__(self, thread: Thread, engine: Any) -> None:
        self.engine_stub = engine
        self._thread: Any = thread
        self._stopped: Any = asyncio.Event()

    @property
    def engine(self) -> Any:
        return self.engine_stub

    def _wanted(self, owned: Mapping[int, Any]) -> set[TP]:
        return {TP(TOPIC, number) for number in owned}

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        return await self._thread.getmany(active_partitions, timeout)

    async def _deliver(self, tp: TP, part: Any, records: Any) -> None:
        if self.engine.partitions.get(tp.partition) is part:
            part.delivered[TOPIC] = records[-1].offset + 1

    async def _tick(self, owned: Mapping[int, Any]) -> None:
        """No timers."""


def engine_with(part: Any) -> Any:
    return SimpleNamespace(partitions={0: part}, config=SimpleNamespace(fetch_wait=500))


def test_records_that_come_quickly_are_gathered_until_there_is_a_pause(tmp_path: Path) -> None:
    async def asked_for() -> list[int]:
        part, thread = partition(tmp_path), Thread()
        part.readable = True
        thread.arrived.set()
        consumer = Consumer(thread, engine_with(part))
        drain = asyncio.ensure_future(consumer._drain(SimpleNamespace(_stopped=asyncio.Event())))
        while len(thread.least) < 2:
            await asyncio.sleep(0)
        drain.cancel()
        return thread.least[:2]

    assert asyncio.run(asked_for()) == [GATHER_BYTES, 1]


def test_timers_of_a_partition_that_was_given_up_are_let_be(tmp_path: Path) -> None:
    given_up = partition(tmp_path)
    given_up.store.close()
    engine = SimpleNamespace(partitions={}, config=SimpleNamespace(clock=lambda: 1))
    consumer = Consumer(Thread(), engine)
    asyncio.run(BatchConsumer._tick(consumer, {0: given_up}))
    assert not asyncio.run(consumer._fire_overdue(given_up, TP(TOPIC, 0), 1))


def test_what_came_due_in_a_long_silence_fires_in_portions_before_its_first_record(
    tmp_path: Path,
) -> None:
    part = partition(tmp_path)
    consumer = Firing(engine_with(part))
    late = batch(part, Record(0, 0))
    for number in range(3 * TIMERS_AT_ONCE):
        late.set_timer(Timer(number, b"%d" % number))
    late.set_timer(Timer(9_999, b"not yet"))
    late.finish()
    part.fold()
    assert asyncio.run(consumer._fire_overdue(part, TP(TOPIC, 0), 9_999))
    assert consumer.portions == [TIMERS_AT_ONCE, TIMERS_AT_ONCE]
    assert part.timers.first_before(9_999) == Timer(2 * TIMERS_AT_ONCE, b"1000")


def test_what_comes_during_a_quick_rebalance_is_not_taken_by_the_fetch_before_it(
    tmp_path: Path,
) -> None:
    async def delivered() -> int:
        before, after = partition(tmp_path / "before"), partition(tmp_path / "after")
        thread, engine = Thread(), engine_with(before)
        consumer = Consumer(thread, engine)
        before.readable = True
        drain = asyncio.ensure_future(consumer._drain(SimpleNamespace(_stopped=asyncio.Event())))
        await thread.fetching.wait()
        engine.partitions = {0: after}
        seek = asyncio.ensure_future(consumer.perform_seek())
        await asyncio.sleep(0.01)
        thread.arrived.set()
        await seek
        await asyncio.sleep(0.05)
        drain.cancel()
        return after.delivered[TOPIC]

    assert asyncio.run(delivered()) == 1
