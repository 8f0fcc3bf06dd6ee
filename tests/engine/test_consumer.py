"""The consumer's loop against a fetch that lasts longer than a rebalance."""

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import GroupAuthorizationFailedError, KafkaError
from faust.types import TP

from streams.engine import (
    AccessDenied,
    Batch,
    BrokerFailed,
    Connection,
    EngineConfig,
    Guarantee,
    SourceRecord,
)
from streams.engine.consumer import GATHER_BYTES, BatchConsumer, BatchMessage
from tests.engine.records import TOPIC, batch, partition, source_record
from tests.patience import PATIENCE


class Thread:
    """A partition with one record, which comes when `arrived` is set; a fetch waits for it."""

    def __init__(self) -> None:
        self.position = 0
        self.arrived = asyncio.Event()
        self.fetching = asyncio.Event()
        self.least: list[int] = []
        self.most: list[int] = []
        self.skips = True

    def hold_fetches(self, least: int, wait: int) -> None:
        self.least.append(least)

    def fetch_at_most(self, records: int) -> None:
        self.most.append(records)

    def skip_what_is_gone(self, skip: bool) -> None:
        self.skips = skip

    async def getmany(self, wanted: set[TP], timeout: float) -> Mapping[TP, list[SourceRecord]]:
        self.fetching.set()
        await asyncio.sleep(0)
        if self.position > 0:
            return {}
        await self.arrived.wait()
        self.position = 1
        return {TP(TOPIC, 0): [source_record(0)]}

    async def seek_wait(self, offsets: Mapping[TP, int]) -> None:
        self.position = offsets[TP(TOPIC, 0)]


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

    async def _getmany(self, active_partitions: Any, timeout: float) -> Any:
        return await self._thread.getmany(active_partitions, timeout)

    async def hand_over(self, tp: TP, offset: int, batch: Batch) -> None:
        """To nobody."""


def engine_with(part: Any) -> Any:
    refreshed = asyncio.Event()
    config = EngineConfig(Connection(""), "g", (TOPIC,), "s", Path(), "A", clock=lambda: 0)
    return SimpleNamespace(
        partitions={0: part},
        config=config,
        room=lambda: config.batch_size,
        left=lambda: config.batch_size,
        checkpointing_for=lambda: 0.0,
        refreshed=refreshed,
        refresh_at_rest=refreshed.set,
    )


def test_a_batch_counts_when_the_agent_asks_for_the_next(tmp_path: Path) -> None:
    made = batch(partition(tmp_path), source_record(0))
    message = BatchMessage(TP(TOPIC, 0), 0, made, 1)
    assert (message.acked, made.done) == (False, False)
    message.acked = True
    assert (message.acked, made.done) == (True, True)


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


def test_no_more_is_fetched_than_the_next_checkpoint_may_hold(tmp_path: Path) -> None:
    async def asked_for() -> list[int]:
        part, thread = partition(tmp_path), Thread()
        part.readable = True
        thread.arrived.set()
        engine, rooms = engine_with(part), iter([0, 7, 0, 3])
        engine.room = lambda: next(rooms, 0)
        consumer = Consumer(thread, engine)
        drain = asyncio.ensure_future(consumer._drain(SimpleNamespace(_stopped=asyncio.Event())))
        while len(thread.most) < 2:
            await asyncio.sleep(0.001)
        drain.cancel()
        return thread.most

    assert asyncio.run(asked_for()) == [7, 3]


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


@pytest.mark.parametrize(
    ("guarantee", "skips"), [(Guarantee.EXACTLY_ONCE, False), (Guarantee.AT_LEAST_ONCE, True)]
)
def test_what_is_not_there_any_more_is_passed_over_only_by_the_embedded_brokers_worker(
    tmp_path: Path, guarantee: Guarantee, skips: bool
) -> None:
    """It drops what is old without a word; elsewhere that would be a silent loss."""
    part, thread = partition(tmp_path, offset=7), Thread()
    engine = engine_with(part)
    engine.config = replace(engine.config, guarantee=guarantee)
    asyncio.run(Consumer(thread, engine).perform_seek())
    assert (thread.position, thread.skips, part.readable) == (7, skips, True)


@pytest.mark.parametrize(
    ("guarantee", "end"), [(Guarantee.EXACTLY_ONCE, 8), (Guarantee.AT_LEAST_ONCE, 12)]
)
def test_a_partition_ends_where_its_reader_does_and_is_read_past_what_nobody_sees(
    tmp_path: Path, guarantee: Guarantee, end: int
) -> None:
    class Reading(Consumer):
        def _state_of(self, topic: str, number: int) -> Any:
            return known

    part = partition(tmp_path, offset=7)
    engine = engine_with(part)
    engine.config = replace(engine.config, guarantee=guarantee)
    consumer = Reading(Thread(), engine)
    known: Any = SimpleNamespace(lso=8, highwater=12, has_valid_position=True, position=9)
    assert consumer.ends(TOPIC, 0) == end
    assert consumer.read_to(TOPIC, part) == 9
    known.has_valid_position = False
    assert consumer.read_to(TOPIC, part) == 7
    known = None
    assert (consumer.ends(TOPIC, 0), consumer.read_to(TOPIC, part)) == (None, 7)


def test_faust_asks_for_a_checkpoint_and_keeps_no_account_of_its_own() -> None:
    made: list[bool] = []

    async def checkpoint() -> None:
        made.append(True)

    consumer: Any = Consumer(Thread(), SimpleNamespace(checkpoint=checkpoint))
    consumer._acked, consumer._acked_index = {1: [2]}, {1: {2}}
    assert asyncio.run(consumer.commit())
    assert (made, consumer._acked, consumer._acked_index) == ([True], {}, {})


def test_replicas_are_refreshed_though_no_record_comes(tmp_path: Path) -> None:
    async def refreshed() -> None:
        thread, engine = Thread(), engine_with(partition(tmp_path))
        consumer = Consumer(thread, engine)
        drain = asyncio.ensure_future(consumer._drain(SimpleNamespace(_stopped=asyncio.Event())))
        await asyncio.wait_for(engine.refreshed.wait(), timeout=PATIENCE)
        await asyncio.sleep(0.05)
        assert not thread.fetching.is_set(), "nothing is read before the seek"
        drain.cancel()

    asyncio.run(refreshed())


def member() -> Any:
    """aiokafka's client as a member of a group that has nothing to complain of."""
    return SimpleNamespace(
        _subscription=SimpleNamespace(_last_fetch_ended=0.0),
        _coordinator=SimpleNamespace(_pending_exception=None, _coordination_task=Future()),
        _client=SimpleNamespace(cluster=SimpleNamespace(unauthorized_topics=set())),
    )


def test_a_worker_that_the_group_refuses_ends_and_one_that_waits_stays() -> None:
    engine, failures = engine_with(None), list[Exception]()
    engine.fail = failures.append
    reader = member()
    Consumer(Thread(), engine).see_to_member(reader)
    assert reader._subscription._last_fetch_ended > 0, "its member would leave"
    assert failures == []
    reader._coordinator._pending_exception = GroupAuthorizationFailedError("g")
    Consumer(Thread(), engine).see_to_member(reader)
    assert [type(failure) for failure in failures] == [AccessDenied]


def test_a_worker_whose_member_has_ended_ends() -> None:
    """aiokafka only logs it, and nobody is told as long as nothing is fetched."""
    engine, failures = engine_with(None), list[Exception]()
    engine.fail = failures.append
    reader = member()
    task = reader._coordinator._coordination_task
    Consumer(Thread(), engine).see_to_member(reader)
    assert failures == []
    task.set_result(None)
    Consumer(Thread(), engine).see_to_member(reader)
    assert failures == [], "it was told to"
    reader._coordinator._coordination_task = task = Future()
    task.set_exception(KafkaError("what is this"))
    Consumer(Thread(), engine).see_to_member(reader)
    [failure] = failures
    assert isinstance(failure, BrokerFailed)
    assert "what is this" in str(failure)


def test_a_consumer_that_has_not_begun_has_no_place_to_keep() -> None:
    async def seen_to() -> None:
        reader = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:9")
        Consumer(Thread(), engine_with(None)).see_to_member(reader)
        await reader.stop()

    asyncio.run(seen_to())


def test_a_worker_from_whom_a_topic_is_hidden_ends() -> None:
    """Its group would go on without the topic's partitions, and it stand by for ever."""
    engine, failures = engine_with(None), list[Exception]()
    engine.fail = failures.append
    reader = member()
    Consumer(Thread(), engine).see_to_member(reader)
    assert failures == []
    reader._client.cluster.unauthorized_topics.add(TOPIC)
    Consumer(Thread(), engine).see_to_member(reader)
    [failure] = failures
    assert isinstance(failure, AccessDenied)
    assert TOPIC in str(failure)
