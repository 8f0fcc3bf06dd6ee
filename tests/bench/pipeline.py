"""The tickets worker on a real Kafka, and where the time of a message goes.

One worker is looked at from outside, and another one, in turns, has its stages timed: reading
records (`decode`), the detectors (`analyze`), deciding (`decide`), hiding what the policy's
`privacy` wants hidden (`redact`), writing records (`encode`), and tickets read, kept and put into
the store (`state`); `rest` is the agent's own joining of them. `Kafka` is all else of that worker's
CPU: fetching, Faust, the engine, producing, transactions, metrics.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from schemas.codec import Codec
from streams.agents.deciding import Decider
from streams.agents.private import PrivateCodec
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.demo.input import events, moved
from streams.engine import Batch, Processor, SourceRecord
from streams.engine.partition import Partition
from streams.engine.position import Position
from streams.engine.store import PartitionStore
from streams.history.files import SYNTHETIC_START, time_of
from streams.policies.local import policy_of
from streams.settings import Settings
from tests.bench import tickets
from tests.bench.broker import OpenBroker
from tests.bench.measure import Span
from tests.bench.results import Result
from tests.bench.stages import Taken
from tests.engine.records import checkpoint
from tests.engine.records import handle as handled

BATCH = 500
AROUND = ("decode", "encode", "state", "Kafka")
"""What is neither reading a text nor deciding."""


@dataclass(frozen=True)
class Sizes:
    """Messages, and how often."""

    messages: int
    rounds: int


FULL, QUICK = Sizes(40_000, 3), Sizes(6_000, 1)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Both workers in turns."""
    with open_broker() as broker:
        source = tickets.conversations(broker, records(sizes.messages))
        rounds = [
            (tickets.once(source, folder), tickets.timed(source, folder))
            for _ in range(sizes.rounds)
        ]
        # Others on this broker want these topics with partitions of their own number.
        broker.remove("support.")
    spans, taken = zip(*rounds, strict=True)
    return [*of_worker(spans), *of_stages(taken)]


def of_worker(spans: Sequence[Span]) -> Iterator[Result]:
    """The worker as a whole, seen from outside."""
    yield Result("pipeline", "tickets worker", tuple(one.rate for one in spans), "messages/s")
    per_core = tuple(one.records / one.cpu_seconds for one in spans)
    yield Result("pipeline", "tickets worker", per_core, "messages/s per core")
    each = tuple(one.cpu_per_million for one in spans)
    yield Result("pipeline", "tickets worker", each, "us/message")


def of_stages(taken: Sequence[Taken]) -> Iterator[Result]:
    """Microseconds a message by stage, and each as a share of their sum."""
    found = [one.microseconds() for one in taken]
    for stage in found[0]:
        values = tuple(one[stage] for one in found)
        yield Result("pipeline", stage, values, "us/message")
    around = tuple(sum(one[stage] for stage in AROUND) for one in found)
    yield Result("pipeline", " + ".join(AROUND), around, "us/message")
    for stage in found[0]:
        shares = tuple(100 * one[stage] / sum(one.values()) for one in found)
        yield Result("pipeline", stage, shares, "%")


def records(count: int) -> list[SourceRecord]:
    """The first records of the demo's conversations."""
    codec, made = Codec(), []
    for number, event in enumerate(islice(events(), count)):
        encoded = codec.encode(moved(event, SYNTHETIC_START, ""))
        stamp = time_of(event) + SYNTHETIC_START
        made.append(SourceRecord(CONVERSATIONS, 0, number, stamp, encoded.key, encoded.value, ()))
    return made


def handle(folder: Path, made: list[SourceRecord]) -> None:
    """The agent over the records without Kafka, a checkpoint after each batch."""
    owner = Partition(0, PartitionStore(folder), Position({CONVERSATIONS: 0}), 1_000_000, 1)
    policy = policy_of(Settings())
    codec = PrivateCodec(Codec(), lambda _: policy.privacy)
    processor = Processor(TicketsAgent(codec, Decider(policy)), 100)
    for start in range(0, len(made), BATCH):
        batch = Batch(owner, CONVERSATIONS, made[start : start + BATCH])
        owner.queue(batch)
        handled(processor, batch)
        batch.finish()
        checkpoint(owner)
    owner.store.destroy()
