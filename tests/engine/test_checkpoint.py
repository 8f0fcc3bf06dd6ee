"""How long a worker rests between two checkpoints."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest

from streams.engine import Connection, EngineConfig
from streams.engine.checkpoint import Checkpointer
from streams.engine.partition import Partition
from streams.engine.producer import NOT_A_MEMBER
from tests.engine.records import TOPIC, Record, batch, partition


@pytest.fixture
def owner(tmp_path: Path) -> Partition:
    return partition(tmp_path)


def pause(owner: Partition, last_duration: float, last_start: float = 0.0) -> float:
    config = EngineConfig(Connection(""), "g", (TOPIC,), "s", Path(), "A", batch_size=2)

    async def commit_offsets(_: object) -> None:
        raise AssertionError

    with ThreadPoolExecutor(1) as pool:
        made = Checkpointer(
            config, pool, lambda: {0: owner}, lambda: NOT_A_MEMBER, lambda _: None, commit_offsets
        )
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
