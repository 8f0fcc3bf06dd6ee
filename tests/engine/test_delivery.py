"""Batches of records, and the ticks of timers between them."""

import asyncio
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError
from faust.types import TP

from streams.engine import Batch, Timer
from streams.engine.delivery import Delivery
from streams.engine.partition import Partition
from streams.engine.processing import TIMERS_AT_ONCE
from tests.engine.records import TOPIC, Record, batch, partition
from tests.patience import PATIENCE


class Consumer:
    """Its batches are handled as soon as they are handed over."""

    flow_active = True

    def __init__(self, *owned: Partition, clock: int = 1) -> None:
        config = SimpleNamespace(clock=lambda: clock, timer_grace=0)
        partitions = {part.number: part for part in owned}
        self.engine = SimpleNamespace(partitions=partitions, config=config)
        self.portions: list[int] = []

    async def hand_over(self, tp: TP, offset: int, batch: Batch) -> None:
        assert batch.tick is not None
        self.portions.append(sum(1 for _ in islice(batch.due(batch.tick), TIMERS_AT_ONCE)))
        batch.finish()


def test_timers_of_a_partition_that_was_given_up_are_let_be(tmp_path: Path) -> None:
    given_up = partition(tmp_path)
    given_up.store.close()
    consumer: Any = Consumer()
    delivery = Delivery(consumer)
    asyncio.run(delivery.tick({0: given_up}))
    assert not asyncio.run(delivery.fire_overdue(given_up, TP(TOPIC, 0), 1))


class Losing(Consumer):
    """A rebalance takes the partition, and empties the agent's queue, before it is handled."""

    async def hand_over(self, tp: TP, offset: int, batch: Batch) -> None:
        self.engine.partitions.clear()


def test_timers_that_a_rebalance_takes_away_unhandled_are_not_waited_for(tmp_path: Path) -> None:
    part = partition(tmp_path)
    late = batch(part, Record(0, 0))
    for number in range(TIMERS_AT_ONCE + 1):
        late.set_timer(Timer(number, b"%d" % number))
    late.finish()
    part.fold()
    consumer: Any = Losing(part)
    firing = Delivery(consumer).fire_overdue(part, TP(TOPIC, 0), 9_999)
    assert not asyncio.run(asyncio.wait_for(firing, timeout=PATIENCE))


def test_a_fetch_that_brings_only_what_was_delivered_before_brings_nothing(
    tmp_path: Path,
) -> None:
    part = partition(tmp_path, offset=7)
    consumer: Any = Consumer(part)
    stale = [Record(offset) for offset in range(3, 7)]
    asyncio.run(Delivery(consumer).deliver(TP(TOPIC, 0), part, stale))
    assert not part.pending
    assert part.delivered == {TOPIC: 7}


def test_what_came_due_in_a_long_silence_fires_in_portions_before_its_first_record(
    tmp_path: Path,
) -> None:
    part = partition(tmp_path)
    consumer: Any = Consumer(part)
    late = batch(part, Record(0, 0))
    for number in range(3 * TIMERS_AT_ONCE):
        late.set_timer(Timer(number, b"%d" % number))
    late.set_timer(Timer(9_999, b"not yet"))
    late.finish()
    part.fold()
    assert asyncio.run(Delivery(consumer).fire_overdue(part, TP(TOPIC, 0), 9_999))
    assert consumer.portions == [TIMERS_AT_ONCE, TIMERS_AT_ONCE]
    assert part.timers.first_before(9_999) == Timer(2 * TIMERS_AT_ONCE, b"1000")


class Read(Consumer):
    """All its partitions are read to their ends."""

    async def ends_now(self, tps: list[TP]) -> dict[TP, int]:
        return dict.fromkeys(tps, 0)

    def read_to(self, topic: str, part: Partition) -> int:
        return 0


@pytest.mark.parametrize(("clock", "fired"), [(500, 0), (501, 1)])
def test_a_timer_waits_for_records_that_are_stamped_but_cannot_be_read_yet(
    tmp_path: Path, clock: int, fired: int
) -> None:
    part = partition(tmp_path)
    early = batch(part, Record(0, 0))
    early.set_timer(Timer(100, b"due"))
    early.finish()
    part.fold()
    consumer: Any = Read(part, clock=clock)
    consumer.engine.config.timer_grace = 400
    asyncio.run(Delivery(consumer).tick({0: part}))
    assert sum(consumer.portions) == fired


class Away(Consumer):
    """Its broker does not say how far its logs go."""

    async def ends_now(self, tps: list[TP]) -> None:
        raise KafkaTimeoutError


def test_timers_wait_for_a_broker_that_is_away(tmp_path: Path) -> None:
    part = partition(tmp_path)
    early = batch(part, Record(0, 0))
    early.set_timer(Timer(0, b"due"))
    early.finish()
    part.fold()
    consumer: Any = Away(part)
    asyncio.run(Delivery(consumer).tick({0: part}))
    assert not part.pending
    assert part.timers.first_before(1) == Timer(0, b"due")


class OneLed(Read):
    """No broker leads the partitions other than the second."""

    async def ends_now(self, tps: list[TP]) -> dict[TP, int]:
        return {tp: 0 for tp in tps if tp.partition == 1}


def test_timers_do_not_wait_for_a_partition_that_no_broker_leads(tmp_path: Path) -> None:
    parts = [partition(tmp_path / str(number), number=number) for number in range(3)]
    for part in parts:
        early = batch(part, Record(0, 0))
        early.set_timer(Timer(0, b"due"))
        early.finish()
        part.fold()
    consumer: Any = OneLed(*parts)
    asyncio.run(Delivery(consumer).tick({part.number: part for part in parts}))
    assert [part.ticked for part in parts] == [0, 1, 0]
