"""What `decide` costs a message without reading its text, and how large a ticket is.

Conversations are played once, and the calls of `decide` on messages are kept with their arguments:
it is pure, so they can be made again and again, in the order in which they came and the way the
agent makes them, and timed by themselves. As in a worker, what they are given has been decoded just
before, a batch at a time: what it takes the machine to find objects that were made a hundred
megabytes ago is no part of a decision. Customers' messages, which are weighed, are timed alone,
too. A ticket is measured as it is stored at its end; the lines of its transcript have keys of their
own.
"""

import gc
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple
from unittest.mock import patch

import msgspec

import streams.agents.deciding as agents
import tests.core.conversation as talks
from detectors import Signals
from schemas.records import AccountSnapshot, AnomalyLink, ConversationMessage, RouteStatus
from streams.core.policy import Policy
from streams.core.tickets import (
    Arrival,
    Event,
    Incidents,
    Statuses,
    Step,
    Ticket,
    decide,
    encode_ticket,
    is_customer_turn,
)
from tests.bench.broker import OpenBroker
from tests.bench.pipeline import handle, records
from tests.bench.results import Result
from tests.golden.playing import play
from tests.golden.talk import conversations

FULL, QUICK = 20_000, 2_000
"""Messages of the demo; the golden conversations are played whole."""

ROUNDS = 5
BATCH = 100

Given = tuple[Ticket | None, ConversationMessage, Signals | None, AccountSnapshot | None]
"""What is made anew for each call, the first of its arguments."""
ANEW: Final = 4
_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Given).decode


class Call(NamedTuple):
    """What `decide` was given on a message; `given` are its first arguments, encoded. Queues and
    incidents answer as they did: what it costs to know is no part of a decision.
    """

    given: bytes
    policy: Policy
    arrival: Arrival
    model: str
    statuses: Statuses
    incidents: Incidents


class Kept:
    """Stands in for `decide` and keeps its calls on messages, and the latest states."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.of_customers: list[Call] = []
        self.states: dict[str, Ticket | None] = {}

    def __call__(self, *given: Any, model: str, statuses: Statuses, incidents: Incidents) -> Step:
        told: dict[str, RouteStatus | None] = {}
        linked: AnomalyLink | None = None

        def status(route: str) -> RouteStatus | None:
            told[route] = statuses(route)
            return told[route]

        def incident(*about: Any) -> AnomalyLink | None:
            nonlocal linked
            linked = incidents(*about)
            return linked

        step = decide(*given, model=model, statuses=status, incidents=incident)
        event: Event = given[1]
        self.states[event.ticket_id] = step.state
        if isinstance(event, ConversationMessage):
            answered = (model, told.get, lambda ticket, message, signals: linked)
            call = Call._make((_encode(given[:ANEW]), *given[ANEW:], *answered))
            self.calls.append(call)
            if is_customer_turn(event):
                self.of_customers.append(call)
        return step


def run(_: OpenBroker, folder: Path, count: int) -> list[Result]:
    """Microseconds a message, and bytes a ticket."""
    return [*_measured("demo", [_demo(folder, count)]), *_measured("golden", list(_golden()))]


def _demo(folder: Path, count: int) -> Kept:
    kept = Kept()
    with patch.object(agents, "decide_event", kept):
        handle(folder / "decide", records(count))
    return kept


def _golden() -> Iterator[Kept]:
    for golden in conversations():
        kept = Kept()
        with patch.object(talks, "decide", kept):
            play(golden, "default")
        yield kept


def _measured(what: str, played: list[Kept]) -> Iterator[Result]:
    yield _timed(f"{what}: a message", [call for kept in played for call in kept.calls])
    weighed = [call for kept in played for call in kept.of_customers]
    yield _timed(f"{what}: a customer's message", weighed)
    states = [state for kept in played for state in kept.states.values() if state is not None]
    sizes = tuple(float(len(encode_ticket(state))) for state in states)
    yield Result("decide", f"{what}: a ticket's state", sizes, "B")


def _timed(what: str, calls: list[Call]) -> Result:
    taken = []
    gc.collect()
    gc.freeze()  # what is kept here weighs on no worker's collector
    for _ in range(ROUNDS):
        seconds = sum(_seconds(calls[at : at + BATCH]) for at in range(0, len(calls), BATCH))
        taken.append(1e6 * seconds / len(calls))
    gc.unfreeze()
    return Result("decide", what, tuple(taken), "us/message")


def _seconds(calls: list[Call]) -> float:
    """CPU seconds that `decide` takes of a batch."""
    batch = [(*_decode(call.given), *call[1:]) for call in calls]
    started = time.thread_time()
    for state, event, signals, account, policy, arrival, model, statuses, incidents in batch:
        decide(
            state,
            event,
            signals,
            account,
            policy,
            arrival,
            model=model,
            statuses=statuses,
            incidents=incidents,
        )
    return time.thread_time() - started
