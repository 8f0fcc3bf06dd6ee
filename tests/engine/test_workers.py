"""Counting workers as processes: what they leave behind, whatever is done to them."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewPartitions

from streams.embedded import EmbeddedBroker
from streams.engine import (
    BrokerFailed,
    Connection,
    EngineConfig,
    Fenced,
    Guarantee,
    TopicMismatch,
)
from streams.engine.app import STOP_LIMIT
from streams.engine.topics import prepare_topics
from tests.chaos.on_engine import PARTITIONS
from tests.chaos.reading import read
from tests.conftest import Broker, mocked
from tests.engine.trial import NEVER, Trial
from tests.patience import PATIENCE

HISTORY = 1_767_603_600_000
"""A time in the past, in milliseconds."""


@pytest.fixture
def trial(broker: Broker, unique: str, tmp_path: Path) -> Iterator[Trial]:
    """A group of workers that have not started."""
    made = Trial(broker, unique, tmp_path)
    yield made
    made.group.stop()


class TestOnBothBrokers:
    """What a worker does on the embedded broker it does on a real one."""

    def test_every_record_is_counted_and_answered_once(self, trial: Trial) -> None:
        feed = trial.feed(12_000, 4_000)
        trial.group.start("A")
        feed.finish()
        assert trial.stop_when_read() == [0]
        assert trial.verdict().exact

    def test_a_stopped_worker_goes_on_where_it_was(self, trial: Trial) -> None:
        feed = trial.feed(6_000, 900)
        trial.group.start("A")
        trial.wait_until_ready()
        time.sleep(1)
        assert trial.group.stop() == [0]
        trial.group.start("A")
        trial.wait_until_ready(lives=2)
        feed.finish()
        assert trial.stop_when_read() == [0]
        assert trial.verdict().exact

    def test_outputs_keep_their_order_and_the_time_of_the_record_they_came_from(
        self, trial: Trial
    ) -> None:
        producer = Producer({"bootstrap.servers": trial.broker.bootstrap})
        for number in range(1, 51):
            value = json.dumps({"n": number}).encode()
            producer.produce(
                trial.names.source, value, b"key", partition=1, timestamp=HISTORY + number
            )
        assert producer.flush(10) == 0
        trial.group.start("A")
        assert trial.stop_when_read() == [0]
        answers = list(read(trial.broker.bootstrap, trial.names.answers))
        numbers = [json.loads(answer.value())["n"] for answer in answers]
        assert numbers == list(range(1, 51))
        assert [answer.timestamp()[1] - HISTORY for answer in answers] == numbers

    def test_a_record_that_cannot_be_handled_costs_only_itself(self, trial: Trial) -> None:
        producer = Producer({"bootstrap.servers": trial.broker.bootstrap})
        for number in range(1, 51):
            value = b"bad" if number == 20 else json.dumps({"n": number}).encode()
            producer.produce(trial.names.source, value, b"key", partition=1)
        assert producer.flush(10) == 0
        trial.group.start("A")
        assert trial.stop_when_read() == [0]
        failed = list(read(trial.broker.bootstrap, trial.names.failed))
        assert [message.value() for message in failed] == [b"bad"]
        assert trial.verdict().exact


def test_a_timer_fires_at_the_end_of_a_partition_that_ends_with_a_commit_record(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    trial = Trial(kafka, unique, tmp_path)
    producer = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": unique})
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(trial.names.source, b'{"n": 1}', b"key", partition=1)
    producer.commit_transaction()
    trial.group.start("A", CLOCK="wall")
    try:
        limit = time.monotonic() + PATIENCE
        while not (reminders := list(read(kafka.bootstrap, trial.names.reminders))):
            assert time.monotonic() < limit, "no reminder"
            time.sleep(0.2)
    finally:
        trial.group.stop()
    assert [json.loads(reminder.value())["n"] for reminder in reminders] == [1]


def wait_for_record(bootstrap: str, topic: str) -> None:
    limit = time.monotonic() + PATIENCE
    while not list(read(bootstrap, topic)):
        assert time.monotonic() < limit, f"no record on {topic}"
        time.sleep(0.2)


def test_a_timer_waits_for_the_records_of_an_open_transaction(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    trial = Trial(kafka, unique, tmp_path)
    source, reminders = trial.names.source, trial.names.reminders
    plain = Producer({"bootstrap.servers": kafka.bootstrap})
    plain.produce(source, b'{"n": 1}', b"key", partition=1)
    assert plain.flush(10) == 0
    open_one = Producer({"bootstrap.servers": kafka.bootstrap, "transactional.id": unique})
    open_one.init_transactions()
    open_one.begin_transaction()
    open_one.produce(source, b'{"n": 2}', b"key", partition=1)
    assert open_one.flush(10) == 0
    trial.group.start("A", CLOCK="wall")
    try:
        wait_for_record(kafka.bootstrap, trial.names.answers)
        time.sleep(4)
        assert not list(read(kafka.bootstrap, reminders))
        open_one.commit_transaction()
        wait_for_record(kafka.bootstrap, reminders)
    finally:
        trial.group.stop()


def test_an_idle_worker_whose_broker_is_gone_ends_in_time(unique: str, tmp_path: Path) -> None:
    with EmbeddedBroker({}) as gone:
        trial = Trial(mocked(gone), unique, tmp_path)
        trial.group.start("A")
        trial.wait_until_ready()
    started = time.monotonic()
    # Its clients may give up by themselves before.
    assert trial.group.stop()[0] in (0, BrokerFailed.exit_code)
    assert time.monotonic() - started < STOP_LIMIT + 5


def test_a_worker_whose_broker_is_gone_says_that_its_last_checkpoint_is_lost(
    unique: str, tmp_path: Path
) -> None:
    with EmbeddedBroker({}) as gone:
        trial = Trial(mocked(gone), unique, tmp_path)
        trial.group.start("A", COMMIT_PAUSE=NEVER)
        trial.wait_until_ready()
        trial.feed(200, 1_000).finish()
        time.sleep(2)
    assert trial.group.stop() == [BrokerFailed.exit_code]


def test_nothing_weaker_than_exactly_once_runs_on_a_real_broker(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    trial = Trial(kafka, unique, tmp_path)
    config = EngineConfig(
        Connection(kafka.bootstrap),
        unique,
        (trial.names.source,),
        "state",
        tmp_path,
        "A",
        guarantee=Guarantee.AT_LEAST_ONCE,
    )
    with pytest.raises(TopicMismatch, match="embedded broker only"):
        prepare_topics(config)


def test_a_worker_whose_source_gets_more_partitions_ends_with_what_is_wrong(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    trial = Trial(kafka, unique, tmp_path)
    trial.group.start("A")
    admin, log = AdminClient({"bootstrap.servers": kafka.bootstrap}), trial.group.log_of("A")
    try:
        limit = time.monotonic() + PATIENCE
        while not trial.group.times_ready("A"):
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.1)
        more = NewPartitions(trial.names.source, PARTITIONS + 2)
        admin.create_partitions([more])[trial.names.source].result(PATIENCE)
        wrong = f"has {PARTITIONS} partitions, its sources have {PARTITIONS + 2}"
        while not (trial.group.exits[TopicMismatch.exit_code] and wrong in log.read_text()):
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.1)
    finally:
        trial.group.stop()


def test_a_worker_that_the_group_refuses_ends_with_what_is_wrong(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    trial, longer_than_allowed = Trial(kafka, unique, tmp_path), "36000000"
    log = trial.group.log_of("A")
    trial.group.start("A", SESSION_TIMEOUT=longer_than_allowed)
    try:
        limit = time.monotonic() + PATIENCE
        while not trial.group.exits[BrokerFailed.exit_code]:
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.1)
    finally:
        trial.group.stop()
    assert "InvalidSessionTimeoutError" in log.read_text().splitlines()[-1]


def test_of_two_workers_of_one_name_one_is_fenced_and_nothing_is_lost_or_doubled(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    trial = Trial(kafka, unique, tmp_path)
    group, log = trial.group, trial.group.log_of("B")
    group.start("A")
    trial.wait_until_ready()
    feed = trial.feed(None, 300)
    try:
        group.start("B", WORKER="A")
        limit = time.monotonic() + PATIENCE
        while not group.exits[Fenced.exit_code]:
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.1)
        group.stop()
        lives = group.times_ready("A")
        group.start("A")
        trial.wait_until_ready(lives + 1)
        feed.finish()
        assert trial.stop_when_read() == [0]
    finally:
        feed.finish()
        group.stop()
    logs = [group.log_of(name).read_text() for name in "AB"]
    assert group.exits.keys() == {Fenced.exit_code}, "\n".join(logs)
    assert trial.verdict().exact
