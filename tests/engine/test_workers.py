"""Counting workers as processes: what they leave behind, whatever is done to them."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from tests.conftest import Broker
from tests.engine.drill import Drill
from tests.engine.verify import Verdict, read, verify

HISTORY = 1_767_603_600_000
"""A time in the past, in milliseconds."""


@pytest.fixture
def drill(broker: Broker, unique: str, tmp_path: Path) -> Iterator[Drill]:
    """A group of workers that have not started."""
    yield from make_drill(broker, unique, tmp_path)


@pytest.fixture
def kafka_drill(kafka: Broker, unique: str, tmp_path: Path) -> Iterator[Drill]:
    """The same on the real broker."""
    yield from make_drill(kafka, unique, tmp_path)


def make_drill(broker: Broker, name: str, data: Path) -> Iterator[Drill]:
    for topic in (f"{name}-source", f"{name}-output", f"{name}-output-failed"):
        broker.create(topic, 4)
    made = Drill(broker.bootstrap, name, f"{name}-source", f"{name}-output", data)
    if not broker.transactional:
        broker.create(made.changelog, 4)
    yield made
    made.stop()


def environment(broker: Broker) -> dict[str, str]:
    if broker.transactional:
        return {}
    return {"GUARANTEE": "at_least_once", "CREATE_CHANGELOG": "0"}


def outcome(drill: Drill, broker: Broker) -> Verdict:
    isolation = "read_committed" if broker.transactional else "read_uncommitted"
    return verify(drill.bootstrap, drill.source, drill.changelog, drill.output, isolation)


class TestOnBothBrokers:
    """What a worker does on the embedded broker it does on a real one."""

    def test_every_record_is_counted_and_answered_once(self, broker: Broker, drill: Drill) -> None:
        drill.produce(3_000, 3_000)
        drill.start("A", **environment(broker))
        drill.wait_until_read(60)
        assert drill.stop() == [0]
        assert outcome(drill, broker).exact

    def test_a_stopped_worker_goes_on_where_it_was(self, broker: Broker, drill: Drill) -> None:
        drill.produce(6_000, 900)
        drill.start("A", **environment(broker))
        time.sleep(3)
        assert drill.stop() == [0]
        drill.start("A", **environment(broker))
        drill.wait_until_read(60)
        assert drill.stop() == [0]
        assert outcome(drill, broker).exact

    def test_outputs_keep_their_order_and_the_time_of_the_record_they_came_from(
        self, broker: Broker, drill: Drill
    ) -> None:
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        for number in range(1, 51):
            value = json.dumps({"n": number}).encode()
            producer.produce(drill.source, value, b"key", partition=1, timestamp=HISTORY + number)
        assert producer.flush(10) == 0
        drill.start("A", **environment(broker))
        drill.wait_until_read(60)
        assert drill.stop() == [0]
        answers = list(read(broker.bootstrap, drill.output))
        numbers = [json.loads(answer.value())["n"] for answer in answers]
        assert numbers == list(range(1, 51))
        assert [answer.timestamp()[1] - HISTORY for answer in answers] == numbers

    def test_a_record_that_cannot_be_handled_costs_only_itself(
        self, broker: Broker, drill: Drill
    ) -> None:
        producer = Producer({"bootstrap.servers": broker.bootstrap})
        for number in range(1, 51):
            value = b"bad" if number == 20 else json.dumps({"n": number}).encode()
            producer.produce(drill.source, value, b"key", partition=1)
        assert producer.flush(10) == 0
        drill.start("A", **environment(broker))
        drill.wait_until_read(60)
        assert drill.stop() == [0]
        failed = list(read(broker.bootstrap, f"{drill.output}-failed"))
        assert [message.value() for message in failed] == [b"bad"]
        answered = [json.loads(m.value())["n"] for m in read(broker.bootstrap, drill.output)]
        assert answered == [number for number in range(1, 51) if number != 20]


def test_nothing_is_lost_or_doubled_when_workers_are_killed(
    kafka: Broker, kafka_drill: Drill, tmp_path: Path
) -> None:
    drill = kafka_drill
    drill.start("A")
    drill.start("B")
    drill.produce(30_000, 1_200)
    for round_number, worker in enumerate("ABA"):
        time.sleep(7)
        drill.revive()
        drill.kill(worker)
        if round_number == 1:
            shutil.rmtree(tmp_path / worker)
        drill.start(worker)
    drill.wait_until_read(90)
    drill.stop()
    assert outcome(drill, kafka).exact


def test_the_verifier_notices_what_is_lost_doubled_and_wrong(
    kafka: Broker, kafka_drill: Drill
) -> None:
    drill = kafka_drill
    drill.produce(200, 10_000, keys=5)
    drill.start("A")
    drill.wait_until_read(60)
    drill.stop()
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    extra = next(iter(read(kafka.bootstrap, drill.output)))
    producer.produce(drill.output, extra.value(), extra.key())
    producer.produce(drill.source, json.dumps({"n": 1}).encode(), b"T9999")
    assert producer.flush(10) == 0
    found = outcome(drill, kafka)
    assert (found.doubled, found.lost) == (1, 2)
