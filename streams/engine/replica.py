"""A read-only copy of a compacted topic on every worker."""

import logging
import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

from confluent_kafka import Consumer, KafkaError, Message, TopicPartition

from streams.engine.config import EngineConfig
from streams.engine.errors import BrokerFailed, TopicMismatch

log = logging.getLogger(__name__)

T = TypeVar("T")

Decode = Callable[[bytes], T | None]
"""Reads a value; None when it cannot be read, which leaves the key as it was."""


class Replica(Generic[T]):
    """The latest value of every key of a topic, decoded.

    A thread of its own reads the topic; what it reads is seen only after `refresh`, which the agent
    calls between batches: within a batch the copy does not change. `wait_complete` returns once
    everything up to the end of the topic at the start has been read.
    """

    def __init__(self, config: EngineConfig, topic: str, decode: Decode[T]) -> None:
        self.topic = topic
        self._config = config
        self._decode = decode
        self._values: dict[str, T] = {}
        self._arrived: deque[tuple[str, bytes | None]] = deque()
        self._complete = threading.Event()
        self._stopped = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"replica {topic}", daemon=True)

    def __len__(self) -> int:
        return len(self._values)

    def start(self) -> None:
        """Begin to read; calling it again changes nothing."""
        if not self._thread.is_alive() and not self._stopped.is_set():
            self._thread.start()

    def wait_complete(self, timeout: float) -> None:
        """Block until the copy is complete. Raises `BrokerFailed` after `timeout` seconds."""
        if not self._complete.wait(timeout):
            raise BrokerFailed(f"{self.topic} could not be read to its end in {timeout:.0f} s")
        if self._failure is not None:
            raise self._failure
        self.refresh()

    def refresh(self) -> None:
        """Take over what has arrived."""
        while self._arrived:
            key, data = self._arrived.popleft()
            if data is None:
                self._values.pop(key, None)
            elif (value := self._decode(data)) is not None:
                self._values[key] = value

    def get(self, key: str) -> T | None:
        """The latest value of a key as of the last refresh."""
        return self._values.get(key)

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()

    def _run(self) -> None:
        consumer = Consumer(
            {
                **self._config.librdkafka(),
                # Never joined: a reader must have one, and this one it may have.
                "group.id": self._config.group,
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "auto.offset.reset": "earliest",
            }
        )
        try:
            behind = self._assign(consumer)
            while not self._stopped.is_set():
                if not behind:
                    self._complete.set()
                for message in consumer.consume(5_000, 0.2):
                    self._take(message, behind)
        except Exception as error:
            log.error("the copy of %s has stopped: %s", self.topic, error)
            self._failure = error
            self._complete.set()
        finally:
            consumer.close()

    def _assign(self, consumer: Consumer) -> set[int]:
        found = consumer.list_topics(self.topic, timeout=30).topics[self.topic]
        if found.error is not None or not found.partitions:
            raise TopicMismatch(f"the topic {self.topic} is missing. Run `baton topics apply`.")
        consumer.assign([TopicPartition(self.topic, number, 0) for number in found.partitions])
        return set(found.partitions)

    def _take(self, message: Message, behind: set[int]) -> None:
        error = message.error()
        if error is None:
            key = message.key()
            if key is not None:
                self._arrived.append((key.decode(errors="replace"), message.value()))
        elif error.code() == KafkaError._PARTITION_EOF:
            behind.discard(message.partition())
        else:
            log.warning("%s: %s", self.topic, error.str())
