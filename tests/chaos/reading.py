"""Reads topics to their end, with librdkafka alone."""

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

PATIENCE = 30.0
"""Seconds without a record after which no transaction can still be on its way to its end."""


def partitions_of(bootstrap: str, topic: str) -> list[int]:
    """The numbers of a topic's partitions."""
    consumer = _consumer(bootstrap, "read_uncommitted")
    try:
        return sorted(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
    finally:
        consumer.close()


def read(
    bootstrap: str,
    topic: str,
    isolation: str = "read_committed",
    partitions: Sequence[int] | Mapping[int, int] | None = None,
    patience: float = PATIENCE,
) -> Iterator[Message]:
    """Every record of a topic, or of some of its partitions, up to its end now.

    A mapping gives the offset from which on each of them is read. A reader of committed records is
    told that it is at the end where a transaction is open, whatever was committed behind: its end
    is the high watermark, for which it waits at most `patience` seconds.
    """
    wanted = partitions_of(bootstrap, topic) if partitions is None else partitions
    starts = wanted if isinstance(wanted, Mapping) else dict.fromkeys(wanted, 0)
    behind = _ends(bootstrap, topic, starts)
    consumer = _consumer(bootstrap, isolation)
    limit = time.monotonic() + patience
    try:
        consumer.assign([TopicPartition(topic, *start) for start in starts.items()])
        while behind:
            assert time.monotonic() < limit, f"{topic} could not be read up to {behind}"
            for message in _arrived(consumer):
                error = message.error()
                if error is None:
                    yield message
                    limit = time.monotonic() + patience
                elif error.code() == KafkaError._PARTITION_EOF:
                    if message.offset() >= behind.get(message.partition(), 0):
                        behind.pop(message.partition(), None)
                elif not error.retriable():
                    raise AssertionError(error.str())
    finally:
        consumer.close()


def _arrived(consumer: Consumer) -> list[Message]:
    # `consume` would wait its whole time for the messages that there are not.
    first = consumer.poll(0.2)
    return [] if first is None else [first, *consumer.consume(10_000, 0)]


def _ends(bootstrap: str, topic: str, partitions: Iterable[int]) -> dict[int, int]:
    """The high watermarks: what any transaction has written lies below."""
    consumer = _consumer(bootstrap, "read_uncommitted")
    try:
        return {number: _end(consumer, TopicPartition(topic, number)) for number in partitions}
    finally:
        consumer.close()


def _end(consumer: Consumer, place: TopicPartition) -> int:
    limit = time.monotonic() + 30
    while True:
        try:
            return int(consumer.get_watermark_offsets(place, 10)[1])
        except KafkaException:
            # A topic made a moment ago has no leader yet.
            if time.monotonic() > limit:
                raise
            time.sleep(0.2)


def _consumer(bootstrap: str, isolation: str) -> Consumer:
    return Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "verify",
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "enable.auto.commit": False,
            # By default it would go to the end of a topic where it should have said what is wrong.
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 20,
        }
    )
