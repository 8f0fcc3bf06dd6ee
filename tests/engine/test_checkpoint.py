"""How long a worker rests between two checkpoints, and who takes the reports of one."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic
from typing import Any, cast

import pytest
from confluent_kafka import Producer

from streams.engine import Connection, EngineConfig
from streams.engine.checkpoint import Checkpointer
from streams.engine.partition import Cut, Partition
from streams.engine.producer import NOT_A_MEMBER
from tests.engine.records import TOPIC, Record, batch, partition
from tests.engine.test_reports import Client


@pytest.fixture
def owner(tmp_path: Path) -> Partition:
    return partition(tmp_path)


def checkpointer(owner: Partition, pool: ThreadPoolExecutor) -> Checkpointer:
    config = EngineConfig(Connection(""), "g", (TOPIC,), "s", Path(), "A", batch_size=2)

    async def commit_offsets(_: object) -> None:
        raise AssertionError

    return Checkpointer(
        config, pool, lambda: {0: owner}, lambda: NOT_A_MEMBER, lambda _: None, commit_offsets
    )


def pause(owner: Partition, last_duration: float, last_start: float = 0.0) -> float:
    with ThreadPoolExecutor(1) as pool:
        made = checkpointer(owner, pool)
    made._last_duration, made._last_start = last_duration, last_start
    return made._pause()


def test_a_worker_at_ease_rests_half_of_what_the_last_one_took(owner: Partition) -> None:
    batch(owner, Record(0), Record(1))
    assert pause(owner, last_duration=0.002) == 0.01, "and never less than the commit pause"
    assert pause(owner, last_duration=0.08) == 0.04


def test_at_full_load_one_starts_a_commit_interval_after_the_other(owner: Partition) -> None:
    batch(owner, Record(0), Record(1), Record(2))
    assert pause(owner, 0.002, monotonic() - 0.04) == pytest.approx(0.06, abs=0.03)
    assert pause(owner, 0.5, monotonic() - 0.5) == 0.01, "what waits makes the next one longer"


@pytest.mark.parametrize("waiting", [0, 3])
def test_only_at_full_load_does_the_loop_take_the_reports(owner: Partition, waiting: int) -> None:
    batch(owner, Record(0)).finish()
    batch(owner, *map(Record, range(1, waiting + 1)))
    client = Client()

    class Publisher:
        def publish(self, cuts: list[Cut], _: object) -> None:
            made._flush(cast(Producer, client), 60.0)
            for cut in cuts:
                cut.changelog_next = 1

    with ThreadPoolExecutor(1) as pool:
        made = checkpointer(owner, pool)
        made._producer = cast(Any, Publisher())
        asyncio.run(made.checkpoint())
    assert (client.takers == {threading.current_thread()}) == bool(waiting)
