"""Reads topics to their end, with librdkafka alone."""

from collections.abc import Iterator, Mapping, Sequence

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition


def partitions_of(bootstrap: str, topic: str) -> list[int]:
    """The numbers of a topic's partitions."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "verify"})
    try:
        return sorted(consumer.list_topics(topic, timeout=10).topics[topic].partitions)
    finally:
        consumer.close()


def read(
    bootstrap: str,
    topic: str,
    isolation: str = "read_committed",
    partitions: Sequence[int] | Mapping[int, int] | None = None,
) -> Iterator[Message]:
    """Every record of a topic, or of some of its partitions, up to its end now.

    A mapping gives the offset from which on each of them is read.
    """
    consumer = Consumer(
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
    try:
        wanted = partitions_of(bootstrap, topic) if partitions is None else partitions
        starts = wanted if isinstance(wanted, Mapping) else dict.fromkeys(wanted, 0)
        behind = set(starts)
        consumer.assign([TopicPartition(topic, *start) for start in starts.items()])
        while behind:
            for message in consumer.consume(10_000, 0.2):
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    behind.discard(message.partition())
                elif not error.retriable():
                    raise AssertionError(error.str())
    finally:
        consumer.close()
