"""The real Kafka that all contenders share, seen from outside."""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar

from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    IsolationLevel,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from tests.patience import PATIENCE

T = TypeVar("T")


def patiently(call: Callable[[], T]) -> T:
    """What a call gives once the broker is ready for it."""
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            return call()
        except (KafkaException, KeyError):
            if time.monotonic() > limit:
                raise
            time.sleep(0.05)


@dataclass(frozen=True)
class Broker:
    """Where it listens and the folder that holds its data."""

    bootstrap: str
    folder: Path

    def make(self, partitions: int, *topics: str) -> None:
        """Make topics and wait until each has a leader everywhere."""
        admin = self._admin
        wanted = [NewTopic(topic, partitions, 1) for topic in topics]
        for future in admin.create_topics(wanted).values():
            future.result(PATIENCE)
        for topic in topics:
            patiently(partial(self.ends, [topic]))

    def remove(self, name: str) -> None:
        """Delete every topic with this in its name: some put theirs before it, some behind."""
        admin = self._admin
        topics = [topic for topic in admin.list_topics(timeout=PATIENCE).topics if name in topic]
        if topics:
            for future in admin.delete_topics(topics).values():
                future.result(PATIENCE)

    def ends(self, topics: Iterable[str] | None = None) -> int:
        """Records ever appended to the topics (default all, Kafka's own too), markers included."""
        admin = self._admin
        known = admin.list_topics(timeout=PATIENCE).topics
        wanted = {
            TopicPartition(topic, number): OffsetSpec.latest()
            for topic in (known if topics is None else topics)
            for number in known[topic].partitions
        }
        found = admin.list_offsets(wanted, isolation_level=IsolationLevel.READ_UNCOMMITTED)
        return sum(future.result(PATIENCE).offset for future in found.values())

    def members(self, group: str) -> int:
        """How many members of a group have their partitions; 0 while it rebalances."""
        admin = self._admin
        found = patiently(lambda: admin.describe_consumer_groups([group])[group].result(PATIENCE))
        return len(found.members) if found.state is ConsumerGroupState.STABLE else 0

    def log_bytes(self) -> int:
        """The size of all logs on disk, without those of topics that are being removed."""
        logs = self.folder.glob("data/*/*.log")
        return sum(log.stat().st_size for log in logs if not log.parent.name.endswith("-delete"))

    def count_committed(self, topic: str) -> int:
        """How many records of a topic a read_committed reader sees."""
        consumer = Consumer(
            {
                **self.client(),
                "group.id": "count-committed",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
            }
        )
        try:
            partitions = consumer.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
            consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
            count, reading = 0, len(partitions)
            while reading:
                for message in consumer.consume(10_000, 1.0):
                    if (error := message.error()) is None:
                        count += 1
                    elif error.code() == KafkaError._PARTITION_EOF:
                        reading -= 1
                    else:
                        raise RuntimeError(f"cannot read {topic}: {error.str()}")
            return count
        finally:
            consumer.close()

    def client(self) -> dict[str, Any]:
        """What every client of ours is configured with.

        They log nothing: what matters is raised, and Kafka may end before the last of them.
        """
        return {"bootstrap.servers": self.bootstrap, "log_level": 0}

    @cached_property
    def _admin(self) -> AdminClient:
        return AdminClient(self.client())


OpenBroker = Callable[[], AbstractContextManager[Broker]]
"""Gives a broker for as long as it is needed."""


class GroupOffsets:
    """How far a consumer group has committed a topic."""

    def __init__(self, broker: Broker, group: str, topic: str) -> None:
        # Not read_committed: that would wait for the end of each transaction under way.
        self._consumer = Consumer(
            {
                **broker.client(),
                "group.id": group,
                "isolation.level": "read_uncommitted",
            }
        )
        partitions = self._consumer.list_topics(topic, timeout=PATIENCE).topics[topic].partitions
        self._wanted = [TopicPartition(topic, number) for number in partitions]
        # A new Kafka has no coordinator until it has made the topic of the offsets.
        patiently(self.committed)

    def committed(self) -> int:
        """Records that are done, over all partitions of a topic that begins with offset 0."""
        return sum(max(tp.offset, 0) for tp in self._consumer.committed(self._wanted, PATIENCE))

    def close(self) -> None:
        """Disconnect."""
        self._consumer.close()
