"""The tickets worker on a real Kafka, and where the time of a message goes.

Over one partition without Kafka the agent's calls are timed: reading records (`decode`), the
detectors (`analyze`), deciding (`decide`), hiding what the policy's `privacy` wants hidden
(`redact`), writing records (`encode`), and tickets read, kept and put into the store (`state`);
`rest` is the agent's own joining of them. `Kafka` is the CPU of the worker beyond that: fetching,
Faust, producing, transactions, metrics, and threads in each other's way.
"""

import gc
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from detectors import Reader
from schemas.codec import Codec
from streams.agents.deciding import Decider
from streams.agents.private import PrivateCodec
from streams.agents.states import States
from streams.agents.ticket_states import TicketStates
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.core.handoff.redact import Redactor
from streams.demo.input import events, moved
from streams.engine import Batch, Processor, SourceRecord
from streams.engine.app import NEW_OBJECTS
from streams.engine.partition import Partition
from streams.engine.position import Position
from streams.engine.store import PartitionStore
from streams.history.files import SYNTHETIC_START, time_of
from streams.policies.local import policy_of
from streams.settings import Settings
from tests.bench import tickets
from tests.bench.broker import OpenBroker
from tests.bench.measure import Span
from tests.bench.report import say
from tests.bench.results import Result
from tests.engine.records import checkpoint
from tests.engine.records import handle as handled

BATCH = 500
WARM_UP = 500
"""Messages until the model is there."""
TRIALS = 20_000
"""Timed calls from which it follows what timing one costs."""


@dataclass(frozen=True)
class Sizes:
    """Messages, and how often."""

    messages: int
    rounds: int


FULL, QUICK = Sizes(40_000, 3), Sizes(6_000, 1)

STAGES: tuple[tuple[Any, str, str], ...] = (
    (PrivateCodec, "read", "decode"),
    (Reader, "read", "analyze"),
    (Decider, "decide", "decide"),
    (Decider, "complete", "decide"),
    (Redactor, "record", "redact"),
    (PrivateCodec, "encode", "encode"),
    (States, "load", "state"),
    (States, "save", "state"),
    (TicketStates, "_keep_lines", "state"),
    (TicketStates, "_transcript", "state"),
)
"""Whose call counts for which stage."""


AROUND = ("decode", "encode", "state", "Kafka")
"""What is neither reading a text nor deciding."""


class Stages:
    """CPU seconds by stage; what a stage calls of another counts for the other only.

    What it takes to time a call is measured first and counts for none.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inside: list[float] = []
        self._within = self._around = 0.0
        self._within, self._around = self._costs()

    def timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, timed."""

        def run(*arguments: Any, **named: Any) -> Any:
            started = time.thread_time()
            self._inside.append(0.0)
            try:
                return call(*arguments, **named)
            finally:
                took = time.thread_time() - started
                self.seconds[stage] += took - self._inside.pop() - self._within
                if self._inside:
                    self._inside[-1] += took + self._around

        return run

    def _costs(self) -> tuple[float, float]:
        """Seconds that timing a call takes of its stage, and of the one that calls."""
        call = self.timed("nothing", lambda: None)
        started = time.thread_time()
        for _ in range(TRIALS):
            call()
        both = (time.thread_time() - started) / TRIALS
        within = self.seconds.pop("nothing") / TRIALS
        return within, both - within

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time the calls in `STAGES`."""
        with ExitStack() as stack:
            for owner, name, stage in STAGES:
                call = self.timed(stage, getattr(owner, name))
                stack.enter_context(patch.object(owner, name, call))
            yield


@dataclass(frozen=True)
class Round:
    """One run of each: CPU seconds by stage, those of all without the timing, and the worker."""

    stages: dict[str, float]
    plain: float
    worker: Span


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """The worker, and the agent without Kafka, in turns."""
    made = records(sizes.messages)
    handle(folder / "warm", made[:WARM_UP])
    with open_broker() as broker:
        source = tickets.conversations(broker, made)
        rounds = [_round(tickets.once(source, folder), folder, made) for _ in range(sizes.rounds)]
        # Others on this broker want these topics with partitions of their own number.
        broker.remove("support.")
    return [*of_worker(rounds), *of_stages(rounds, sizes.messages)]


def _round(worker: Span, folder: Path, made: list[SourceRecord]) -> Round:
    stages = Stages()
    with as_in_a_worker():
        plain = handle(folder / "plain", made)
        with stages.watching():
            handle(folder / "timed", made, stages)
    say(f"pipeline: without Kafka: {len(made) / plain:,.0f} messages/s")
    return Round(dict(stages.seconds), plain, worker)


def of_worker(rounds: Sequence[Round]) -> Iterator[Result]:
    """The worker as a whole, seen from outside."""
    spans = [one.worker for one in rounds]
    yield Result("pipeline", "tickets worker", tuple(one.rate for one in spans), "messages/s")
    per_core = tuple(one.records / one.cpu_seconds for one in spans)
    yield Result("pipeline", "tickets worker", per_core, "messages/s per core")
    each = tuple(one.cpu_per_million for one in spans)
    yield Result("pipeline", "tickets worker", each, "us/message")


def of_stages(rounds: Sequence[Round], count: int) -> Iterator[Result]:
    """Microseconds a message by stage, and each as a share of their sum."""
    found = [_microseconds(one, count) for one in rounds]
    for stage in found[0]:
        values = tuple(one[stage] for one in found)
        yield Result("pipeline", stage, values, "us/message")
    plain = tuple(1e6 * one.plain / count for one in rounds)
    yield Result("pipeline", "all without Kafka, not timed", plain, "us/message")
    around = tuple(sum(one[stage] for stage in AROUND) for one in found)
    yield Result("pipeline", " + ".join(AROUND), around, "us/message")
    for stage in found[0]:
        shares = tuple(100 * one[stage] / sum(one.values()) for one in found)
        yield Result("pipeline", stage, shares, "%")


def _microseconds(one: Round, count: int) -> dict[str, float]:
    taken = {stage: 1e6 * seconds / count for stage, seconds in one.stages.items()}
    return taken | {"Kafka": one.worker.cpu_per_million - 1e6 * one.plain / count}


@contextmanager
def as_in_a_worker() -> Iterator[None]:
    """Let the garbage collector look as seldom as in a worker."""
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(NEW_OBJECTS, *thresholds[1:])
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def records(count: int) -> list[SourceRecord]:
    """The first records of the demo's conversations."""
    codec, made = Codec(), []
    for number, event in enumerate(islice(events(), count)):
        encoded = codec.encode(moved(event, SYNTHETIC_START, ""))
        stamp = time_of(event) + SYNTHETIC_START
        made.append(SourceRecord(CONVERSATIONS, 0, number, stamp, encoded.key, encoded.value, ()))
    return made


def handle(folder: Path, made: list[SourceRecord], stages: Stages | None = None) -> float:
    """CPU seconds of the agent over the records, a checkpoint after each batch."""
    owner = Partition(0, PartitionStore(folder), Position({CONVERSATIONS: 0}), 1_000_000, 1)
    policy = policy_of(Settings())
    codec = PrivateCodec(Codec(), lambda _: policy.privacy)
    processor = Processor(TicketsAgent(codec, Decider(policy)), 100)
    process: Callable[..., Any] = handled
    commit: Callable[..., Any] = checkpoint
    if stages is not None:
        process, commit = stages.timed("rest", process), stages.timed("state", commit)
    started = time.thread_time()
    for start in range(0, len(made), BATCH):
        batch = Batch(owner, CONVERSATIONS, made[start : start + BATCH])
        owner.queue(batch)
        process(processor, batch)
        batch.finish()
        commit(owner)
    took = time.thread_time() - started
    owner.store.destroy()
    return took
