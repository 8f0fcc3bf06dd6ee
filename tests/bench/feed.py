"""Fills source topics. Values and keys are the same in every run."""

import random
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from typing import Any

from confluent_kafka import KafkaError, Producer

from tests.bench.broker import Broker

CHUNK = 20_000
POOL = random.Random(11).randbytes(1 << 20)
"""Bytes that do not compress, to cut values from."""


@dataclass(frozen=True)
class Feed:
    """What is in a source topic: a record of every key first when asked for, then random keys."""

    records: int
    keys: int
    value_bytes: int = 100
    partitions: int = 4
    every_key_first: bool = False
    first_value_bytes: int = 16

    @property
    def total(self) -> int:
        """Records in the topic."""
        return self.records + self.first

    @property
    def first(self) -> int:
        """How many of them come before the random ones."""
        return self.keys if self.every_key_first else 0

    def messages(self) -> Iterator[dict[str, Any]]:
        """All records in their order, as `produce_batch` takes them."""
        for number in range(self.first):
            yield {"key": key_of(number), "value": value_of(number, self.first_value_bytes)}
        for index, number in enumerate(self.numbers()):
            yield {"key": key_of(number), "value": value_of(index, self.value_bytes)}

    def numbers(self) -> Iterator[int]:
        """The key number of every random record."""
        chooser = random.Random(7)
        return (int(chooser.random() * self.keys) for _ in range(self.records))


@dataclass(frozen=True)
class Source:
    """A topic that holds a feed."""

    broker: Broker
    topic: str
    feed: Feed


@cache
def outputs_of(feed: Feed, every: int) -> int:
    """How many times a key reaches a multiple of `every` records."""
    counts = Counter(feed.numbers())
    return sum((count + bool(feed.first)) // every for count in counts.values())


def key_of(number: int) -> bytes:
    """The key of a number."""
    return b"T%07d" % number


def value_of(index: int, size: int) -> bytes:
    """Some bytes of that size."""
    start = index * 61 % (len(POOL) - size)
    return POOL[start : start + size]


def fill(broker: Broker, topic: str, feed: Feed) -> Source:
    """Make the topic and produce the records, partitioned by key as Java does."""
    broker.make(feed.partitions, topic)
    producer = Producer(
        {
            **broker.client(),
            "linger.ms": 20,
            "batch.size": 1 << 18,
            "partitioner": "murmur2_random",
            "queue.buffering.max.messages": 500_000,
            "queue.buffering.max.kbytes": 256 << 10,
        }
    )
    messages = feed.messages()
    while chunk := list(islice(messages, CHUNK)):
        _produce(producer, topic, chunk)
    if producer.flush(120):
        raise RuntimeError(f"cannot fill {topic}")
    if (end := broker.ends([topic])) != feed.total:
        raise RuntimeError(f"{topic} has {end} records, {feed.total} were sent")
    return Source(broker, topic, feed)


def _produce(producer: Producer, topic: str, messages: list[dict[str, Any]]) -> None:
    while messages:
        producer.produce_batch(topic, messages)
        refused = [message for message in messages if "_error" in message]
        if any(message["_error"].code() != KafkaError._QUEUE_FULL for message in refused):
            raise RuntimeError(f"{topic} takes no record: {refused[0]['_error']}")
        messages = list(_again(refused))
        producer.poll(0.05 if messages else 0)


def _again(refused: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    return ({"key": message["key"], "value": message["value"]} for message in refused)
