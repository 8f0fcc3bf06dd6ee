"""The tickets agent over one partition without Kafka: where the time of a message goes.

The agent's calls are timed: reading records (`decode`), the detectors (`analyze`), deciding
(`decide`), writing records (`encode`), and tickets read, kept and put into the store (`state`);
`rest` is the agent's own joining of them.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any
from unittest.mock import patch

from detectors import Reader
from schemas.codec import Codec
from streams.agents.deciding import Decider
from streams.agents.states import States
from streams.agents.ticket_states import TicketStates
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.demo.input import events, moved
from streams.engine import Batch, Processor
from streams.engine.partition import Partition
from streams.engine.position import Position
from streams.engine.store import PartitionStore
from streams.history.files import SYNTHETIC_START, time_of
from streams.policies.local import policy_of
from streams.settings import Settings
from tests.bench.broker import OpenBroker
from tests.bench.report import say
from tests.bench.results import Result
from tests.engine.records import Record, checkpoint

BATCH = 500
FULL, QUICK = 60_000, 5_000
"""Messages."""

STAGES: tuple[tuple[Any, str, str], ...] = (
    (Codec, "decode", "decode"),
    (Reader, "read", "analyze"),
    (Decider, "decide", "decide"),
    (Decider, "complete", "decide"),
    (Codec, "encode", "encode"),
    (States, "load", "state"),
    (States, "save", "state"),
    (TicketStates, "_keep_lines", "state"),
    (TicketStates, "_transcript", "state"),
)
"""Whose call counts for which stage."""


class Stages:
    """CPU seconds by stage; what a stage calls of another counts for the other only."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._inside: list[float] = []

    def timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, timed."""

        def run(*arguments: Any, **named: Any) -> Any:
            started = time.thread_time()
            self._inside.append(0.0)
            try:
                return call(*arguments, **named)
            finally:
                took = time.thread_time() - started
                self.seconds[stage] += took - self._inside.pop()
                if self._inside:
                    self._inside[-1] += took

        return run

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time the calls in `STAGES`."""
        with ExitStack() as stack:
            for owner, name, stage in STAGES:
                call = self.timed(stage, getattr(owner, name))
                stack.enter_context(patch.object(owner, name, call))
            yield


def run(_: OpenBroker, folder: Path, count: int) -> list[Result]:
    """Microseconds a message by stage, and all together without the timing's own cost."""
    say(f"pipeline: {count:,} messages ...")
    made, stages = records(count), Stages()
    plain = handle(folder / "plain", made)
    with stages.watching():
        handle(folder / "timed", made, stages)
    seconds = stages.seconds | {"all": plain}
    return [
        Result("pipeline", stage, (1e6 * taken / count,), "us/message")
        for stage, taken in seconds.items()
    ]


def records(count: int) -> list[Record]:
    """The first records of the demo's conversations."""
    codec, made = Codec(), []
    for number, event in enumerate(islice(events(), count)):
        encoded = codec.encode(moved(event, SYNTHETIC_START, ""))
        stamp = time_of(event) + SYNTHETIC_START
        made.append(Record(number, stamp, encoded.key, encoded.value, CONVERSATIONS))
    return made


def handle(folder: Path, made: list[Record], stages: Stages | None = None) -> float:
    """CPU seconds of the agent over the records, a checkpoint after each batch."""
    owner = Partition(0, PartitionStore(folder), Position({CONVERSATIONS: 0}), 1_000_000, 1)
    processor = Processor(TicketsAgent(Codec(), Decider(policy_of(Settings()))), 100)
    process, commit = processor.process, checkpoint
    if stages is not None:
        process, commit = stages.timed("rest", process), stages.timed("state", commit)
    started = time.thread_time()
    for start in range(0, len(made), BATCH):
        batch = Batch(owner, CONVERSATIONS, made[start : start + BATCH])
        owner.queue(batch)
        process(batch)
        batch.finish()
        commit(owner)
    took = time.thread_time() - started
    owner.store.destroy()
    return took
