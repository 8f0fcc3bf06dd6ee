"""Where the time of the tickets worker goes: the calls of its parts, by their threads' clocks."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from threading import Lock, get_ident
from typing import Any
from unittest.mock import patch

import msgspec

from detectors import Reader
from streams.agents.deciding import Decider
from streams.agents.private import PrivateCodec
from streams.agents.states import States
from streams.agents.ticket_states import TicketStates
from streams.agents.tickets import TicketsAgent
from streams.core.handoff.redact import Redactor
from streams.engine.partition import Partition
from streams.engine.store import PartitionStore

TRIALS = 20_000
"""Timed calls from which it follows what timing one costs."""

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
    (Partition, "cut", "state"),
    (PartitionStore, "apply", "state"),
    (TicketsAgent, "records", "rest"),
    (TicketsAgent, "timer", "rest"),
)
"""Whose call counts for which stage."""


class Taken(msgspec.Struct, frozen=True):
    """What so many messages took: CPU seconds of the process, of each stage, and of timing them."""

    messages: int
    cpu_seconds: float
    stages: dict[str, float]
    timing: float

    def since(self, earlier: "Taken") -> "Taken":
        """What those took that came after."""
        return Taken(
            self.messages - earlier.messages,
            self.cpu_seconds - earlier.cpu_seconds,
            {name: took - earlier.stages.get(name, 0.0) for name, took in self.stages.items()},
            self.timing - earlier.timing,
        )

    def microseconds(self) -> dict[str, float]:
        """CPU of a message by stage; `Kafka` is what no stage has."""
        each = 1e6 / self.messages
        rest = self.cpu_seconds - self.timing - sum(self.stages.values())
        return {name: each * took for name, took in self.stages.items()} | {"Kafka": each * rest}


class Stages:
    """CPU seconds by stage; what a stage calls of another counts for the other only.

    What it takes to time a call is measured first and counts for none: it adds up in `timing`.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.timing = 0.0
        self._adding = Lock()  # the store is written in a thread of its own
        self._inside: dict[int, list[float]] = defaultdict(list)
        self._within = self._around = 0.0
        self._within, self._around = self._costs()
        self.timing = 0.0

    def timed(self, stage: str, call: Callable[..., Any]) -> Callable[..., Any]:
        """The call, timed."""

        def run(*arguments: Any, **named: Any) -> Any:
            started, inside = time.thread_time(), self._inside[get_ident()]
            inside.append(0.0)
            try:
                return call(*arguments, **named)
            finally:
                took, of_others = time.thread_time() - started, inside.pop()
                if inside:
                    inside[-1] += took + self._around
                with self._adding:
                    self.seconds[stage] += took - of_others - self._within
                    self.timing += self._within + self._around

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
