"""A worker whose broker takes much less than it could send."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.feed import numbered
from tests.chaos.verify import verify
from tests.conftest import real
from tests.engine.trial import Trial
from tests.patience import PATIENCE
from tests.relay import Relay, relayed_kafka

BACKLOG = 30_000
OVERDUE = 20_000
TAKEN = 200_000
"""Bytes a second: what comes of the backlog takes twice as long as a transaction may."""

NARROW, NARROW_BACKLOG = 1_200, 105
"""Such a line takes longer than a transaction may for what comes of a hundred records."""


@pytest.fixture
def relay(kafka_bootstrap: str, tmp_path: Path) -> Iterator[Relay]:
    """A Kafka of its own behind a relay; the shared one tells whether there can be another."""
    with relayed_kafka(tmp_path / "kafka") as made:
        yield made


def test_a_backlog_behind_a_slow_broker_is_worked_off_without_a_restart(
    relay: Relay, unique: str, tmp_path: Path
) -> None:
    trial = Trial(real(relay.address), unique, tmp_path)
    trial.feed(BACKLOG, 1_000_000).finish()
    relay.slow_down(TAKEN)
    try:
        trial.group.start("A")
        assert trial.stop_when_read() == [0]
        assert not trial.group.exits, trial.group.log_of("A").read_text()
    finally:
        trial.group.stop()
    assert trial.verdict().exact


def test_timers_that_are_overdue_behind_a_slow_broker_are_worked_off_without_a_restart(
    relay: Relay, unique: str, tmp_path: Path
) -> None:
    trial = Trial(real(relay.address), unique, tmp_path)
    trial._records = numbered(OVERDUE)
    try:
        trial.group.start("A")
        trial.feed(2 * OVERDUE, 1_000_000).finish()
        assert trial.stop_when_read() == [0]
        relay.slow_down(TAKEN)
        trial.group.start("A", CLOCK="wall")
        limit = time.monotonic() + 2 * PATIENCE
        while not trial.settled():
            assert not trial.group.exits, trial.group.log_of("A").read_text()
            assert time.monotonic() < limit, trial.group.log_of("A").read_text()
            time.sleep(1)
        assert trial.group.stop() == [0]
        assert not trial.group.exits, trial.group.log_of("A").read_text()
    finally:
        trial.group.stop()
    assert verify(relay.address, trial.names).exact


def test_a_line_that_the_least_does_not_pass_in_time_is_gone_over_with_less(
    relay: Relay, unique: str, tmp_path: Path
) -> None:
    trial = Trial(real(relay.address), unique, tmp_path)
    trial.feed(NARROW_BACKLOG, 1_000_000).finish()
    relay.slow_down(NARROW)
    try:
        trial.group.start("A", BROKER_TIMEOUT="5000")
        assert trial.stop_when_read() == [0]
        assert trial.group.exits.total() == 1, trial.group.log_of("A").read_text()
    finally:
        relay.slow_down(0)
        trial.group.stop()
    assert trial.verdict().exact
