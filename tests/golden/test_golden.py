"""Every golden conversation is decided as a reader of the design expects, message by message."""

from collections import Counter

import pytest

from streams.core.reasons import REASONS, Code
from tests.core.conversation import Conversation
from tests.golden.playing import Heard, disagreement, play, signals_of
from tests.golden.talk import POLICIES, Golden, conversations

CONVERSATIONS = tuple(conversations())
FEWEST, FEWEST_NEAR_MISSES = 4, 2
MOST_MISREAD = 0.1
"""The share of decisions that the detectors may get wrong; more would be a worse model."""


@pytest.mark.parametrize("policy", POLICIES)
@pytest.mark.parametrize("golden", CONVERSATIONS, ids=lambda golden: golden.name)
def test_each_message_is_decided_as_expected(golden: Golden, policy: str) -> None:
    wrong = [
        f"line {number}: {found}"
        for number, heard in enumerate(play(golden, policy), 1)
        if (found := disagreement(heard, policy)) is not None
    ]
    assert not wrong


@pytest.mark.parametrize("code", REASONS)
def test_each_reason_code_has_conversations_that_fire_it_and_near_misses(code: str) -> None:
    of_code = [golden for golden in CONVERSATIONS if golden.name.startswith(f"{code}/")]
    near = [golden for golden in of_code if golden.about.startswith("Near miss")]
    fires = [
        golden
        for golden in of_code
        if any(code in (line.expected("default") or "").replace("/", " ") for line in golden.talk)
    ]
    assert len(of_code) >= FEWEST
    assert len(near) >= FEWEST_NEAR_MISSES
    assert len(fires) >= FEWEST_NEAR_MISSES


@pytest.mark.parametrize("policy", POLICIES)
def test_few_messages_are_marked_as_misread(policy: str) -> None:
    heard = [one for golden in CONVERSATIONS for one in play(golden, policy)]
    counts = Counter(
        one.line.misread_as(policy) is not None for one in heard if isinstance(one, Heard)
    )
    assert counts[True] <= MOST_MISREAD * counts.total()


@pytest.mark.parametrize(
    "code",
    [
        Code.SAFETY,
        Code.SECURITY,
        Code.LEGAL_COMPLIANCE,
        Code.BILLING,
        Code.HUMAN_REQUEST,
        Code.NEGATIVE_SENTIMENT,
        Code.URGENCY,
        Code.COMPLEX_TROUBLESHOOTING,
        Code.AI_GAVE_UP,
    ],
)
def test_the_example_of_a_reason_code_in_the_docs_fires_it(code: Code) -> None:
    talk = Conversation()
    example = REASONS[code].example
    talk.customer(example, signals_of(example))
    assert code in talk.codes
