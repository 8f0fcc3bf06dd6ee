"""Feeds topics at a steady rate, whatever becomes of the broker meanwhile."""

import random
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import NamedTuple

import msgspec
from confluent_kafka import Producer

from tests.chaos.names import POISON

FLUSH_TIMEOUT = 300.0
FLUSH_MILLISECONDS = int(FLUSH_TIMEOUT * 1000)


class Fed(NamedTuple):
    """A record to feed to the topic of that number; a `timestamp` of 0 is the producer's clock."""

    key: bytes
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()
    timestamp: int = 0
    topic: int = 0


def numbered(keys: int, seed: int = 7) -> Iterator[Fed]:
    """Records of keys by chance and of each in turn; values number the records of a key from 1.

    So there is one of every key among any `2 * keys` of them.
    """
    chooser = random.Random(seed)
    numbers = [0] * keys
    for turn in cycle(range(keys)):
        for key in (turn, chooser.randrange(keys)):
            numbers[key] += 1
            yield Fed(f"T{key:05}".encode(), msgspec.json.encode({"n": numbers[key]}))


def poisoned(records: Iterator[Fed], every: int) -> Iterator[Fed]:
    """The records, and behind every so many of them one of the same key whose handling raises: in
    turns before it has done anything, and when it has done it all.
    """
    for number, record in enumerate(records, 1):
        yield record
        if number % every == 0:
            late = number // every % 2 == 0
            value = msgspec.json.encode({"n": 0, POISON: number})
            yield Fed(record.key, value if late else f"{POISON} {number}".encode())


class Feed:
    """Produces records at a steady rate (records a second) in a thread of its own.

    The producer is idempotent and waits for a broker that is away, up to `FLUSH_TIMEOUT` seconds:
    records arrive once and in their key's order.
    """

    def __init__(
        self, bootstrap: str, topics: Sequence[str], records: Iterator[Fed], rate: int
    ) -> None:
        self._topics = topics
        self._records = records
        self._rate = rate
        self._least = 0
        self._most: int | None = None
        self._wanted = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.produced = 0
        self._producer = Producer(
            {
                "bootstrap.servers": bootstrap,
                "linger.ms": 5,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "queue.buffering.max.messages": 2_000_000,
                "message.timeout.ms": FLUSH_MILLISECONDS,
                "log_level": 0,
                **self.settings(),
            }
        )

    def settings(self) -> dict[str, str | int]:
        """What is set of the producer beside."""
        return {}

    def start(self, most: int | None = None) -> "Feed":
        """Begin; ends by itself after `most` records."""
        self._most = most
        self._thread.start()
        return self

    @property
    def running(self) -> bool:
        """Whether there is more to come."""
        return self._thread.is_alive()

    def finish(self, least: int = 0) -> int:
        """End once that many records were produced, and wait for it; returns how many there are."""
        self._least = least
        self._wanted.set()
        self._thread.join()
        return self.produced

    def _over(self) -> bool:
        if self._most is not None:
            return self.produced >= self._most
        return self._wanted.is_set() and self.produced >= self._least

    def _run(self) -> None:
        self._open()
        started = time.monotonic()
        while not self._over():
            key, value, headers, timestamp, topic = next(self._records)
            self._producer.produce(
                self._topics[topic], value, key, headers=list(headers), timestamp=timestamp
            )
            self.produced += 1
            if self.produced % 20 == 0:
                self._rest()
                time.sleep(max(0.0, started + self.produced / self._rate - time.monotonic()))
        self._close()

    def _open(self) -> None:
        pass

    def _rest(self) -> None:
        self._producer.poll(0)

    def _close(self) -> None:
        # What it has not taken by then is not on the topic, and nobody expects it to be.
        self._producer.flush(FLUSH_TIMEOUT)


class TransactionalFeed(Feed):
    """Commits every twenty records, and aborts as many others behind them that nobody may count."""

    def settings(self) -> dict[str, str | int]:
        return {
            "transactional.id": f"feed-{self._topics[0]}",
            "transaction.timeout.ms": FLUSH_MILLISECONDS,
        }

    def _open(self) -> None:
        self._producer.init_transactions()
        self._producer.begin_transaction()

    def _rest(self) -> None:
        self._producer.commit_transaction()
        self._producer.begin_transaction()
        for number in range(20):
            self._producer.produce(self._topics[0], b'{"n": 0}', f"T{number:05}".encode())
        # What has not reached the broker would leave nothing there to pass over.
        self._producer.flush(FLUSH_TIMEOUT)
        self._producer.abort_transaction()
        self._producer.begin_transaction()

    def _close(self) -> None:
        self._producer.commit_transaction()
