"""Deadlines of a partition: ordered keys in the store, only the next minutes in memory."""

import heapq
from collections.abc import Callable, Iterable
from typing import NamedTuple

TIMER_PREFIX = b"\x01"
SET, NEW = b"\x01", b"\x02"
"""The value of a timer's key; nothing was there before the batch that writes NEW."""
HORIZON = 600_000
"""How far ahead timers are held in memory, in milliseconds. A look ahead goes over all that has
changed since the last checkpoint: where a history is played in minutes, there must not be many."""
LOOKED_AT = 10_000
"""Timers that a look ahead takes, and those of the last one's time: a million may be overdue."""


class Timer(NamedTuple):
    """The deadline `due` (milliseconds) of a key."""

    due: int
    key: bytes


def timer_key(timer: Timer) -> bytes:
    """The store key of a timer; key order is time order."""
    return TIMER_PREFIX + timer.due.to_bytes(8, "big") + timer.key


def timer_bound(due: int) -> bytes:
    """The store key below which lies every timer before `due`."""
    return TIMER_PREFIX + due.to_bytes(8, "big")


def read_timer_key(key: bytes) -> Timer:
    """The timer that a store key stands for."""
    return Timer(int.from_bytes(key[1:9], "big"), key[9:])


Scan = Callable[[bytes, bytes], Iterable[bytes]]
"""The keys of the store with start <= key < end, changes not yet written included."""


class Timers:
    """What is due next in a partition.

    The owner writes the timers' keys to its state and says `add` and `remove` for each; this class
    only finds the next one without looking at all. A million timers cost nothing until their
    time is near.
    """

    def __init__(self, scan: Scan) -> None:
        self._scan = scan
        self._horizon = 0
        self._heap: list[Timer] = []
        self._live: set[Timer] = set()

    def add(self, timer: Timer) -> None:
        """A timer was set."""
        if timer.due < self._horizon and timer not in self._live:
            self._live.add(timer)
            heapq.heappush(self._heap, timer)

    def remove(self, timer: Timer) -> None:
        """A timer fired or was taken back."""
        self._live.discard(timer)

    def reset(self) -> None:
        """Forget what is in memory and look into the store again."""
        self._horizon = 0
        self._heap.clear()
        self._live.clear()

    def first_before(self, time: int) -> Timer | None:
        """The earliest timer with due < time."""
        while (first := self._first()) is None and self._horizon < time:
            self._look_ahead(time + HORIZON)
        return None if first is None or first.due >= time else first

    def _first(self) -> Timer | None:
        heap = self._heap
        while heap and heap[0] not in self._live:
            heapq.heappop(heap)
        return heap[0] if heap else None

    def _look_ahead(self, until: int) -> None:
        last = 0
        for number, key in enumerate(self._scan(timer_bound(self._horizon), timer_bound(until))):
            timer = read_timer_key(key)
            if number >= LOOKED_AT and timer.due > last:
                until = timer.due
                break
            last = timer.due
            self._live.add(timer)
            heapq.heappush(self._heap, timer)
        self._horizon = until
