"""A steady stream of records, each stamped with the time it was produced."""

import struct
import time

from confluent_kafka import Producer

from tests.bench.feed import Source, key_of

STAMP_BYTES = 8


class Load:
    """Produces `rate` records a second from its making on; the caller calls `send` all the time."""

    def __init__(self, source: Source, rate: float) -> None:
        self._topic = source.topic
        self._keys = source.feed.keys
        self._rate = rate
        self._producer = Producer(
            {
                **source.broker.client(),
                "linger.ms": 1,
                "partitioner": "murmur2_random",
            }
        )
        self._started = time.monotonic()
        self.sent = 0

    def send(self) -> None:
        """Produce what is due."""
        due = int((time.monotonic() - self._started) * self._rate) + 1
        while self.sent < due:
            # A prime step spreads neighbouring records over all keys.
            key = key_of(self.sent * 7_919 % self._keys)
            self._producer.produce(self._topic, stamp(), key)
            self.sent += 1
        self._producer.poll(0)

    def finish(self) -> None:
        """Wait until the broker has all."""
        if self._producer.flush(30):
            raise RuntimeError(f"cannot produce to {self._topic}")


def stamp() -> bytes:
    """The present as a value."""
    return struct.pack(">d", time.monotonic())


def stamp_of(value: bytes) -> float:
    """The time of the stamp at the end of a value, on the clock of `time.monotonic`."""
    made: float = struct.unpack(">d", value[-STAMP_BYTES:])[0]
    return made
