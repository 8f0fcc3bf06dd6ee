"""A worker outlives what passes on the side of the brokers, without a restart."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError

from streams.embedded import EmbeddedBroker
from tests.chaos.on_engine import PARTITIONS
from tests.conftest import mocked
from tests.engine import faults
from tests.engine.trial import Trial

BROKERS = 3


@pytest.fixture
def mock() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker({}, BROKERS) as made:
        yield made


@pytest.fixture
def trial(mock: EmbeddedBroker, unique: str, tmp_path: Path) -> Iterator[Trial]:
    made = Trial(mocked(mock), unique, tmp_path)
    yield made
    made.group.stop()


def assert_survived(trial: Trial) -> None:
    assert trial.stop_when_read() == [0]
    assert not trial.group.exits, "it has not ended before"
    assert trial.verdict().exact


def test_leaders_that_move_cost_no_restart_and_no_record(
    mock: EmbeddedBroker, trial: Trial
) -> None:
    names = trial.names
    trial.group.start("A")
    trial.wait_until_ready()
    feed = trial.feed(6_000, 1_000)
    for turn in itertools.count():
        for topic in (names.source, names.answers, names.reminders, names.changelog):
            for number in range(PARTITIONS):
                faults.lead(mock, topic, number, 1 + (turn + number) % BROKERS)
        time.sleep(0.7)
        if not feed.running:
            break
    assert_survived(trial)


def test_a_full_disk_of_a_broker_is_waited_for(mock: EmbeddedBroker, trial: Trial) -> None:
    trial.group.start("A")
    trial.wait_until_ready()
    feed = trial.feed(4_000, 1_000)
    for request in (faults.FETCH, faults.PRODUCE):
        faults.refuse(mock, request, *[KafkaError.KAFKA_STORAGE_ERROR] * 20)
    feed.finish()
    assert_survived(trial)
