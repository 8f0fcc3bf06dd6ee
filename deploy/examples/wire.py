"""How the examples meet Kafka: the few settings that count, and the codec of the contracts."""

import time
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from schemas.codec import BadRecord, Codec
from schemas.records import Millis, Record
from schemas.topics import PARTITIONER

ANSWER_TIMEOUT = 10.0
"""Seconds after which no broker is thought to be there."""


class NoTopic(Exception):
    """What is to be read is not there: it would look as if nothing ever came."""


class Read(NamedTuple):
    """What was read. A `record` of None is a tombstone: what lay under the key is gone."""

    topic: str
    key: str
    record: Record | None


class Wire:
    """Reads whole topics and writes records. A context manager. Raises `NoTopic`.

    Three settings matter, whatever client you use:

    - `isolation.level=read_committed`, or you would act on decisions that were taken back;
    - the Java client's partitioner, or two records of one ticket could lie on two partitions, and
      their order would be lost;
    - `enable.idempotence`, so that a send that is repeated does not appear twice.

    These programs keep what they know in memory, so they read without a consumer group. A platform
    with a database would join one and commit an offset once it has stored what it read.

    Args:
        bootstrap: Kafka brokers, separated by commas.
        topics: Which topics to read, without the prefix.
        from_start: Whether to read from the beginning; else only what comes from now on.
        prefix: What stands before every topic's name on a shared cluster.
        settings: Further settings of librdkafka, such as `sasl.username`.

    """

    def __init__(
        self,
        bootstrap: str,
        topics: Iterable[str],
        *,
        from_start: bool,
        prefix: str = "",
        settings: dict[str, str] | None = None,
    ) -> None:
        common = {"bootstrap.servers": bootstrap, **(settings or {})}
        reading = {**common, "group.id": "baton-examples", "enable.auto.commit": False}
        self._prefix = prefix
        self._codec = Codec()
        self._producer = Producer(
            {**common, "partitioner": PARTITIONER, "enable.idempotence": True, "linger.ms": 0}
        )
        self._consumer = Consumer(
            {
                **reading,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 20,
            }
        )
        self._behind: dict[tuple[str, int], int] = {}
        with closing(Consumer(reading | {"isolation.level": "read_uncommitted"})) as ends:
            names = [prefix + topic for topic in topics]
            self._consumer.assign(
                [place for name in names for place in self._places(ends, name, from_start)]
            )

    def send(self, record: Record) -> None:
        """Write a record to its topic under its key. Raises `KafkaException` when Kafka refuses."""
        refused: list[KafkaError] = []
        made = self._codec.encode(record)
        self._producer.produce(
            self._prefix + made.topic,
            made.value,
            made.key,
            headers=made.headers,
            on_delivery=lambda error, _message: refused.append(error) if error else None,
        )
        if self._producer.flush(ANSWER_TIMEOUT) or refused:
            raise KafkaException(*refused or [KafkaError(KafkaError._TIMED_OUT)])

    def poll(self, timeout: float) -> Iterator[Read]:
        """What has come, after at most `timeout` seconds; what cannot be read is passed over."""
        # `consume` alone would wait its whole time for the rest of 500.
        first = self._consumer.poll(timeout)
        for message in [] if first is None else [first, *self._consumer.consume(499, 0)]:
            error = message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                self._note_end((message.topic(), message.partition()), message.offset())
                continue
            topic, value = message.topic().removeprefix(self._prefix), message.value()
            try:
                key = (message.key() or b"").decode()
                time = message.timestamp()[1]
                record = value and self._codec.decode(topic, value, message.headers(), time)
            except (BadRecord, UnicodeDecodeError):
                continue
            if key:
                yield Read(topic, key, record)

    @property
    def caught_up(self) -> bool:
        """Whether every partition has been read to where it ended at the start.

        That is the high watermark: where a transaction is open, or has been committed a moment ago,
        a reader of committed records is told that it is at the end, whatever lies behind.
        """
        return not self._behind

    def close(self) -> None:
        """Leave Kafka."""
        self._consumer.close()

    def __enter__(self) -> "Wire":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def _note_end(self, place: tuple[str, int], offset: int) -> None:
        if offset >= self._behind.get(place, 0):
            self._behind.pop(place, None)

    def _places(self, ends: Consumer, topic: str, from_start: bool) -> Iterator[TopicPartition]:
        partitions = ends.list_topics(topic, ANSWER_TIMEOUT).topics[topic].partitions
        if not partitions:
            raise NoTopic(f"there is no topic {topic}: is it spelled so, and the prefix right?")
        for number in partitions:
            place = TopicPartition(topic, number)
            first, end = ends.get_watermark_offsets(place, ANSWER_TIMEOUT)
            self._behind[topic, number] = end
            if not from_start:
                # "From now on" begins with what a transaction that is open now will commit.
                first = self._consumer.get_watermark_offsets(place, ANSWER_TIMEOUT)[1]
            yield TopicPartition(topic, number, first)


def now() -> Millis:
    """The present, as the contracts write it."""
    return time.time_ns() // 1_000_000
