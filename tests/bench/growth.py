"""How the engine's rate changes as one thing grows at a time."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.bench.broker import OpenBroker
from tests.bench.contenders import BATON, TWO_BATONS, Contender, Work, new_run
from tests.bench.disk import mebibytes
from tests.bench.feed import Feed, fill
from tests.bench.measure import Span, measure
from tests.bench.report import say
from tests.bench.results import Result

# The name of a deleted topic is not free at once.
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Point:
    """A feed and who counts it. The state of a key is as large as its records."""

    what: str
    feed: Feed
    contender: Contender = BATON


@dataclass(frozen=True)
class Sizes:
    """What grows from `base`, each by itself."""

    base: Feed
    partitions: tuple[int, ...]
    keys: tuple[int, ...]
    value_bytes: tuple[int, ...]
    worker_records: int
    rounds: int

    def points(self) -> Iterator[Point]:
        """All that is measured."""
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
    rounds=3,
)
QUICK = Sizes(
    base=replace(BASE, records=100_000, keys=10_000),
    partitions=(64,),
    keys=(),
    value_bytes=(),
    worker_records=0,
    rounds=1,
)


@dataclass(frozen=True)
class Measured:
    """One run and what was on disk at its end, Kafka's part included."""

    span: Span
    mebibytes: float


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Every point on a broker of its own, all points in turn, again and again."""
    found: dict[str, list[Measured]] = {}
    for _ in range(sizes.rounds):
        for point in sizes.points():
            measured = _once(open_broker, folder, point)
            say(f"growth: {point.what}: {measured.span.rate:,.0f} messages/s")
            found.setdefault(f"Baton, {point.what}", []).append(measured)
    rates = {what: tuple(one.span.rate for one in runs) for what, runs in found.items()}
    cpu = {what: tuple(one.span.cpu_per_million for one in runs) for what, runs in found.items()}
    disk = {what: tuple(one.mebibytes for one in runs) for what, runs in found.items()}
    return [
        Result("growth", what, values, unit)
        for unit, figures in (("messages/s", rates), ("CPU-s/million", cpu), ("MiB on disk", disk))
        for what, values in figures.items()
    ]


def _once(open_broker: OpenBroker, folder: Path, point: Point) -> Measured:
    work = Work(state_bytes=point.feed.value_bytes)
    with open_broker() as broker:
        source = fill(broker, f"growth-{next(_numbers)}", point.feed)
        with new_run(point.contender, source, work, folder) as run, run.workers() as workers:
            span = measure(run, workers, point.feed.total, point.feed.first)
            measured = Measured(span, mebibytes(broker.folder, run.folder))
        broker.remove(source.topic)
    return measured
