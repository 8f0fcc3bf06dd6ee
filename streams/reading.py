"""Follows topics as a plain consumer: for everything that shows and measures, never for agents."""

import time
from collections.abc import Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from types import TracebackType

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient

from schemas.codec import BadRecord, Codec
from schemas.records import Millis, Record
from schemas.topic_table import ROUTE_PREFIX
from schemas.topics import FAMILY, TOPICS, partition_of
from streams.core.policy.shape import nearest
from streams.engine import Connection
from streams.engine.arrived import arrived
from streams.engine.compacted import ends_of
from streams.engine.connection import ANSWER_TIMEOUT
from streams.errors import BatonError, BrokerError, InputError
from streams.security import Reach

FETCH_TIMEOUT = 30.0
"""Seconds to find one record."""
SILENCE = 120.0
"""Seconds without a record after which a topic's end is not waited for any more: a transaction that
its producer has left is ended after one minute, unless that producer asked for more."""


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


def routes_on(connection: Connection) -> list[str]:
    """The route topics that the broker has: a policy knows neither those of others nor of before.

    Raises `BrokerError`, `AccessDenied`.
    """
    begin = connection.topic(ROUTE_PREFIX)
    return sorted(connection.name(name) for name in _names(connection) if name.startswith(begin))


def there_of(connection: Connection, topics: Iterable[str]) -> list[str]:
    """Those of the topics that the broker has. Raises `BrokerError`, `AccessDenied`."""
    found = _names(connection)
    return [topic for topic in topics if connection.topic(topic) in found]


def _names(connection: Connection) -> Collection[str]:
    reach = Reach(connection)
    found: Collection[str] = reach.metadata(AdminClient(reach.settings)).topics
    return found


class Follower:
    """Reads whole topics, committed records only, without a consumer group. A context manager.

    The topics lie under the connection's prefix; their names are without it. With a `key` only
    the partitions are read that it is placed on.
    """

    def __init__(
        self,
        connection: Connection,
        codec: Codec,
        topics: Iterable[str],
        *,
        from_start: bool,
        key: str | None = None,
    ) -> None:
        self._connection = connection
        self._reach = Reach(connection)
        self._codec = codec
        self._consumer = self._new_consumer("read_committed")
        self._behind: dict[tuple[str, int], int] = {}
        self._assign(list(topics), from_start, key)

    @property
    def at_end(self) -> bool:
        """Whether every partition has been read to its end at least once."""
        return not self._behind

    def poll(self, timeout: float, most: int = 1_000) -> list[Seen]:
        """What has come, after at most `timeout` seconds. Raises `BrokerError`, `AccessDenied`."""
        seen = []
        for message in arrived(self._consumer, most, timeout):
            error = message.error()
            if error is None:
                seen.append(self._read(message))
            elif error.code() == KafkaError._PARTITION_EOF:
                self._note_end((message.topic(), message.partition()), message.offset())
            elif error.code() == KafkaError.TOPIC_AUTHORIZATION_FAILED or error.fatal():
                name = self._connection.name(message.topic())
                raise self._reach.failure(f"read topic {name}", error)
        return seen

    def follow(self) -> Iterator[Seen]:
        """Records without end."""
        while True:
            yield from self.poll(0.5)

    def to_end(self) -> Iterator[Seen]:
        """Records up to the end as it is now. Raises `BrokerError` when it cannot be reached."""
        limit = time.monotonic() + SILENCE
        while not self.at_end:
            seen = self.poll(0.5)
            yield from seen
            if seen:
                limit = time.monotonic() + SILENCE
            elif time.monotonic() > limit:
                left = ", ".join(f"{topic}[{number}]" for topic, number in sorted(self._behind))
                raise BrokerError(
                    f"nothing has come of {left} for {SILENCE:.0f} s, and there is more: is a "
                    "transaction open there, or has the topic been deleted?"
                )

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
        self._consumer.assign([TopicPartition(self._connection.topic(topic), partition, offset)])
        limit = time.monotonic() + FETCH_TIMEOUT
        while time.monotonic() < limit:
            message = self._consumer.poll(0.5)
            if message is not None and message.error() is None:
                return message if message.offset() == offset else None
            if message is not None and message.error().code() == KafkaError._PARTITION_EOF:
                return None
        raise BrokerError(f"{topic}[{partition}] at {offset} could not be read")

    def _assign(self, topics: list[str], from_start: bool, key: str | None) -> None:
        # A whole topic has what was committed behind a transaction that is open now; "the next"
        # begins with what that one will commit.
        isolation_level = "read_uncommitted" if from_start else "read_committed"
        offsets = []
        with closing(self._new_consumer(isolation_level)) as ends:
            for name in topics:
                topic = self._connection.topic(name)
                numbers = self._partitions(name, topic)
                if key is not None:
                    numbers = [partition_of(key.encode(), len(numbers))]
                for number in numbers:
                    low, high = self._ends(ends, name, topic, number)
                    offsets.append(TopicPartition(topic, number, low if from_start else high))
                    self._behind[topic, number] = high
        self._consumer.assign(offsets)

    def _note_end(self, place: tuple[str, int], offset: int) -> None:
        if offset >= self._behind.get(place, 0):
            self._behind.pop(place, None)

    def _new_consumer(self, isolation_level: str) -> Consumer:
        return Consumer(
            {
                **self._reach.settings,
                "group.id": "baton-follower",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": isolation_level,
                "fetch.wait.max.ms": 20,
            }
        )

    def _partitions(self, name: str, topic: str) -> list[int]:
        found = self._reach.metadata(self._consumer, topic).topics[topic]
        if found.error is None:
            return list(found.partitions)
        if found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise self._absent(name)
        raise self._reach.failure(f"read topic {name}", found.error)

    def _absent(self, name: str) -> BatonError:
        """What is wrong where a topic is not there: it has not been made, or it is no name of one.

        Which routes there are is the policy's to say, so theirs are those that the broker has.
        """
        if name in TOPICS or not name.startswith(FAMILY):
            hint = "; `baton topics apply` makes it" if name in TOPICS else " on the broker"
            return BrokerError(f"there is no topic {name}{hint}")
        there = map(self._connection.name, self._reach.metadata(self._consumer).topics)
        routes = sorted(topic for topic in there if topic.startswith(ROUTE_PREFIX))
        known = tuple(topic.removeprefix(FAMILY) for topic in (*TOPICS, *routes))
        made = " (`baton topics apply` makes those of the policy's routes)"
        return InputError(
            f"there is no topic {name}; {nearest(name.removeprefix(FAMILY), known)}"
            f"{made if name.startswith(ROUTE_PREFIX) else ''}"
        )

    def _ends(self, ends: Consumer, name: str, topic: str, number: int) -> tuple[int, int]:
        try:
            return ends_of(ends, topic, number, ANSWER_TIMEOUT)
        except KafkaException as error:
            raise self._reach.failure(f"read topic {name}", error.args[0]) from error

    def _read(self, message: Message) -> Seen:
        topic, timestamp = self._connection.name(message.topic()), message.timestamp()[1]
        value, record, problem = message.value(), None, None
        if value is not None:
            try:
                record = self._codec.decode(topic, value, message.headers() or (), timestamp)
            except BadRecord as bad:
                problem = str(bad)
        key = (message.key() or b"").decode(errors="replace")
        return Seen(topic, message.partition(), message.offset(), timestamp, key, record, problem)
