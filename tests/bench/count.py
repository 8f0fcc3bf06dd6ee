"""Count per key beside Kafka Streams, Quix Streams and stock Faust: messages/s and CPU."""

from dataclasses import dataclass
from pathlib import Path

from tests.bench.broker import OpenBroker
from tests.bench.contenders import FAUST, QUIX, Work, kafka_streams
from tests.bench.feed import Feed, fill
from tests.bench.pairs import compare, results_of
from tests.bench.results import Result


@dataclass(frozen=True)
class Sizes:
    """How much is done. Quix and Faust stop early: they are slow, and need no warming up."""

    feed: Feed
    quix_records: int
    faust_records: int
    stream_threads: tuple[int, ...]
    pairs: int


FULL = Sizes(Feed(2_000_000, 5_000), 300_000, 40_000, (1, 2), 7)
QUICK = Sizes(Feed(600_000, 5_000), 100_000, 10_000, (1,), 1)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """All contenders over one topic."""
    streams = {kafka_streams(threads): sizes.feed.total for threads in sizes.stream_threads}
    python = {QUIX: sizes.quix_records, FAUST: sizes.faust_records}
    with open_broker() as broker:
        source = fill(broker, "count", sizes.feed)
        groups = [
            compare("count", source, Work(), peers, sizes.pairs, folder)
            for peers in (streams, python)
        ]
        broker.remove("count")
    return results_of("count", groups)
