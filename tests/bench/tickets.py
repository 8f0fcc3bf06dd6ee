"""The tickets worker itself, as a process on a real Kafka over conversations that lie there."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from schemas.codec import Codec
from streams.admin.topics import Topics, wanted_topics
from streams.agents.tickets import CONVERSATIONS
from streams.engine import Connection, SourceRecord
from streams.history.playing import Player
from streams.policies.local import policy_of, route_names
from streams.settings import Settings
from tests.bench.broker import Broker
from tests.bench.contenders import HERE, Contender, Run, Work, new_run
from tests.bench.feed import Feed, Source
from tests.bench.measure import Span, measure
from tests.bench.report import say
from tests.bench.stages import Taken

PARTITIONS = 4
SUFFIX = "-tickets"
"""Of the group of the tickets agent."""

WORKER = Contender(
    "tickets worker", (sys.executable, "-m", "streams.cli.main", "worker", "--agents", "tickets")
)


@dataclass(frozen=True)
class TicketsRun(Run):
    """A group of tickets workers with their default settings."""

    def environment(self, number: int) -> dict[str, str]:
        """What the worker is told."""
        return {
            "BATON_BOOTSTRAP_SERVERS": self.source.broker.bootstrap,
            "BATON_GROUP": self.group.removesuffix(SUFFIX),
            "BATON_DATA_DIR": str(self.folder / f"worker-{number}"),
            "BATON_WORKER_ID": f"worker-{number}",
            "BATON_REPLICATION": "1",
            "BATON_CLOCK": "records",
        }


def conversations(broker: Broker, made: Sequence[SourceRecord]) -> Source:
    """Baton's topics, and the records on theirs."""
    connection = Connection(broker.bootstrap)
    topics, routes = Topics(connection), route_names(policy_of(Settings()))
    topics.apply(topics.plan(wanted_topics(routes, dev=True, partitions=PARTITIONS)))
    player = Player(connection, Codec())
    for record in made:
        player.produce(CONVERSATIONS, record.key, record.value, record.headers, record.timestamp)
    player.flush()
    return Source(broker, CONVERSATIONS, Feed(len(made), 0, partitions=PARTITIONS))


def once(source: Source, folder: Path) -> Span:
    """A new group over all conversations."""
    return _measured(WORKER, source, folder)


def timed(source: Source, folder: Path) -> Taken:
    """A new group whose worker's stages are timed."""
    file = folder / "taken.json"
    command = (sys.executable, str(HERE / "timed_worker.py"), str(file))
    _measured(Contender("tickets worker, timed", command), source, folder)
    return msgspec.json.decode(file.read_bytes(), type=Taken)


def _measured(worker: Contender, source: Source, folder: Path) -> Span:
    with _new_run(worker, source, folder) as run, run.workers() as workers:
        span = measure(run, workers, source.feed.total)
        workers[0].stop()
    say(f"pipeline: {worker.name}: {span.rate:,.0f} messages/s")
    return span


@contextmanager
def _new_run(worker: Contender, source: Source, folder: Path) -> Iterator[TicketsRun]:
    with new_run(worker, source, Work(), folder) as run:
        yield TicketsRun(run.contender, source, run.work, run.folder, f"{run.group}{SUFFIX}")
