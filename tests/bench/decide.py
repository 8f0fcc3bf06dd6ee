"""What `decide` costs a customer's message without reading its text, and how large a ticket is.

Conversations are played once, and the calls of `decide` kept with their arguments: it is pure, so
the calls on customers' messages can be made again and again and timed by themselves. A ticket is
measured as it is stored at its end; the lines of its transcript have keys of their own.
"""

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import streams.agents.deciding as agents
import tests.core.conversation as talks
from streams.core.tickets import Step, Ticket, decide, encode_ticket, is_customer_turn
from tests.bench.broker import OpenBroker
from tests.bench.pipeline import handle, records
from tests.bench.results import Result
from tests.golden.playing import play
from tests.golden.talk import conversations

FULL, QUICK = 20_000, 2_000
"""Messages of the demo; the golden conversations are played whole."""

ROUNDS = 5
Decide = Callable[[], Step]


class Kept:
    """Stands in for `decide` and keeps its calls on customers' messages, and the latest states."""

    def __init__(self) -> None:
        self.calls: list[Decide] = []
        self.states: dict[str, Ticket | None] = {}

    def __call__(self, state: Ticket | None, event: Any, *rest: Any, **named: Any) -> Step:
        step = decide(state, event, *rest, **named)
        self.states[event.ticket_id] = step.state
        if is_customer_turn(event):
            self.calls.append(lambda: decide(state, event, *rest, **named))
        return step


def run(_: OpenBroker, folder: Path, count: int) -> list[Result]:
    """Microseconds a customer's message, and bytes a ticket."""
    return [*_measured("demo", *_demo(folder, count)), *_measured("golden", *_golden())]


def _demo(folder: Path, count: int) -> tuple[list[Decide], list[int]]:
    kept = Kept()
    with patch.object(agents, "decide_event", kept):
        handle(folder / "decide", records(count))
    return kept.calls, _sizes(kept)


def _golden() -> tuple[list[Decide], list[int]]:
    calls, sizes = [], []
    for golden in conversations():
        kept = Kept()
        with patch.object(talks, "decide", kept):
            play(golden, "default")
        calls += kept.calls
        sizes += _sizes(kept)
    return calls, sizes


def _sizes(kept: Kept) -> list[int]:
    return [len(encode_ticket(state)) for state in kept.states.values() if state is not None]


def _measured(what: str, calls: list[Decide], sizes: list[int]) -> list[Result]:
    taken = []
    gc.collect()
    gc.freeze()  # what is kept here weighs on no worker's collector
    for _ in range(ROUNDS):
        started = time.thread_time()
        for call in calls:
            call()
        taken.append(1e6 * (time.thread_time() - started) / len(calls))
    gc.unfreeze()
    return [
        Result("decide", f"{what}: a customer's message", tuple(taken), "us/message"),
        Result("decide", f"{what}: a ticket's state", tuple(map(float, sizes)), "B"),
    ]
