"""What waiting costs: ticks of the clock over a partition with many open deadlines, without Kafka.

No tick may look at them all: only those of the next minutes are in memory. `nothing due` is a tick
a second for ten minutes while every deadline lies later; `each due` is a timer that fires, with the
deadlines spread evenly over a day.
"""

import time
from collections.abc import Iterator
from pathlib import Path

from streams.engine import Timer
from streams.engine.timers import timer_key
from tests.bench.broker import OpenBroker
from tests.bench.report import say
from tests.bench.results import Result
from tests.engine.records import batch, checkpoint, partition

FULL, QUICK = (1_000, 100_000, 1_000_000), (1_000, 100_000)
"""Open deadlines."""

SECOND, TICKS = 1_000, 600
DAY = 86_400_000
START = 1_767_603_600_000
CHUNK = 50_000


def run(_: OpenBroker, folder: Path, sizes: tuple[int, ...]) -> list[Result]:
    """Microseconds a tick and a timer, at every number of deadlines."""
    return [result for count in sizes for result in _measure(folder / f"timers-{count}", count)]


def _measure(folder: Path, count: int) -> Iterator[Result]:
    window = TICKS * SECOND
    nothing, fired = _ticks(folder / "later", count, START + 2 * window)
    assert fired == 0
    spread, fired = _ticks(folder / "spread", count, START)
    say(f"timers: {count:,} open: {nothing:,.1f} us a tick, {fired:,} due within ten minutes")
    yield Result("timers", f"{count:,} open, nothing due", (nothing,), "us/tick")
    if fired:
        each = (spread - nothing) * TICKS / fired
        yield Result("timers", f"{count:,} open, each due", (max(each, 0.0),), "us/timer")


def _ticks(folder: Path, count: int, earliest: int) -> tuple[float, int]:
    """CPU microseconds a tick, and how many timers fired."""
    owner = partition(folder)
    for start in range(0, count, CHUNK):
        some = range(start, min(start + CHUNK, count))
        timers = (Timer(earliest + number * DAY // count, b"t%d" % number) for number in some)
        owner.store.write({timer_key(timer): b"" for timer in timers})
    fired, started = 0, time.thread_time()
    for number in range(TICKS):
        now = START + number * SECOND
        made = batch(owner, tick=now)
        fired += sum(1 for _ in made.due(now))
        made.finish()
        checkpoint(owner)
    took = time.thread_time() - started
    owner.store.destroy()
    return 1e6 * took / TICKS, fired
