"""What an agent has done before it connects."""

from pathlib import Path

import pytest

from detectors.learned import learned
from streams.agents.tickets import TicketsAgent
from streams.app import build
from streams.engine.producer import CheckpointProducer
from streams.settings import Settings


def test_the_model_is_loaded_before_there_is_a_producer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_early(*_: object) -> None:
        raise AssertionError("the producer is connected by `prepare`, behind `build`")

    monkeypatch.setattr(CheckpointProducer, "__init__", too_early)
    learned.cache_clear()
    build(TicketsAgent.name, Settings(data_dir=tmp_path, worker_id="one"))
    assert learned.cache_info().currsize == 1
