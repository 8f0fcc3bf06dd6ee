"""The example platform beside the decisions themselves, whoever of the two is slower: no broker."""

import random
from collections import deque
from functools import cache

import pytest

from deploy.examples.chat import Answer, Late
from deploy.examples.chat_platform import Platform
from deploy.examples.wire import Read
from detectors import analyze
from detectors.signals import Signals
from schemas.records import (
    ConversationMessage,
    Decision,
    DraftOutcome,
    DraftReview,
    Record,
    Role,
    TicketUpdate,
    UpdateKind,
)
from schemas.topics import key_of, topic_of
from streams.core.policy import Policy, load_policy
from tests.core.conversation import SECOND, Conversation

LINES = (
    "How do I export a list?",
    "You have charged me twice, please correct that.",
    "The order is 7710-2231.",
    "It was 12.50 euros.",
    "And how do I rename it?",
)
COLLECTS = """
based_on: default
name: default
version: 2
routes:
  - {name: security, priority: 1, reasons: [safety, security]}
  - {name: legal, priority: 2, reasons: [legal_compliance]}
  - {name: billing, priority: 2, reasons: [billing], collect: [order, amount]}
  - {name: general, priority: 3}
"""


@cache
def policy() -> Policy:
    return load_policy(COLLECTS)


@cache
def heard(text: str) -> Signals:
    return analyze([text])[0]


class Line:
    """A wire whose other end is one ticket's decisions: each side hears when it comes to it."""

    def __init__(self) -> None:
        self.ticket = Conversation(policy=policy())
        self.said = deque[Record]()
        self.coming: list[Record] = []

    def send(self, record: Record) -> None:
        """Write it; nothing is decided on it yet."""
        self.said.append(record)

    def poll(self, _timeout: float) -> list[Read]:
        read, self.coming = self.coming, []
        return [Read(topic_of(one), key_of(one), one) for one in read]

    def decide(self, most: int) -> None:
        """Decide on so many records of those that were written."""
        for _ in range(min(most, len(self.said))):
            record = self.said.popleft()
            assert isinstance(record, ConversationMessage | TicketUpdate)
            self.ticket.now += SECOND
            asked = isinstance(record, ConversationMessage) and record.role is Role.CUSTOMER
            signals = heard(record.text) if asked else None  # type: ignore[union-attr]
            step = self.ticket.apply(record, signals)
            self.coming += [one for one in step.outputs if isinstance(one, Decision)]
            if isinstance(record, TicketUpdate) or record.role is Role.HUMAN:
                self.coming.append(record)


def people_act(line: Line, chance: random.Random) -> None:
    """Somebody may approve the draft that waits, or answer a ticket that is theirs."""
    state, now = line.ticket.state, line.ticket.now
    name = f"p{chance.random()}"
    if state is not None and state.review is not None and chance.random() < 0.7:
        word = DraftReview(state.review.draft_id or "none", DraftOutcome.APPROVED)
        line.send(TicketUpdate(name, "T1", UpdateKind.DRAFT_REVIEWED, now, draft=word))
    if state is not None and state.case is not None and chance.random() < 0.3:
        line.send(ConversationMessage(name, "T1", Role.HUMAN, "I see.", now, author_id="ann"))


@pytest.mark.parametrize("late", [Late.HOLD, Late.HUMAN])
def test_however_late_a_decision_comes_nothing_goes_out_against_it(late: Late) -> None:
    spoke = 0
    for seed in range(150):
        chance, line = random.Random(seed), Line()
        platform = Platform(
            line,  # type: ignore[arg-type]
            lambda chat, chance=chance: Answer(  # type: ignore[misc]
                f"As to {chat.lines[-1].text}", chance.choice((0.95, 0.2))
            ),
            late=late,
            patience=1e9,
        )
        for text in LINES:
            platform.customer_says("T1", text)
            for _ in range(chance.randrange(5)):
                line.decide(chance.randrange(3))
                if late is Late.HUMAN and chance.random() < 0.1:
                    platform.chats["T1"].due = 0.0
                platform.poll(0)
            people_act(line, chance)
        while line.said or line.coming:
            line.decide(3)
            platform.poll(0)
        broken = [one for one in line.ticket.all(Decision) if one.contract_violation]
        assert (seed, broken, line.ticket.ticket.contract_broken) == (seed, [], False)
        assert not platform.is_waiting, seed
        spoke += any(one.role is Role.AI for one in platform.chats["T1"].lines)
    assert spoke > 50
