"""Timing from outside, the same for every contender: by what its group has committed."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass

from tests.bench.broker import GroupOffsets
from tests.bench.contenders import Run
from tests.bench.processes import Worker

POLL = 0.02
"""Seconds between looks at the committed offsets."""

WARM_UP = 0.25
"""Share of the records that are over before the clock starts.

The clock starts and stops when a commit is seen, so what is done behind a commit under way counts
twice or not at all unless all commits take as long: a group's first ones, and a JVM's, do not.
"""


@dataclass(frozen=True)
class Sample:
    """Where a group stood at a time."""

    records: int
    at: float
    cpu_seconds: float


@dataclass(frozen=True)
class Span:
    """The work between two samples."""

    records: int
    seconds: float
    cpu_seconds: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.records / self.seconds

    @property
    def cpu_per_million(self) -> float:
        """CPU-seconds of the workers per million messages; the broker's are not in it."""
        return self.cpu_seconds / self.records * 1e6


def between(first: Sample, last: Sample) -> Span:
    """What was done between two samples, of which the first has fewer records."""
    return Span(
        last.records - first.records,
        last.at - first.at,
        last.cpu_seconds - first.cpu_seconds,
    )


def measure(
    run: Run,
    workers: Sequence[Worker],
    stop: int,
    done_before: int = 0,
    timeout: float = 600.0,
) -> Span:
    """Time a group over the records from `done_before` to `stop`, without the warm-up.

    The start of the processes and their joining count for none of them. Raises `TimeoutError`, and
    `RuntimeError` when a worker ends.
    """
    start = done_before + round(WARM_UP * (stop - done_before))
    source = run.source
    with closing(GroupOffsets(source.broker.bootstrap, run.group, source.topic)) as offsets:

        def sample() -> Sample:
            records = offsets.committed()
            cpu = sum(worker.cpu_seconds() for worker in workers)
            return Sample(records, time.monotonic(), cpu)

        first = _wait(sample, lambda found: found.records >= start, workers, timeout)
        if first.records >= stop:
            raise RuntimeError(
                f"{run.contender.name} had done {stop} records at once: give it more"
            )
        last = _wait(sample, lambda found: found.records >= stop, workers, timeout)
    return between(first, last)


def _wait(
    sample: Callable[[], Sample],
    holds: Callable[[Sample], bool],
    workers: Sequence[Worker],
    timeout: float,
) -> Sample:
    limit = time.monotonic() + timeout
    while not holds(found := sample()):
        for worker in workers:
            worker.check()
        if time.monotonic() > limit:
            raise TimeoutError(f"{found.records} records after {timeout:.0f} s; {workers[0].log}")
        time.sleep(POLL)
    return found
