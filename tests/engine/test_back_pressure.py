"""What the consumer fetches is bounded, whatever comes in and however slow the broker is."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from streams.engine import Connection, EngineConfig
from streams.engine.delivery import Delivery
from streams.engine.partition import Partition
from tests.engine.records import TOPIC, batch, partition, source_record

CONFIG = EngineConfig(Connection(""), "g", (TOPIC,), "s", Path(), "A", queued_records=3)


def wanted(owned: dict[int, Partition], busy_for: float = 0.0) -> list[int]:
    engine = SimpleNamespace(config=CONFIG, checkpointing_for=lambda: busy_for)
    consumer: Any = SimpleNamespace(engine=engine)
    return sorted(tp.partition for tp in Delivery(consumer).wanted(owned))


@pytest.fixture
def owned(tmp_path: Path) -> dict[int, Partition]:
    return {number: partition(tmp_path / str(number)) for number in range(2)}


def test_a_partition_with_a_full_queue_waits(owned: dict[int, Partition]) -> None:
    queued = [batch(owned[0], source_record(n)) for n in range(3)]
    assert wanted(owned) == [1]
    queued[0].finish()
    assert wanted(owned) == [0, 1]


def test_nothing_is_fetched_while_a_checkpoint_takes_long(owned: dict[int, Partition]) -> None:
    assert wanted(owned, busy_for=0.5) == [0, 1]
    assert wanted(owned, busy_for=1.5) == []
