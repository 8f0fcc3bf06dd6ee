"""What the thread that reads asks the brokers."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka.consumer.fetcher import READ_COMMITTED, READ_UNCOMMITTED, OffsetResetStrategy
from aiokafka.errors import KafkaConnectionError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.engine import BrokerFailed, Connection, EngineConfig, Guarantee
from streams.engine.consumer import Producer
from streams.engine.producer import Member
from streams.engine.reader import ENDS_TIMEOUT, METADATA_AGE, ReaderThread, RebalanceListener
from tests.engine.records import TOPIC

LEADERS = {TP("t", 0): 3, TP("t", 1): -1, TP("t", 2): None}


class Fetcher:
    """Knows where the logs end that it is asked for."""

    _isolation_level = READ_COMMITTED

    async def end_offsets(self, tps: list[TP], timeout: int) -> dict[TP, int]:
        assert timeout == ENDS_TIMEOUT
        assert self._isolation_level == READ_UNCOMMITTED, "what is open may be older than a timer"
        return dict.fromkeys(tps, 7)


def test_only_logs_that_a_broker_leads_are_asked_for_their_ends() -> None:
    """aiokafka asks again for all until all are known, and nothing else is read meanwhile."""
    cluster = SimpleNamespace(leader_for_partition=LEADERS.__getitem__)
    consumer = SimpleNamespace(_client=SimpleNamespace(cluster=cluster), _fetcher=Fetcher())
    thread: Any = SimpleNamespace(_ensure_consumer=lambda: consumer)
    assert asyncio.run(ReaderThread.ends(thread, list(LEADERS))) == {TP("t", 0): 7}
    assert consumer._fetcher._isolation_level == READ_COMMITTED, "the records are read as before"


def thread_of(engine: Any, reader: Any = None, given: Any = None) -> Any:
    """A thread of an engine's, with aiokafka's consumer or none yet, that does not run.

    `given` is what the group's members have, by member and topic.
    """
    thread: Any = ReaderThread.__new__(ReaderThread)
    router = SimpleNamespace(external_topics_metadata=lambda: given or {})
    thread.app = SimpleNamespace(engine=engine, router=router)
    thread.consumer = SimpleNamespace()
    thread._consumer, thread._ensure_consumer = reader, lambda: reader
    return thread


@pytest.mark.parametrize("guarantee", Guarantee)
def test_only_committed_records_are_read_where_there_are_transactions(
    guarantee: Guarantee, monkeypatch: pytest.MonkeyPatch
) -> None:
    def make(thread: Any, transport: object) -> Any:
        made.append(thread.consumer.in_transaction)
        return reader

    made: list[bool] = []
    reader = SimpleNamespace(_client=SimpleNamespace())
    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "_create_worker_consumer", make)
    config = EngineConfig(
        Connection(""), "g", (TOPIC,), "s", Path(), "A", guarantee=guarantee, fetch_wait=7
    )
    thread = thread_of(SimpleNamespace(config=config))
    assert thread._create_worker_consumer(None) is reader
    assert made == [guarantee is Guarantee.EXACTLY_ONCE]
    assert not thread.consumer.in_transaction, "Faust would make transactions of its own"
    assert (reader._fetch_max_wait_ms, reader._client._metadata_max_age_ms) == (7, METADATA_AGE)


def test_who_we_are_is_noted_when_partitions_come_and_gaps_are_let_be_when_they_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def called(listener: object, partitions: object) -> None:
        heard.append((engine.member, reader._fetcher._default_reset_strategy))

    heard: list[object] = []
    for name in ("on_partitions_assigned", "on_partitions_revoked"):
        monkeypatch.setattr(driver.ConsumerRebalanceListener, name, called)
    reader = SimpleNamespace(
        _coordinator=SimpleNamespace(generation=3, member_id="A-1"), _fetcher=SimpleNamespace()
    )
    engine = SimpleNamespace(member=None, source_partitions=set())
    thread = thread_of(engine, reader)
    listener = RebalanceListener(thread)
    thread.skip_what_is_gone(False)
    asyncio.run(listener.on_partitions_assigned([TP(TOPIC, 0)]))
    asyncio.run(listener.on_partitions_revoked([]))
    us = Member(3, "A-1")
    assert heard == [(us, OffsetResetStrategy.NONE), (us, OffsetResetStrategy.EARLIEST)]


ALL = {TP(TOPIC, 0), TP(TOPIC, 1)}


@pytest.mark.parametrize(("of_others", "asked"), [({}, ["A-1", "A-2"]), ({"b": {TOPIC: [1]}}, [])])
def test_who_is_new_asks_the_group_once_more_where_a_partition_has_nobody(
    monkeypatch: pytest.MonkeyPatch, of_others: dict[str, dict[str, list[int]]], asked: list[str]
) -> None:
    async def called(listener: object, partitions: object) -> None:
        return None

    asks: list[str] = []
    coordinator = SimpleNamespace(generation=3)
    coordinator.request_rejoin = lambda: asks.append(coordinator.member_id)
    monkeypatch.setattr(driver.ConsumerRebalanceListener, "on_partitions_assigned", called)
    engine = SimpleNamespace(source_partitions=ALL)
    given = {"a": {TOPIC: [0]}, **of_others}
    thread = thread_of(engine, SimpleNamespace(_coordinator=coordinator), given)
    listener = RebalanceListener(thread)
    for coordinator.member_id in ("A-1", "A-1", "A-2"):
        asyncio.run(listener.on_partitions_assigned([]))
    assert asks == asked


@pytest.mark.parametrize("client", [ReaderThread, Producer])
def test_a_broker_that_goes_as_a_worker_begins_ends_it_with_a_line(
    monkeypatch: pytest.MonkeyPatch, client: Any
) -> None:
    async def connect(client: Any) -> None:
        raise KafkaConnectionError("nobody there")

    failures: list[Exception] = []
    config = SimpleNamespace(connection=Connection(""))
    made: Any = object.__new__(client)
    made.app = SimpleNamespace(engine=SimpleNamespace(config=config, fail=failures.append))
    monkeypatch.setattr(client.__base__, "on_start", connect)
    with pytest.raises(KafkaConnectionError):
        asyncio.run(made.on_start())
    assert [type(failure) for failure in failures] == [BrokerFailed]


def test_a_member_that_is_told_to_stop_leaves_though_it_has_a_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its partitions would wait for it for a session."""

    async def leave(thread: Any) -> None:
        names.append(coordinator._group_instance_id)

    names: list[str | None] = []
    coordinator = SimpleNamespace(_group_instance_id="A")
    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "on_thread_stop", leave)
    asyncio.run(thread_of(None, SimpleNamespace(_coordinator=coordinator)).on_thread_stop())
    assert names == [None]
    asyncio.run(thread_of(None).on_thread_stop())


def test_a_reader_that_is_told_to_stop_while_it_waits_to_ask_again_ends_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def stop(thread: Any) -> None:
        raise asyncio.CancelledError

    async def close() -> None:
        closed.append(True)

    closed: list[bool] = []
    monkeypatch.setattr(driver.AIOKafkaConsumerThread, "on_thread_stop", stop)
    reader = SimpleNamespace(_coordinator=SimpleNamespace(), _client=SimpleNamespace(close=close))
    asyncio.run(thread_of(None, reader).on_thread_stop())
    assert closed
