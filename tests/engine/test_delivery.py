"""Batches of records, and the ticks of timers between them."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.errors import KafkaTimeoutError
from faust.types import TP

from streams.engine import Batch, Connection, EngineConfig, Timer
from streams.engine.batch import TIMER_WORK, Full
from streams.engine.delivery import Delivery
from streams.engine.partition import Partition
from streams.engine.position import Position
from streams.engine.store import PartitionStore
from tests.engine.records import TOPIC, batch, checkpoint, partition, source_record


class Consumer:
    """Its batches are handled as soon as they are handed over."""

    flow_active = True

    def __init__(self, *owned: Partition, clock: int = 1) -> None:
        config = EngineConfig(
            Connection(""), "g", (TOPIC,), "s", Path(), "A",
            batch_size=2, clock=lambda: clock, timer_grace=0,
        )  # fmt: skip
        partitions = {part.number: part for part in owned}
        self.engine = SimpleNamespace(partitions=partitions, config=config, left=lambda: 100)
        self.fired = 0
        self.handed: list[tuple[int, list[int]]] = []

    async def hand_over(self, tp: TP, offset: int, batch: Batch) -> None:
        self.handed.append((offset, [record.offset for record in batch.records]))
        if batch.tick is None:
            return
        assert batch.room is not None
        batch.limit = TIMER_WORK * batch.room()
        with suppress(Full):
            for _ in batch.due(batch.tick):
                self.fired += 1
        batch.finish()


def test_timers_of_a_partition_that_was_given_up_are_let_be(tmp_path: Path) -> None:
    given_up = partition(tmp_path)
    given_up.store.close()
    consumer: Any = Consumer()
    asyncio.run(Delivery(consumer).tick({0: given_up}))
    assert consumer.handed == []


class Losing(Consumer):
    """A rebalance takes the partition, and empties the agent's queue, before it is handled."""

    async def hand_over(self, tp: TP, offset: int, batch: Batch) -> None:
        self.engine.partitions.clear()


def test_what_a_rebalance_takes_away_between_two_batches_is_not_handed_over(
    tmp_path: Path,
) -> None:
    part = partition(tmp_path)
    consumer: Any = Losing(part)
    fetched = [source_record(offset) for offset in range(4)]
    asyncio.run(Delivery(consumer).deliver(TP(TOPIC, 0), part, fetched))
    assert part.delivered == {TOPIC: 2}


def test_a_fetch_that_brings_only_what_was_delivered_before_brings_nothing(
    tmp_path: Path,
) -> None:
    part = partition(tmp_path, offset=7)
    consumer: Any = Consumer(part)
    stale = [source_record(offset) for offset in range(3, 7)]
    asyncio.run(Delivery(consumer).deliver(TP(TOPIC, 0), part, stale))
    assert not part.pending
    assert part.delivered == {TOPIC: 7}


def test_records_are_handed_over_in_batches_from_the_first_that_is_new(tmp_path: Path) -> None:
    part = partition(tmp_path, offset=7)
    consumer: Any = Consumer(part)
    fetched = [source_record(offset) for offset in range(5, 12)]
    asyncio.run(Delivery(consumer).deliver(TP(TOPIC, 0), part, fetched))
    assert consumer.handed == [(8, [7, 8]), (10, [9, 10]), (11, [11])]
    assert part.delivered == {TOPIC: 12}


@pytest.mark.parametrize("gone", ["given up", "suspended"])
def test_records_that_nobody_is_to_have_are_not_taken_for_delivered(
    tmp_path: Path, gone: str
) -> None:
    part = partition(tmp_path)
    consumer: Any = Consumer(part)
    delivery, tp, fetched = Delivery(consumer), TP(TOPIC, 0), [source_record(0)]
    if gone == "given up":
        consumer.engine.partitions = {}
    else:
        consumer.flow_active = False
    asyncio.run(delivery.deliver(tp, part, fetched))
    asyncio.run(delivery.deliver(tp, None, fetched))
    assert (consumer.handed, part.delivered, len(part.pending)) == ([], {TOPIC: 0}, 0)


def test_an_agent_sees_no_prefix_of_a_topic(tmp_path: Path) -> None:
    store = PartitionStore(tmp_path / "store")
    part = Partition(0, store, Position({"p.source": 0}), 1_000, 4)
    consumer: Any = Consumer(part)
    connection = Connection("", topic_prefix="p.")
    consumer.engine.config = replace(consumer.engine.config, connection=connection)
    fetched = source_record(0, topic="p.source")
    asyncio.run(Delivery(consumer).deliver(TP("p.source", 0), part, [fetched]))
    assert (consumer.handed, fetched.topic) == ([(0, [0])], "source")
    assert part.delivered == {"p.source": 1}


class Read(Consumer):
    """All its partitions are read to their ends."""

    async def ends_now(self, tps: list[TP]) -> dict[TP, int]:
        return dict.fromkeys(tps, 0)

    async def away(self, tps: list[TP]) -> None:
        raise KafkaTimeoutError

    def read_to(self, topic: str, part: Partition) -> int:
        return 0


@pytest.mark.parametrize(("clock", "fired"), [(500, 0), (501, 1)])
def test_a_timer_waits_for_records_that_are_stamped_but_cannot_be_read_yet(
    tmp_path: Path, clock: int, fired: int
) -> None:
    part = partition(tmp_path)
    early = batch(part, source_record(0, 0))
    early.set_timer(Timer(100, b"due"))
    early.finish()
    part.fold()
    consumer: Any = Read(part, clock=clock)
    consumer.engine.config = replace(consumer.engine.config, timer_grace=400)
    asyncio.run(Delivery(consumer).tick({0: part}))
    assert consumer.fired == fired


def test_timers_do_no_more_than_there_is_room_for_before_a_checkpoint_has_what_they_did(
    tmp_path: Path,
) -> None:
    """Behind a slow broker a million that are overdue would be one transaction."""
    parts = [partition(tmp_path / str(number), number=number) for number in range(2)]
    for part in parts:
        early = batch(part, source_record(0, 0))
        for number in range(20):
            early.set_timer(Timer(number, b"due"))
        early.finish()
        part.fold()
        checkpoint(part)
    consumer: Any = Read(*parts, clock=500)
    fired = []
    for left, cut in ((6, False), (6, True), (1, True), (0, True)):
        consumer.engine.left = lambda left=left: left
        asyncio.run(Delivery(consumer).tick({part.number: part for part in parts}))
        fired.append(consumer.fired)
        for part in parts if cut else ():
            checkpoint(part)
    assert fired == [6, 6, 8, 8]


def test_the_rest_of_a_tick_does_not_wait_for_a_broker_to_say_how_long_the_logs_are(
    tmp_path: Path,
) -> None:
    """It answers behind a fetch that waits for records."""
    part = partition(tmp_path)
    early = batch(part, source_record(0, 0))
    for number in range(4):
        early.set_timer(Timer(number, b"due"))
    early.finish()
    part.fold()
    consumer: Any = Read(part, clock=2)
    consumer.engine.left = lambda: 1
    delivery = Delivery(consumer)
    asyncio.run(delivery.tick({0: part}))
    assert (consumer.fired, delivery.ticking) == (1, True)
    checkpoint(part)
    consumer.ends_now = consumer.away
    asyncio.run(delivery.tick({0: part}))
    assert (consumer.fired, delivery.ticking) == (2, True)
    checkpoint(part)
    consumer.engine.config = replace(consumer.engine.config, clock=lambda: 4)
    asyncio.run(delivery.tick({0: part}))
    assert (consumer.fired, delivery.ticking) == (2, False), "these are due later"


def test_a_clock_that_was_ahead_is_not_believed_later(tmp_path: Path) -> None:
    part = partition(tmp_path)
    with_due_timer(part)
    part.read_until = 3_600_000
    consumer: Any = Away(part, clock=1_000)
    asyncio.run(Delivery(consumer).tick({0: part}))
    assert consumer.handed == []


class Joined(Read):
    """Reads two topics, the other one not to its end."""

    async def ends_now(self, tps: list[TP]) -> dict[TP, int]:
        return {tp: int(tp.topic != TOPIC) for tp in tps}


class Overtaken(Read):
    """A batch comes while it asks for the ends."""

    async def ends_now(self, tps: list[TP]) -> dict[TP, int]:
        batch(self.engine.partitions[0], source_record(1))
        return await super().ends_now(tps)


def with_due_timer(part: Partition) -> None:
    """A timer lies in the partition that has been due from the beginning."""
    early = batch(part, source_record(0, 0))
    early.set_timer(Timer(0, b"due"))
    early.finish()
    part.fold()


@pytest.mark.parametrize("kind", [Joined, Overtaken])
def test_timers_wait_for_all_that_may_be_older(tmp_path: Path, kind: type[Read]) -> None:
    store = PartitionStore(tmp_path / "store")
    part = Partition(0, store, Position({TOPIC: 0, "other": 0}), 1_000, 4)
    with_due_timer(part)
    consumer: Any = kind(part)
    asyncio.run(Delivery(consumer).tick({0: part}))
    assert consumer.handed == []


class Away(Consumer):
    """Its broker does not say how far its logs go."""

    async def ends_now(self, tps: list[TP]) -> None:
        raise KafkaTimeoutError


def test_timers_wait_for_a_broker_that_is_away(tmp_path: Path) -> None:
    part = partition(tmp_path)
    with_due_timer(part)
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
        with_due_timer(part)
    consumer: Any = OneLed(*parts)
    asyncio.run(Delivery(consumer).tick({part.number: part for part in parts}))
    assert [part.ticked for part in parts] == [0, 1, 0]
