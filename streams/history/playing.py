"""Puts a history onto a broker, as a chat platform would have."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from schemas.codec import BadRecord, Codec, Tombstone
from schemas.records import Millis, Record
from schemas.topics import PARTITIONER
from schemas.validation import validated
from streams.engine import Connection
from streams.errors import BrokerError, InputError
from streams.history.files import Event, time_of
from streams.security import Reach

R = TypeVar("R", bound=Record)

LARGEST = 2_000_000
"""Bytes of a record: the client's own default is less than Kafka's 1,048,588 for topics."""

Sleep = Callable[[float], None]


def checked(record: R) -> R:
    """The record. Raises `InputError` where those who read its topic would refuse it."""
    try:
        return validated(record)
    except BadRecord as bad:
        raise InputError(str(bad)) from bad


@dataclass(frozen=True)
class Pace:
    """How fast a history is played: `speed` 60 plays a minute in a second, None does not wait."""

    speed: float | None

    def wait_until(self, sent: Millis, first: Millis, started: float, sleep: Sleep) -> None:
        """Sleep until an event of the history is due."""
        if self.speed is not None:
            due = started + (sent - first) / 1000 / self.speed
            sleep(max(0.0, due - time.monotonic()))


class Player:
    """Produces events with their own times as the records' time stamps.

    The times count only where the topic keeps them (`message.timestamp.type=CreateTime`, as
    `baton topics apply --dev` makes it); elsewhere the broker stamps its own. Raises `BrokerError`
    when no broker answers, `AccessDenied` when it refuses us.
    """

    def __init__(self, connection: Connection, codec: Codec) -> None:
        self._codec = codec
        self._connection = connection
        self._reach = Reach(connection)
        self._refused: KafkaError | None = None
        self._topics: dict[str, None] = {}  # written so far, by their names on the broker
        self._producer = Producer(
            {
                **self._reach.settings,
                "partitioner": PARTITIONER,
                "enable.idempotence": True,
                "linger.ms": 5,
                "queue.buffering.max.messages": 200_000,
                # The broker says what is too large: a record that it gave us it takes back.
                "message.max.bytes": LARGEST,
                "on_delivery": self._delivered,
            }
        )
        self._reach.metadata(self._producer)

    def play(
        self, events: Iterable[Event], pace: Pace, sleep: Sleep = time.sleep
    ) -> Iterator[Event]:
        """Produce the events at the pace, giving each as it goes. Raises `BrokerError`."""
        started, first = time.monotonic(), None
        for event in events:
            sent = time_of(event)
            first = sent if first is None else first
            if pace.speed is not None:
                self.wait(0)
                pace.wait_until(sent, first, started, sleep)
            self.send(event, sent)
            yield event
        self.flush()

    def send(self, record: Record | Tombstone, timestamp: Millis) -> None:
        """Produce one record. Raises `BrokerError` when an earlier one was refused."""
        made = self._codec.encode(record)
        self.produce(made.topic, made.key, made.value, made.headers, timestamp)

    def produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Iterable[tuple[str, bytes | None]],
        timestamp: Millis = 0,
    ) -> None:
        """Produce bytes; a time stamp of 0 is the present. Raises `BrokerError` like `send`."""
        self._check()
        name = self._connection.topic(topic)
        self._topics[name] = None
        while True:
            try:
                self._producer.produce(
                    name,
                    value,
                    key,
                    headers=list(headers),
                    timestamp=timestamp,
                )
                self._producer.poll(0)
                return
            except BufferError:
                self.wait(0.1)
            except KafkaException as error:
                raise self._failure(error.args[0]) from error

    def wait(self, seconds: float) -> None:
        """Let time pass while what was sent goes out."""
        self._serve(self._producer.poll, max(0.0, seconds))

    def flush(self, timeout: float = 60.0) -> None:
        """Wait until the broker has everything. Raises `BrokerError` when it has not in time."""
        left = self._serve(self._producer.flush, timeout)
        self._check()
        if left:
            raise BrokerError(f"the broker has not taken {left} records within {timeout:.0f} s")

    def _serve(self, call: Callable[[float], int], seconds: float) -> int:
        try:
            return call(seconds)
        except KafkaException as error:  # the client is of no use any more
            raise self._failure(error.args[0]) from error

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._refused = error

    def _check(self) -> None:
        if self._refused is not None:
            raise self._failure(self._refused)

    def _failure(self, error: KafkaError) -> Exception:
        written = ", ".join(self._topics)
        what = f"write topic {written}" if written else "write a record"
        return self._reach.failure(what, self._reach.reason(self._producer, error))
