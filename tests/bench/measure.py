"""Timing from outside, the same for every contender: by what its group has committed."""

import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass

from tests.bench.broker import GroupOffsets
from tests.bench.contenders import Run
from tests.bench.processes import Worker

POLL = 0.02
"""Seconds between looks at the committed offsets."""

WARM_UP = 0.25
"""Share of the records that may be done before the clock starts.

The clock starts and stops at commits. What was done, but not committed, when it started is a gift,
so it starts where commits have become regular: the first ones of a group take long, and a JVM is
slow at first.
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
    commits: int = 0

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.records / self.seconds

    @property
    def cpu_per_million(self) -> float:
        """CPU-seconds of the workers per million messages; the broker's are not in it."""
        return self.cpu_seconds / self.records * 1e6

    @property
    def commits_per_second(self) -> float:
        """How often commits were seen: all are told the same interval, not all keep to it."""
        return self.commits / self.seconds


def between(first: Sample, last: Sample, commits: int = 0) -> Span:
    """What was done between two samples, of which the first has fewer records."""
    return Span(
        last.records - first.records,
        last.at - first.at,
        last.cpu_seconds - first.cpu_seconds,
        commits,
    )


def measure(
    run: Run,
    workers: Sequence[Worker],
    stop: int,
    done_before: int = 0,
    timeout: float = 600.0,
) -> Span:
    """Time a group over the records from `done_before` to `stop`, without the warm-up.

    The clock starts at the last commit within the warm-up, or when all have joined the group if
    there is none; the start of the processes never counts. Raises `TimeoutError`, and
    `RuntimeError` when a worker ends.
    """
    source, limit = run.source, time.monotonic() + timeout
    with closing(GroupOffsets(source.broker, run.group, source.topic)) as offsets:

        def sample() -> Sample:
            cpu = sum(worker.cpu_seconds() for worker in workers)
            return Sample(offsets.committed(), time.monotonic(), cpu)

        run.await_joined(workers)
        first = last = sample()
        begin = max(done_before, first.records)
        warm = begin + WARM_UP * (stop - begin)
        commits = 0
        while last.records < stop:
            time.sleep(POLL)
            for worker in workers:
                worker.check()
            now = sample()
            if last.records < now.records:
                commits += 1
                if now.records <= warm:
                    first, commits = now, 0
            last = now
            if now.at > limit:
                raise TimeoutError(
                    f"{now.records} records after {timeout:.0f} s, see {workers[0].log}"
                )
    return between(first, last, commits)
