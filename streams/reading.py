"""Follows topics as a plain consumer: for everything that shows and measures, never for agents."""

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from schemas.codec import BadRecord, Codec
from schemas.records import Millis, Record
from streams.errors import BrokerError

FETCH_TIMEOUT = 30.0
"""Seconds to find one record."""


@dataclass(frozen=True)
class Seen:
    """A record on a topic. A `record` of None is a tombstone or could not be read (`problem`)."""

    topic: str
    partition: int
    offset: int
    timestamp: Millis
    key: str
    record: Record | None
    problem: str | None = None


class Follower:
    """Reads whole topics, committed records only, without a consumer group. A context manager."""

    def __init__(
        self, bootstrap: str, codec: Codec, topics: Iterable[str], *, from_start: bool
    ) -> None:
        self._bootstrap = bootstrap
        self._codec = codec
        self._consumer = Consumer(
            {
                "bootstrap.servers": bootstrap,
                "group.id": "baton-follower",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 20,
                "log_level": 0,
            }
        )
        self._behind: set[tuple[str, int]] = set()
        self._assign(list(topics), from_start)

    @property
    def at_end(self) -> bool:
        """Whether every partition has been read to its end at least once."""
        return not self._behind

    def poll(self, timeout: float, most: int = 1_000) -> list[Seen]:
        """What has come within `timeout` seconds. Raises `BrokerError`."""
        seen = []
        for message in self._consumer.consume(most, timeout):
            error = message.error()
            if error is None:
                seen.append(self._read(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                self._behind.discard((message.topic(), message.partition()))
            elif not error.retriable() and error.fatal():
                raise BrokerError(f"cannot read {message.topic()}: {error.str()}")
        return seen

    def follow(self) -> Iterator[Seen]:
        """Records without end."""
        while True:
            yield from self.poll(0.5)

    def to_end(self) -> Iterator[Seen]:
        """Records up to the end as it is now."""
        while not self.at_end:
            yield from self.poll(0.5)

    def close(self) -> None:
        """End the consumer."""
        self._consumer.close()

    def __enter__(self) -> "Follower":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def fetch(self, topic: str, partition: int, offset: int) -> Message | None:
        """The record at an offset, None when it is no longer there. Ends the following."""
        self._consumer.assign([TopicPartition(topic, partition, offset)])
        limit = time.monotonic() + FETCH_TIMEOUT
        while time.monotonic() < limit:
            message = self._consumer.poll(0.5)
            if message is not None and message.error() is None:
                return message if message.offset() == offset else None
            if message is not None and message.error().code() == KafkaError._PARTITION_EOF:
                return None
        raise BrokerError(f"{topic}[{partition}] at {offset} could not be read")

    def _assign(self, topics: list[str], from_start: bool) -> None:
        try:
            existing = self._consumer.list_topics(timeout=10).topics
            missing = [topic for topic in topics if topic not in existing]
            if missing:
                raise BrokerError(f"there is no topic {missing[0]}; `baton topics apply` makes it")
            offsets = []
            for topic in topics:
                for number in existing[topic].partitions:
                    low, high = self._consumer.get_watermark_offsets(
                        TopicPartition(topic, number), 10
                    )
                    offsets.append(TopicPartition(topic, number, low if from_start else high))
                    self._behind.add((topic, number))
            self._consumer.assign(offsets)
        except KafkaException as error:
            raise BrokerError.unreachable(self._bootstrap, error.args[0].str()) from error

    def _read(self, message: Message) -> Seen:
        value, record, problem = message.value(), None, None
        if value is not None:
            try:
                record = self._codec.decode(message.topic(), value, message.headers() or ())
            except BadRecord as bad:
                problem = str(bad)
        key = (message.key() or b"").decode(errors="replace")
        timestamp = message.timestamp()[1]
        return Seen(
            message.topic(), message.partition(), message.offset(), timestamp, key, record, problem
        )
