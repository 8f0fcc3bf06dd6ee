"""A replay with the decisions that were made needs no copy of anything that workers follow."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.codec import Tombstone
from schemas.records import (
    AccountHealth,
    AccountProfile,
    AnomalyLink,
    ConversationMessage,
    Decision,
    DraftOutcome,
    DraftReview,
    HealthLevel,
    MessageStatus,
    Record,
    Role,
    RouteStatus,
    TicketUpdate,
    UpdateKind,
)
from streams.agents.deciding import Decider
from streams.core.policy import Policy, default_policy, load_policy
from streams.history.files import Event
from streams.history.recorded import RecordedInputs
from streams.history.replaying import Replay

START = 1_767_603_600_000
TEXTS = (
    "Where is the export?",
    "It fails with error 502 again.",
    "You charged me twice!",
    "I want to talk to a person.",
    "I need to reset my password.",
    "Bitte verbinden Sie mich mit einem Mitarbeiter, ich warte schon lange.",
)
REJECTED = DraftOutcome.REJECTED
KINDS = (
    UpdateKind.GATE_TIMEOUT,
    UpdateKind.HANDED_BACK,
    UpdateKind.RESOLVED,
    UpdateKind.REOPENED,
    UpdateKind.TRANSFERRED,
    UpdateKind.IDENTIFIED,
)
STRICT = load_policy(
    "based_on: default\nname: default\nversion: 2\n"
    "triggers: {urgency: {tier: 1}, ai_no_answer: {after: {chat: 20s}}, ai_loop: {rounds: 2}}"
)
POLICIES = {policy.reference: policy for policy in (default_policy(), STRICT)}


def event(number: int, what: int) -> Event:
    """A message, an answer, a draft or an update on one of three tickets."""
    ticket, at = f"T{number % 3}", START + number * 25_000
    if what < len(TEXTS):
        return ConversationMessage(
            f"m{number}", ticket, Role.CUSTOMER, TEXTS[what], at, account_id="a1"
        )
    match what - len(TEXTS):
        case 0:
            return ConversationMessage(f"m{number}", ticket, Role.AI, "Could you retry?", at)
        case 1:
            status, name = MessageStatus.DRAFT, f"d{number}"
            return ConversationMessage(
                name, ticket, Role.AI, "Retry.", at, status=status, draft_id=name, confidence=0.2
            )
        case 2:
            kind, word = UpdateKind.DRAFT_REVIEWED, DraftReview(f"d{number - 3}", REJECTED)
            return TicketUpdate(f"u{number}", ticket, kind, at, draft=word)
    return TicketUpdate(f"u{number}", ticket, KINDS[what % len(KINDS)], at, route="security")


def decisions(records: Iterator[Record | Tombstone]) -> list[Decision]:
    return [one for one in records if isinstance(one, Decision)]


levels = st.none() | st.sampled_from(HealthLevel)
profiles = st.none() | st.builds(
    AccountProfile,
    account_id=st.just("a1"),
    updated_at=st.just(START),
    tier=st.sampled_from([None, "enterprise"]),
    vip=st.booleans(),
    language=st.sampled_from([None, "de"]),
)
statuses = st.fixed_dictionaries(
    {
        "open": st.booleans(),
        "updated_at": st.integers(START, START + 1_000),
        "agents_available": st.sampled_from([None, 0, 4]),
        "queue_depth": st.sampled_from([None, 3, 90]),
        "queue_target": st.sampled_from([None, 10]),
        "expected_wait": st.sampled_from([None, 60_000]),
        "next_opening_at": st.sampled_from([None, START + 10**8]),
    }
)
queues = st.dictionaries(st.sampled_from([one.name for one in STRICT.routes]), statuses)
links = st.none() | st.builds(
    AnomalyLink, st.just("x"), st.just("t"), st.just(START), st.integers(3, 5)
)


@dataclass
class World:
    """All that workers follow. It is another one for every event."""

    level: HealthLevel | None
    profile: AccountProfile | None
    queues: dict[str, dict[str, Any]]
    link: AnomalyLink | None
    policy: Policy

    def health(self) -> AccountHealth | None:
        return None if self.level is None else AccountHealth("a1", START, 50.0, self.level)

    def queue(self, route: str) -> RouteStatus | None:
        status = self.queues.get(route)
        return None if status is None else RouteStatus(route, **status)


worlds = st.builds(
    World, levels, profiles, queues, links, policy=st.sampled_from(list(POLICIES.values()))
)


def decided_in(worlds: Iterable[World], events: Sequence[Event]) -> list[Decision]:
    """The decisions in a world that changes with every event and timer."""
    coming = cycle(worlds)
    now = next(coming)

    def turned(_time: int) -> Policy:
        # Asked once for each event, and before its queues and incidents.
        nonlocal now
        now = next(coming)
        return now.policy

    decider = Decider(
        default_policy(),
        lambda _account: now.profile,
        turned,
        lambda _account: now.health(),
        statuses=lambda route: now.queue(route),
        incidents=lambda _ticket, _message, _signals: now.link,
    )
    return decisions(Replay(decider, 12).run(events))


@settings(deadline=None)
@given(
    st.lists(st.integers(0, len(TEXTS) + 2 + len(KINDS)), max_size=14),
    st.lists(worlds, min_size=1, max_size=5),
)
def test_a_world_that_changes_all_the_time_gives_the_same_decisions_again(
    whats: list[int], some: list[World]
) -> None:
    events = [event(number, what) for number, what in enumerate(whats)]
    made = decided_in(some, events)
    again = Decider(default_policy(), recorded=RecordedInputs(made, POLICIES.get).of)
    assert decisions(Replay(again, 12).run(events)) == made
