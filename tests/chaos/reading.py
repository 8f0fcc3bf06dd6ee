"""Reads topics to their end, with librdkafka alone."""

from collections.abc import Iterable, Iterator

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
    partitions: Iterable[int] | None = None,
) -> Iterator[Message]:
    """Every record of a topic, or of some of its partitions, up to its end now."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "verify",
            "isolation.level": isolation,
            "enable.partition.eof": True,
            "enable.auto.commit": False,
            "fetch.wait.max.ms": 20,
        }
    )
    try:
        behind = set(partitions_of(bootstrap, topic) if partitions is None else partitions)
        consumer.assign([TopicPartition(topic, number, 0) for number in behind])
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
