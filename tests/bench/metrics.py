"""What it costs to count: the work of `count` with the engine's metrics and without, in turns."""

from dataclasses import dataclass
from pathlib import Path

from tests.bench.broker import OpenBroker
from tests.bench.contenders import BATON, MEASURED, Work
from tests.bench.feed import Feed, fill
from tests.bench.pairs import compare, results_of
from tests.bench.results import Result


@dataclass(frozen=True)
class Sizes:
    """How much is counted, and how often by each."""

    feed: Feed
    rounds: int


FULL = Sizes(Feed(1_000_000, 5_000), 7)
QUICK = Sizes(Feed(400_000, 5_000), 1)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Rates and CPU of both, and how much faster it is without."""
    line = dict.fromkeys((BATON, MEASURED), sizes.feed.total)
    with open_broker() as broker:
        source = fill(broker, "metrics", sizes.feed)
        spans = compare("metrics", source, Work(), line, sizes.rounds, folder)
        broker.remove("metrics")
    return results_of("metrics", [spans])
