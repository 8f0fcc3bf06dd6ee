"""A load like the real work: 1 KB in, six writes and two outputs with headers a record."""

from dataclasses import dataclass
from pathlib import Path

from tests.bench.broker import OpenBroker
from tests.bench.contenders import (
    BATON,
    OFTEN_SAVED,
    TWO_BATONS,
    Contender,
    Work,
    kafka_streams,
)
from tests.bench.feed import Feed, fill
from tests.bench.pairs import compare, results_of
from tests.bench.results import Result

WORK = Work(every=1, state_bytes=170, writes=6, outputs=2, output_bytes=500)


@dataclass(frozen=True)
class Sizes:
    """How much is done, and beside whom."""

    feed: Feed
    line: tuple[Contender, ...]
    rounds: int


FULL = Sizes(
    Feed(300_000, 50_000, 1_000),
    (OFTEN_SAVED, kafka_streams(1), BATON, kafka_streams(2), TWO_BATONS),
    3,
)
QUICK = Sizes(Feed(20_000, 5_000, 1_000), (kafka_streams(1), BATON), 1)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Baton and its peers over one topic."""
    line = dict.fromkeys(sizes.line, sizes.feed.total)
    with open_broker() as broker:
        source = fill(broker, "shape", sizes.feed)
        spans = compare("shape", source, WORK, line, sizes.rounds, folder)
        broker.remove("shape")
    return results_of("shape", [spans])
