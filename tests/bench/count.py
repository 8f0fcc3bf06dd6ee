"""Count per key beside Kafka Streams, Quix Streams and stock Faust: messages/s and CPU."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.bench.broker import OpenBroker
from tests.bench.contenders import (
    BATON,
    FAUST,
    QUIX,
    TWO_BATONS,
    Contender,
    Work,
    kafka_streams,
)
from tests.bench.feed import Feed, fill
from tests.bench.pairs import compare, results_of
from tests.bench.results import Result


@dataclass(frozen=True)
class Sizes:
    """Who runs beside whom, each with the records after which it is stopped.

    Who is compared with whom are neighbours. Kafka Streams reads all, because a JVM is slow at
    first. Quix and Faust are slow throughout.
    """

    feed: Feed
    groups: tuple[Mapping[Contender, int], ...]
    rounds: int


FULL = Sizes(
    Feed(2_000_000, 5_000),
    (
        dict.fromkeys((kafka_streams(1), BATON, kafka_streams(2), TWO_BATONS), 2_000_000),
        {QUIX: 300_000, BATON: 2_000_000, FAUST: 40_000},
    ),
    7,
)
QUICK = Sizes(
    Feed(200_000, 5_000),
    (dict.fromkeys((kafka_streams(1), BATON), 200_000),),
    1,
)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """All contenders over one topic."""
    with open_broker() as broker:
        source = fill(broker, "count", sizes.feed)
        groups = [
            compare("count", source, Work(), line, sizes.rounds, folder) for line in sizes.groups
        ]
        broker.remove("count")
    return results_of("count", groups)
