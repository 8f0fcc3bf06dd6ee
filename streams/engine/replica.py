"""A read-only copy of a compacted topic on every worker."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, Message

from streams.engine.access import Contact
from streams.engine.arrived import arrived
from streams.engine.compacted import watermarks, why_unfit
from streams.engine.config import EngineConfig, wall_clock
from streams.engine.entries import Decode, Entries, entry_key, next_key
from streams.engine.errors import Aborted, BrokerFailed, TopicMismatch
from streams.engine.incarnation import topic_id
from streams.engine.position import encode_offset
from streams.engine.record import SourceRecord, record_of
from streams.engine.topics import partition_count

log = logging.getLogger(__name__)

T = TypeVar("T")

Unreadable = Callable[[SourceRecord], None]
"""Takes a record whose value cannot be read, on the copy's own thread."""

READ_AT_ONCE = 5_000
STOP_TIMEOUT = 3.0
ABORT_SEEN = 0.1
"""Seconds after which a wait sees that it is in vain."""
MOST_WAITING = 10
"""Reads that may wait for `refresh`; then no more is fetched."""


class Replica(Generic[T]):
    """The latest value of every key of a topic.

    A thread of its own reads the topic into a local store, from where the store stands. What it
    reads is seen only after `refresh`, which the agent calls between batches, and the engine when
    there are none: within a batch the copy does not change. `wait_complete` returns once everything
    that lay in the topic at the start has been read. A failure of the thread ends the process, as
    all failures of the engine do. What cannot be read is handed to `unreadable`, where that is set
    before the start; after a restart perhaps again.
    """

    def __init__(self, config: EngineConfig, topic: str, decode: Decode[T]) -> None:
        self.topic = topic
        self.records = 0
        self.changes = 0
        self.unreadable: Unreadable | None = None
        self._config = config
        self._decode = decode
        path = config.data_dir / config.group / f"replica-{topic}"
        self._entries = Entries(path, topic, decode)
        self._arrived: deque[dict[bytes, bytes | None]] = deque()
        self._complete = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, fail: Callable[[BaseException], None]) -> None:
        """Begin to read; calling it again changes nothing. `fail` ends the process."""
        if self._thread is None:
            name = f"replica {self.topic}"
            self._thread = threading.Thread(target=self._run, args=(fail,), name=name, daemon=True)
            self._thread.start()

    def wait_complete(self, timeout: float, abort: threading.Event) -> None:
        """Block until the copy is complete, however much there is to read.

        Raises `BrokerFailed` when no record has come for `timeout` seconds, `Aborted` when that is
        set meanwhile.
        """
        seen, limit = self.records, time.monotonic() + timeout
        while not self._complete.wait(ABORT_SEEN):
            if abort.is_set():
                raise Aborted
            if self.records > seen:
                seen, limit = self.records, time.monotonic() + timeout
            elif time.monotonic() > limit:
                raise BrokerFailed(
                    f"no record of {self.topic} in {timeout:.0f} s, and more are to come: is the "
                    "broker away, or a transaction open there?"
                )

    def refresh(self) -> None:
        """Take over what has arrived."""
        while self._arrived:
            self._entries.write(self._arrived.popleft())
            self.changes += 1

    def get(self, key: str) -> T | None:
        """The latest value of a key as of the last refresh."""
        return self._entries.get(key)

    def values(self) -> Iterator[T]:
        """The latest value of every key as of the last refresh: for topics with few keys.

        They are other ones only after `changes` has risen.
        """
        return self._entries.values()

    def stop(self) -> None:
        """End the thread and close the store."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT)
            if self._thread.is_alive():
                return  # it waits for a broker that is away; its store is sound as it is
        self._entries.close()

    def _run(self, fail: Callable[[BaseException], None]) -> None:
        try:
            with self._consumer() as consumer:
                self._follow(consumer)
        except BaseException as error:
            fail(error)

    def _follow(self, consumer: Consumer) -> None:
        ends = self._assign(consumer)
        while not self._stopped.is_set():
            if not ends and not self._complete.is_set():
                self._entries.flush()
                log.info("copy of %s complete: %d records read", self.topic, self.records)
                self._complete.set()
            changes = self._changes(arrived(consumer, READ_AT_ONCE, 0.2), ends)
            if changes and self._complete.is_set():
                self._hand_over(changes)
            elif changes:
                self._entries.write(changes)

    def _hand_over(self, changes: dict[bytes, bytes | None]) -> None:
        while len(self._arrived) >= MOST_WAITING and not self._stopped.is_set():
            time.sleep(0.05)
        self._arrived.append(changes)

    def _assign(self, consumer: Consumer) -> dict[int, int]:
        """Start where the store stands; returns the ends to reach, by partition.

        The ends are the high watermarks: a transaction under way lies below them and is waited for.
        """
        count = partition_count(Contact(self._config.connection), consumer, self.topic)
        if not count:
            raise TopicMismatch(f"the topic {self.topic} is missing. Run `baton topics apply`.")
        self._entries.belong_to(topic_id(self._config.connection, self.topic))
        ends = {}
        with self._consumer("read_uncommitted") as uncommitted:
            for stands in self._entries.stands(range(count)):
                low, high = watermarks(uncommitted, self.topic, stands.partition)
                ends[stands.partition] = high
                if reason := why_unfit(uncommitted, stands, low, high, wall_clock()):
                    self._entries.renew(reason)
        consumer.assign(self._entries.stands(range(count)))
        return ends

    def _changes(
        self, messages: Iterable[Message], ends: dict[int, int]
    ) -> dict[bytes, bytes | None]:
        changes: dict[bytes, bytes | None] = {}
        for message in messages:
            error, number = message.error(), message.partition()
            if error is None:
                self.records += 1
                key, value = message.key(), message.value()
                if value is not None and self._decode(value) is None:
                    self._refuse(message)
                elif key is not None:
                    changes[entry_key(key)] = value
                changes[next_key(number)] = encode_offset(message.offset() + 1)
            elif error.code() == KafkaError._PARTITION_EOF:
                if message.offset() >= ends.get(number, 0):
                    ends.pop(number, None)
            elif not error.retriable():
                raise KafkaException(error)
        return changes

    def _refuse(self, message: Message) -> None:
        if self.unreadable is not None:
            self.unreadable(record_of(message, self._config.connection.name(self.topic)))

    @contextmanager
    def _consumer(self, isolation_level: str = "read_committed") -> Iterator[Consumer]:
        consumer = Consumer(
            {
                **self._config.librdkafka(),
                # Never joined: a reader must have one, and this one it may have.
                "group.id": self._config.group,
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": isolation_level,
                "auto.offset.reset": "earliest",
                "fetch.queue.backoff.ms": 5,
            }
        )
        try:
            yield consumer
        except KafkaException as error:
            what = f"read topic {self.topic}"
            raise Contact(self._config.connection).failure(what, error.args[0]) from error
        finally:
            consumer.close()
