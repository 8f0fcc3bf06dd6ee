"""What it costs to count: the work of `count` with the engine's metrics and without, in turns.

A rate wobbles by more than what is allowed: CPU time a record is what can be held against it.
"""

from dataclasses import dataclass
from pathlib import Path

from tests.bench.broker import OpenBroker
from tests.bench.contenders import BATON, MEASURED, Work
from tests.bench.feed import Feed, fill
from tests.bench.pairs import compare, results_of
from tests.bench.results import Result, ratios


@dataclass(frozen=True)
class Sizes:
    """How much is counted, and how often by each."""

    feed: Feed
    rounds: int


FULL = Sizes(Feed(4_000_000, 5_000), 15)
QUICK = Sizes(Feed(400_000, 5_000), 1)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Rates and CPU of both, how much faster it is without, and how much dearer with."""
    line = dict.fromkeys((BATON, MEASURED), sizes.feed.total)
    with open_broker() as broker:
        source = fill(broker, "metrics", sizes.feed)
        spans = compare("metrics", source, Work(), line, sizes.rounds, folder)
        broker.remove("metrics")
    with_them, without = (
        [span.cpu_per_million for span in spans[one]] for one in (MEASURED, BATON)
    )
    dearer, name = ratios(with_them, without), f"{MEASURED.name} / {BATON.name}"
    return [*results_of("metrics", [spans]), Result("metrics", name, dearer, "ratio of CPU")]
