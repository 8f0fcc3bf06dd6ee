"""What Kafka has really compacted is read as well as what it has not."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
)

from streams.engine import Connection, EngineConfig, Replica
from streams.engine.topics import CHANGELOG_SETTINGS
from tests.chaos.drill import wait_until_read
from tests.chaos.group import empty
from tests.chaos.on_engine import PARTITIONS
from tests.chaos.reading import read
from tests.chaos.stores import compare_stores
from tests.conftest import Broker
from tests.engine.trial import Trial
from tests.patience import PATIENCE

AT_ONCE = CHANGELOG_SETTINGS | {
    "segment.ms": "200",
    "min.cleanable.dirty.ratio": "0",
    "max.compaction.lag.ms": "1",
}
"""A topic whose segments end soon and are compacted as soon as they have."""

RESTORED = re.compile(r"restored partitions \[[0-9, ]+\]: ([0-9]+) changelog records")


@pytest.fixture
def admin(kafka: Broker) -> Iterator[AdminClient]:
    """Meanwhile the broker's cleaner looks twice a second for what is to be compacted."""
    made = AdminClient({"bootstrap.servers": kafka.bootstrap})

    def look_every(milliseconds: str | None) -> None:
        how = AlterConfigOpType.DELETE if milliseconds is None else AlterConfigOpType.SET
        entry = ConfigEntry("log.cleaner.backoff.ms", milliseconds, incremental_operation=how)
        broker = ConfigResource(ResourceType.BROKER, "1", incremental_configs=[entry])
        made.incremental_alter_configs([broker])[broker].result(PATIENCE)

    look_every("500")
    yield made
    look_every(None)


def create(admin: AdminClient, topic: str, partitions: int) -> None:
    admin.create_topics([NewTopic(topic, partitions, 1, config=AT_ONCE)])[topic].result(PATIENCE)


def wait_until_compacted(broker: Broker, topic: str, partitions: int) -> int:
    """Wait until most of what was written over is gone; returns how many records are left."""
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": "ends"})
    written = sum(
        consumer.get_watermark_offsets(TopicPartition(topic, number), 10)[1]
        for number in range(partitions)
    )
    consumer.close()
    limit = time.monotonic() + PATIENCE
    while True:
        keys = [(one.partition(), one.key()) for one in read(broker.bootstrap, topic)]
        left, needed = len(keys), len(set(keys))
        if left - needed < (written - needed) / 2:
            return left
        assert time.monotonic() < limit, f"{left} of {written} are left, {needed} are needed"
        time.sleep(0.2)


def test_a_worker_without_a_store_restores_its_state_from_a_compacted_changelog(
    kafka: Broker, admin: AdminClient, unique: str, tmp_path: Path
) -> None:
    trial = Trial(kafka, unique, tmp_path)
    create(admin, trial.names.changelog, PARTITIONS)
    trial.group.start("A")
    trial.wait_until_ready()
    for _ in range(8):  # each has a checkpoint of its own, and so a segment
        trial.feed(600, 2_000).finish()
        assert wait_until_read(kafka.bootstrap, unique, trial.names.source, 60)
    assert trial.stop_when_read() == [0]
    left = wait_until_compacted(kafka, trial.names.changelog, PARTITIONS)
    empty(trial.group.data_of("A"))
    trial.group.start("A")
    trial.feed(2_000, 2_500).finish()
    assert trial.stop_when_read() == [0]
    found = RESTORED.findall(trial.group.log_of("A").read_text())
    assert 0 < int(found[-1]) <= left
    verdict = trial.verdict()
    compare_stores(verdict, kafka.bootstrap, tmp_path)
    assert verdict.exact, verdict


def test_a_copy_of_a_compacted_topic_has_the_last_value_of_every_key(
    kafka: Broker, admin: AdminClient, unique: str, tmp_path: Path
) -> None:
    create(admin, unique, 1)
    producer = Producer({"bootstrap.servers": kafka.bootstrap})
    last: dict[str, str | None] = {}
    for number in range(1_500):
        key = f"k{number % 50}"
        last[key] = None if number % 7 == 0 else str(number)
        producer.produce(unique, last[key], key)
        if number % 250 == 0:
            producer.flush(10)
            time.sleep(0.25)
    assert producer.flush(10) == 0
    left = wait_until_compacted(kafka, unique, 1)
    config = EngineConfig(Connection(kafka.bootstrap), unique, (), "state", tmp_path, "A")
    replica = Replica(config, unique, bytes.decode)

    def fail(error: BaseException) -> None:
        raise error

    replica.start(fail)
    replica.wait_complete(20, threading.Event())
    assert {key: replica.get(key) for key in last} == last
    assert replica.records <= left
    replica.stop()
