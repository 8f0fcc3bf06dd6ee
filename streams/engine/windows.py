"""Event-time windows over plain state.

The state of a key is `Panes`, that of a partition's inputs `Watermarks`: both are plain values that
an agent keeps with `Batch.put`, so they are as exact as all state is, through restarts and
rebalances. Nothing here reads a clock. Times and durations are in milliseconds.

Terms as in T. Akidau et al., "The Dataflow Model", VLDB 2015; panes as in J. Li et al., "No pane,
no gain", SIGMOD Record 34 (2005).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

import msgspec

V = TypeVar("V")
A = TypeVar("A")


class Heard(msgspec.Struct, frozen=True, array_like=True):
    """An input's own watermark, and when it was last heard of by the reader's time."""

    watermark: int
    at: int


class Watermarks(msgspec.Struct, array_like=True):
    """How far several inputs have come together: the least of them, idle ones left out.

    An input that has not been heard of for longer than `idle_after` no longer holds the others up.
    The common watermark never falls: what an input that comes back still has from before is late.
    """

    inputs: dict[str, Heard] = {}
    reached: int = 0

    def hear(self, name: str, watermark: int, now: int) -> None:
        """An input says that nothing before its `watermark` is to come from it.

        Event time is never later than the reader's: a watermark of the future would make late all
        that is still to come.
        """
        before, watermark = self.inputs.get(name), min(watermark, now)
        latest = watermark if before is None else max(before.watermark, watermark)
        self.inputs[name] = Heard(latest, now)

    def advance(self, now: int, idle_after: int) -> int:
        """The common watermark at `now`."""
        awake = [one.watermark for one in self.inputs.values() if now - one.at <= idle_after]
        self.reached = max(self.reached, min(awake, default=self.reached))
        return self.reached


class Panes(msgspec.Struct, Generic[A], array_like=True):
    """What has come of a key: one aggregate a pane, by the pane's start.

    Windows that end at `closed` or before have had their final result.
    """

    values: dict[int, A] = {}
    closed: int = 0


class Result(NamedTuple, Generic[A]):
    """The aggregate of start <= time < end."""

    start: int
    end: int
    value: A


@dataclass(frozen=True)
class Windows(Generic[V, A]):
    """Windows of `size` that begin every `step`: tumbling when both are equal, else sliding.

    `step` divides `size`. A window is final once the watermark has passed its end by `lateness`.
    `add` and `merge` give new aggregates; `merge` is associative, and the order in which values are
    added must not matter.
    """

    size: int
    step: int
    lateness: int
    zero: Callable[[], A]
    add: Callable[[A, V], A]
    merge: Callable[[A, A], A]

    def __post_init__(self) -> None:
        if self.step < 1 or self.size < self.step or self.size % self.step or self.lateness < 0:
            raise ValueError(f"a step of {self.step} does not divide a size of {self.size}")

    def take(self, panes: Panes[A], time: int, value: V, watermark: int) -> bool:
        """Count a value where it belongs; False when it is late: its last window is final."""
        start, until = time // self.step * self.step, watermark - self.lateness
        if not panes.values:
            # What ended before the first value of a key is as final as where there were some.
            panes.closed = max(panes.closed, until)
        if start + self.size <= max(panes.closed, until):
            return False
        before = panes.values.get(start)
        panes.values[start] = self.add(self.zero() if before is None else before, value)
        return True

    def early(self, panes: Panes[A]) -> Iterator[Result[A]]:
        """The windows that are not final, as they stand, in order; windows without values not."""
        return self._results(panes, None)

    def final(self, panes: Panes[A], watermark: int) -> list[Result[A]]:
        """Results that nothing can change any more, each given once, in order.

        Panes that no window needs any more are dropped.
        """
        until = watermark - self.lateness
        results = list(self._results(panes, until))
        panes.closed = max(panes.closed, until)
        for start in [start for start in panes.values if start + self.size <= panes.closed]:
            del panes.values[start]
        return results

    def due(self, panes: Panes[A]) -> int | None:
        """The watermark at which the next window is final, None without values."""
        ends = (self._first_open(start, panes.closed) for start in panes.values)
        first = min(ends, default=None)
        return None if first is None else first + self.lateness

    def _first_open(self, pane: int, closed: int) -> int:
        """The end of the first window over a pane that ends after `closed`."""
        return max(pane + self.step, (closed // self.step + 1) * self.step)

    def _results(self, panes: Panes[A], until: int | None) -> Iterator[Result[A]]:
        ends = {
            end
            for start in panes.values
            for end in range(start + self.step, start + self.size + 1, self.step)
            if end > panes.closed and (until is None or end <= until)
        }
        for end in sorted(ends):
            value = self.zero()
            for start in range(end - self.size, end, self.step):
                if start in panes.values:
                    value = self.merge(value, panes.values[start])
            yield Result(end - self.size, end, value)
