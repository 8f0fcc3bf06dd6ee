"""How the engine's rate changes as one thing grows at a time, and what it costs the broker."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.broker import OpenBroker
from tests.bench.contenders import BATON, TWO_BATONS, Contender, Work, new_run
from tests.bench.feed import Feed, fill
from tests.bench.load import Load
from tests.bench.measure import Span, measure
from tests.bench.report import say
from tests.bench.results import Result

MANY_PARTITIONS = 64

# The name of a deleted topic is not free at once.
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Point:
    """A feed and who counts it."""

    what: str
    feed: Feed
    contender: Contender = BATON


@dataclass(frozen=True)
class Sizes:
    """What grows from `base`, each by itself; then the low rates (records a second)."""

    base: Feed
    partitions: tuple[int, ...]
    keys: tuple[int, ...]
    value_bytes: tuple[int, ...]
    worker_records: int
    rates: tuple[int, ...]
    seconds: float
    rounds: int

    def points(self) -> Iterator[Point]:
        """All that is measured at full speed."""
        base = self.base
        for count in self.partitions:
            yield Point(f"{count} partitions", replace(base, partitions=count))
        for keys in self.keys:
            yield Point(f"{keys:,} keys", replace(base, keys=keys))
        for size in self.value_bytes:
            yield Point(f"{size:,} B", replace(base, value_bytes=size))
        if self.worker_records:
            many = replace(base, records=self.worker_records)
            yield Point("1 worker", many)
            yield Point("2 workers", many, TWO_BATONS)


BASE = Feed(400_000, 100_000, 500, 4, every_key_first=True)
FULL = Sizes(
    base=BASE,
    partitions=(1, 4, 16, 64),
    keys=(1_000, 100_000, 1_000_000, 5_000_000),
    value_bytes=(100, 500, 1_000, 4_000),
    worker_records=1_000_000,
    rates=(10, 100, 1_000),
    seconds=20.0,
    rounds=3,
)
QUICK = Sizes(
    base=replace(BASE, records=100_000, keys=10_000),
    partitions=(64,),
    keys=(),
    value_bytes=(),
    worker_records=0,
    rates=(100,),
    seconds=2.0,
    rounds=1,
)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Every point on a broker of its own, all points in turn, again and again."""
    points = list(sizes.points())
    spans: dict[str, list[Span]] = {point.what: [] for point in points}
    for _ in range(sizes.rounds):
        for point in points:
            span = _once(open_broker, folder, point)
            say(f"growth: {point.what}: {span.rate:,.0f} messages/s")
            spans[point.what].append(span)
    results = [
        Result("growth", f"Baton, {what}", tuple(span.rate for span in found), "messages/s")
        for what, found in spans.items()
    ]
    costs = {
        rate: [_cost(open_broker, folder, rate, sizes) for _ in range(sizes.rounds)]
        for rate in sizes.rates
    }
    for index, unit in enumerate(("records/s", "bytes/s")):
        for rate, found_costs in costs.items():
            what = f"broker, {MANY_PARTITIONS} partitions, {rate} messages/s in"
            results.append(Result("growth", what, tuple(c[index] for c in found_costs), unit))
    return results


def _once(open_broker: OpenBroker, folder: Path, point: Point) -> Span:
    work = Work(state_bytes=point.feed.value_bytes)
    with open_broker() as broker:
        source = fill(broker, f"growth-{next(_numbers)}", point.feed)
        with new_run(point.contender, source, work, folder) as run, run.workers() as workers:
            span = measure(run, workers, point.feed.total, point.feed.first)
        broker.remove(source.topic)
    return span


def _cost(open_broker: OpenBroker, folder: Path, rate: int, sizes: Sizes) -> tuple[float, float]:
    """Records and bytes a second that all topics grow by, the source and Kafka's own too."""
    feed = replace(sizes.base, records=0, every_key_first=False, partitions=MANY_PARTITIONS)
    with open_broker() as broker:
        source = fill(broker, f"growth-{next(_numbers)}", feed)
        work = Work(state_bytes=feed.value_bytes)
        with new_run(BATON, source, work, folder) as run, run.workers() as workers:
            run.await_joined(workers)
            load = Load(source, rate)
            _send(load, 2.0)
            records, size, started = broker.ends(), broker.log_bytes(), time.monotonic()
            _send(load, sizes.seconds)
            seconds = time.monotonic() - started
            cost = (broker.ends() - records) / seconds, (broker.log_bytes() - size) / seconds
            workers[0].check()
            load.finish()
        broker.remove(source.topic)
    say(f"growth: {rate} messages/s over {MANY_PARTITIONS} partitions: {cost[0]:,.0f} records/s")
    return cost


def _send(load: Load, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        load.send()
        time.sleep(0.001)
