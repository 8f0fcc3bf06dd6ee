"""A worker on a broker that takes much less than it could send."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import real
from tests.engine.trial import Trial
from tests.kafka import Kafka

BACKLOG = 30_000
TAKEN = 100_000
"""Bytes a second: what comes of the backlog takes four times as long as a transaction may."""


@pytest.fixture
def kafka(kafka_bootstrap: str, tmp_path: Path) -> Iterator[Kafka]:
    """A Kafka of its own; the shared one tells whether there can be another."""
    made = Kafka(tmp_path / "kafka")
    made.start()
    yield made
    made.stop()


def test_a_backlog_behind_a_slow_broker_is_worked_off_without_a_restart(
    kafka: Kafka, unique: str, tmp_path: Path
) -> None:
    trial = Trial(real(kafka.bootstrap), unique, tmp_path)
    trial.feed(BACKLOG, 1_000_000).finish()
    kafka.limit_producers(TAKEN)
    try:
        trial.group.start("A")
        assert trial.stop_when_read() == [0]
        assert not trial.group.exits, trial.group.log_of("A").read_text()
    finally:
        trial.group.stop()
    assert trial.verdict().exact
