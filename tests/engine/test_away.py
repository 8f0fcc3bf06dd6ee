"""What a worker asks and says while its brokers are away, and how it ends then."""

import asyncio
import logging
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.client import AIOKafkaClient
from aiokafka.client import log as client_log
from aiokafka.consumer.fetcher import log as fetcher_log
from aiokafka.consumer.group_coordinator import log as coordinator_log

from streams.embedded import EmbeddedBroker
from streams.engine import away
from streams.engine.away import FIRST_PAUSE, LONGEST_PAUSE, SAME_LINE, Client, Seldom
from tests.conftest import mocked
from tests.engine import faults
from tests.engine.trial import Trial
from tests.patience import PATIENCE

import_module("streams.engine.consumer")  # as every worker does: aiokafka asks and tells so by it

AWAY = SAME_LINE / 2
"""Seconds, in which no line is told twice."""
THEIR_LINE = re.compile(r"\[(?:WARNING|ERROR)\] (.*\S)")


def test_brokers_are_asked_less_and_less_often_until_one_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def connect(client: Any, node: int, **_: object) -> object:
        return connections.pop(0)

    async def rest(seconds: float) -> None:
        pauses.append(seconds)

    async def ask(client: Client, times: int) -> None:
        for _ in range(times):
            await client._get_conn(1)

    pauses: list[float] = []
    connections: list[object] = [*[None] * 2_000, "connection", None]
    monkeypatch.setattr(AIOKafkaClient, "_get_conn", connect)
    monkeypatch.setattr(away, "sleep", rest)
    asyncio.run(ask(object.__new__(Client), len(connections)))
    assert pauses[:3] == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]
    assert set(pauses[10:2_000]) == {LONGEST_PAUSE}
    assert pauses[2_000:] == [FIRST_PAUSE]


def test_a_worker_s_member_of_the_group_asks_so() -> None:
    async def make() -> None:
        made = AIOKafkaConsumer(bootstrap_servers="127.0.0.1:1")
        assert type(made._client) is Client
        await made.stop()

    asyncio.run(make())


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    made = SimpleNamespace(now=100.0)
    made.monotonic = lambda: made.now
    monkeypatch.setattr(away, "time", made)
    return made


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    made, seldom = logging.getLogger("seldom"), Seldom()
    made.addFilter(seldom)
    yield made
    made.removeFilter(seldom)


def test_the_same_line_is_told_seldom_and_with_how_often_it_was_left_out(
    clock: SimpleNamespace, log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    for clock.now in (100.0, 101.0, 109.9, 110.5, 120.6, 300.0):
        log.error("node %s is away, 100%%", 1)
        log.error("node %s is away, 100%%", 2)
    told = [message for message in caplog.messages if "node 1" in message]
    assert told == [
        "node 1 is away, 100%",
        "node 1 is away, 100% (and 2 times more in 10 s)",
        "node 1 is away, 100%",
        "node 1 is away, 100%",
    ]
    assert len(caplog.messages) == 2 * len(told), "another line is another's"


def test_what_is_no_trouble_or_has_a_traceback_is_always_told(
    log: logging.Logger, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    for _ in range(2):
        log.info("joined")
        try:
            raise KeyError("k")
        except KeyError:
            log.exception("unexpected")
    assert caplog.messages == ["joined", "unexpected"] * 2


@pytest.mark.parametrize("theirs", [client_log, fetcher_log, coordinator_log])
def test_aiokafka_tells_seldom(theirs: logging.Logger, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        theirs.error("%s is away", theirs.name)
    assert caplog.messages == [f"{theirs.name} is away"]


@pytest.fixture
def mock() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker({}) as made:
        yield made


@pytest.fixture
def trial(mock: EmbeddedBroker, unique: str, tmp_path: Path) -> Iterator[Trial]:
    made = Trial(mocked(mock), unique, tmp_path)
    made.group.start("A")
    made.wait_until_ready()
    yield made
    made.group.stop()


def test_brokers_that_have_all_come_back_elsewhere_are_found_where_they_were_at_first(
    mock: EmbeddedBroker,
) -> None:
    async def find() -> None:
        asking = Client(bootstrap_servers=mock.bootstrap)
        await asking.bootstrap()
        [there] = asking.cluster.brokers()
        asking.cluster._brokers = {there.nodeId: there._replace(port=1)}
        limit = time.monotonic() + PATIENCE
        while asking.cluster.brokers() != {there}:
            assert time.monotonic() < limit
            await asking.force_metadata_update()
        assert await asking.ready(there.nodeId)
        await asking.close()

    asyncio.run(find())


def test_each_trouble_is_told_once_while_the_broker_is_away_and_it_is_found_again(
    mock: EmbeddedBroker, trial: Trial
) -> None:
    with faults.down(mock):
        time.sleep(AWAY)
        said = Counter(THEIR_LINE.findall(trial.group.log_of("A").read_text()))
    assert any("Unable connect" in line for line in said), "nothing an operator needs is hidden"
    assert set(said.values()) == {1}
    trial.feed(300, 1_000).finish()
    assert trial.stop_when_read() == [0]
    assert not trial.group.exits, "it has not ended before"
    assert trial.verdict().exact


def mute(mock: EmbeddedBroker) -> AbstractContextManager[None]:
    """Whoever asks gets an answer when nobody waits for it any more."""
    return faults.slow(mock, 600_000)


@pytest.mark.parametrize("away", [faults.down, mute])
def test_who_is_told_to_stop_while_the_broker_is_away_and_has_nothing_to_commit_ends_well(
    mock: EmbeddedBroker,
    trial: Trial,
    away: Callable[[EmbeddedBroker], AbstractContextManager[None]],
) -> None:
    with away(mock):
        time.sleep(1)
        code = trial.group.terminate("A")
        trial.group.stop()
    said = trial.group.log_of("A").read_text()
    assert "Traceback" not in said
    assert code == 0, said
