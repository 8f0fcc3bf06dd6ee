"""Where a reason was seen: the message, and its characters."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from detectors.signals import Signal, Signals
from schemas.records import AnomalyLink, Attachment, Evidence
from streams.core.reasons import Code
from tests.core.conversation import MINUTE, START, Conversation

WORDS = "It does not work, whatever I do."


def a_fall(talk: Conversation) -> None:
    for _ in range(3):
        talk.customer("fine")
    talk.customer(WORDS, Signals(negative=Signal(0.9, (3, 16))))


def many_variables(talk: Conversation) -> None:
    talk.customer(WORDS, Signals(technical=Signal(0.9), complexity=4, complexity_span=(3, 16)))


def round_after_round(talk: Conversation) -> None:
    for number in range(3):
        talk.customer("no", message_id=f"c{number}")
        talk.ai("Try again.")
    talk.customer(WORDS, message_id="c3")


def the_same_again(talk: Conversation) -> None:
    for last in (4, 5, 6):
        talk.customer(WORDS, Signals(gist=(1, 2, 3, last)), message_id=f"c{last}")
        talk.ai("Which one?")


def says_it_did_not_help(talk: Conversation) -> None:
    talk.customer("how?")
    talk.ai("Like this.")
    talk.customer(WORDS, Signals(ai_failed=Signal(0.9, (3, 16))))


def gives_up(talk: Conversation) -> None:
    talk.customer("how?")
    talk.ai("I cannot help.", gave_up=True)


def gives_up_in_a_draft(talk: Conversation) -> None:
    talk.customer("how?")
    talk.draft("I cannot help.", gave_up=True, draft_id="d1")


def nobody_answers(talk: Conversation) -> None:
    talk.customer("first")
    talk.customer(WORDS)
    talk.wait(MINUTE)


def open_for_long(talk: Conversation) -> None:
    talk.customer("how?")
    talk.ai("Done.")
    talk.wait(15 * MINUTE)
    talk.customer(WORDS, message_id="c2")


def open_without_a_word(talk: Conversation) -> None:
    rules = talk.policy.triggers
    patient = replace(rules, ai_no_answer=replace(rules.ai_no_answer, tier=0))
    talk.policy = replace(talk.policy, triggers=patient)
    talk.customer(WORDS)
    talk.wait(15 * MINUTE)


def not_understood(talk: Conversation) -> None:
    talk.customer(WORDS, Signals(unreadable=True))


def a_picture(talk: Conversation) -> None:
    talk.customer(" ", attachments=(Attachment("image/png"),))


def never_learned(talk: Conversation) -> None:
    talk.customer(WORDS, Signals(unfamiliar=Signal(0.99, (3, 16))))


def an_incident(talk: Conversation) -> None:
    talk.incidents = lambda *_: AnomalyLink("a1", "Imports fail", START, 9)
    talk.customer(WORDS)


PART, WHOLE = (3, 16), (0, len(WORDS))


@pytest.mark.parametrize(
    ("code", "told", "where"),
    [
        (Code.SENTIMENT_DROP, a_fall, Evidence("m4", *PART)),
        (Code.COMPLEX_TROUBLESHOOTING, many_variables, Evidence("m1", *PART)),
        (Code.AI_LOOP, round_after_round, Evidence("c3", *WHOLE)),
        (Code.REPEATED_QUESTION, the_same_again, Evidence("c6", *WHOLE)),
        (Code.AI_GAVE_UP, says_it_did_not_help, Evidence("m3", *PART)),
        (Code.AI_GAVE_UP, gives_up, Evidence("m2", 0, 14)),
        (Code.AI_GAVE_UP, gives_up_in_a_draft, Evidence("m2", 0, 14)),
        (Code.AI_NO_ANSWER, nobody_answers, Evidence("m2", 0, 0)),
        (Code.OPEN_TIME, open_for_long, Evidence("c2", *WHOLE)),
        (Code.OPEN_TIME, open_without_a_word, Evidence("m1", 0, 0)),
        (Code.UNREADABLE, not_understood, Evidence("m1", *WHOLE)),
        (Code.UNREADABLE, a_picture, Evidence("m1", 0, 1)),
        (Code.OUT_OF_PATTERN, never_learned, Evidence("m1", *PART)),
        (Code.ANOMALY_LINK, an_incident, Evidence("m1", *WHOLE)),
    ],
)
def test_a_reason_names_the_message_and_the_characters(
    code: Code, told: Callable[[Conversation], None], where: Evidence
) -> None:
    """What only time tells has no characters, only the message that waits."""
    talk = Conversation()
    told(talk)
    [reason] = [one for one in talk.decision.reasons if one.code == code]
    assert reason.evidence == (where,)
