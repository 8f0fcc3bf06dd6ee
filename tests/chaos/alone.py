"""An agent by itself: one record after the other in memory, without Kafka, store or checkpoints."""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple, cast

from streams.engine import Batch, Handler, SourceRecord, Timer
from streams.engine.record import Headers
from tests.chaos.verify import TIMER

SET = b"\x01"
"""The value of a timer's key."""


class Written(NamedTuple):
    """A record that the agent wrote."""

    topic: str
    key: bytes | None
    value: bytes | None


class Alone:
    """One partition of an agent's sources. What the engine promises is said here a second time.

    It does what `Batch` does and stands in for one, of a single record at a time.
    """

    def __init__(self, handler: Handler, number: int, partitions: int) -> None:
        self.partition = number
        self.partitions = partitions
        self.time = 0
        self.state: dict[bytes, bytes] = {}
        self.written: list[Written] = []
        self._handler = handler
        self._timers: list[Timer] = []

    def run(self, records: Iterable[SourceRecord]) -> None:
        """Handle records in their order."""
        for record in records:
            self._handler.records(cast(Batch, self), [record])

    def now(self, record: SourceRecord) -> int:
        """As `Batch.now`."""
        self.time = max(self.time, record.timestamp)
        return self.time

    def due(self, now: int) -> Iterator[Timer]:
        """As `Batch.due`."""
        while self._timers and self._timers[0].due < now:
            timer = heapq.heappop(self._timers)
            if self.state.pop(_key(timer), None) is not None:
                yield timer

    def set_timer(self, timer: Timer, *, new: bool = False) -> None:
        """As `Batch.set_timer`."""
        if _key(timer) not in self.state:
            self.state[_key(timer)] = SET
            heapq.heappush(self._timers, timer)

    def clear_timer(self, timer: Timer) -> None:
        """As `Batch.clear_timer`."""
        del self.state[_key(timer)]

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """As `Batch.get_many`."""
        return [self.state.get(key) for key in keys]

    def scan(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """As `Batch.scan`."""
        return ((key, self.state[key]) for key in sorted(self.state) if start <= key < end)

    def put(self, key: bytes, value: bytes | None) -> None:
        """As `Batch.put`."""
        if value is None:
            self.state.pop(key, None)
        else:
            self.state[key] = value

    def emit(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        stamp: int | None = None,
    ) -> None:
        """As `Batch.emit`."""
        self.written.append(Written(topic, key, value))


def by_topic(alone: Iterable[Alone]) -> dict[str, list[Written]]:
    """What several partitions wrote, topic by topic."""
    found: dict[str, list[Written]] = defaultdict(list)
    for one in alone:
        for written in one.written:
            found[written.topic].append(written)
    return found


def _key(timer: Timer) -> bytes:
    return TIMER + timer.due.to_bytes(8, "big") + timer.key
