"""Recomputes from the source topic what state and outputs must be, without the engine's code."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

MARKER = b"\x00position"


@dataclass(frozen=True)
class Verdict:
    """What an independent reader finds wrong. All zero is right."""

    records: int
    lost: int
    doubled: int
    wrong: int

    @property
    def exact(self) -> bool:
        """Whether nothing is wrong, over at least one record."""
        return self.records > 0 and (self.lost, self.doubled, self.wrong) == (0, 0, 0)


def read(bootstrap: str, topic: str, isolation: str = "read_committed") -> Iterator[Message]:
    """Every record of a topic up to its end now."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "verify",
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "enable.auto.commit": False,
        }
    )
    try:
        partitions = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, 0) for number in partitions])
        behind = set(partitions)
        while behind:
            for message in consumer.consume(10_000, 1.0):
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    behind.discard(message.partition())
                else:
                    raise AssertionError(error.str())
    finally:
        consumer.close()


def verify(bootstrap: str, source: str, changelog: str, output: str, isolation: str) -> Verdict:
    """Compare changelog and outputs of the counting worker with its source."""
    expected: dict[bytes, int] = defaultdict(int)
    for message in read(bootstrap, source, isolation):
        expected[message.key()] += 1
    state: dict[bytes, tuple[int, int, int]] = {}
    for message in read(bootstrap, changelog, isolation):
        if message.key() != MARKER:
            state[message.key()[1:]] = msgspec.msgpack.decode(message.value())
    answers: Counter[tuple[bytes, int]] = Counter()
    wrong = 0
    for message in read(bootstrap, output, isolation):
        answer = json.loads(message.value())
        answers[message.key(), answer["n"]] += 1
        wrong += answer["n"] != answer["count"]
    lost = doubled = 0
    for key, count in expected.items():
        records, last, breaks = state.get(key, (0, 0, 0))
        lost += max(0, count - records)
        doubled += max(0, records - count)
        wrong += breaks + (last != count)
        lost += sum(answers[key, number] == 0 for number in range(1, count + 1))
    doubled += sum(count - 1 for count in answers.values())
    return Verdict(sum(expected.values()), lost, doubled, wrong)
