"""What of a conversation a summary is made of."""

import pytest

from detectors.signals import Found, Signals
from schemas.records import MessageStatus, Role, Summary, TranscriptEntry, Visibility
from streams.core.handoff.summary import LONGEST, summarize
from streams.core.policy import load_policy
from tests.core.conversation import Conversation, scores

PERSON = scores(human_request=0.9)


def summary(talk: Conversation) -> Summary:
    [escalation] = talk.escalations
    return escalation.package.summary


def test_what_nobody_wrote_or_sent_is_no_attempt_and_no_outcome_of_one() -> None:
    talk = Conversation()
    talk.customer("Order B-77 never arrived.", Signals(gist=(1, 2, 3)))
    talk.ai("We have got your message.", automated=True)
    talk.ai("It may be lost.", visibility=Visibility.INTERNAL)
    talk.ai("Please check the tracking page.")
    talk.draft("Shall I send it again?")
    talk.say(Role.CUSTOMER, "I am out of office.", automated=True)
    talk.customer("It says delivered. A person?", PERSON)
    [attempt] = summary(talk).attempts
    assert attempt.text == "Please check the tracking page."
    assert attempt.outcome == "customer: It says delivered. A person?"


def test_a_draft_that_is_only_reviewed_is_no_attempt_and_ends_none() -> None:
    talk = Conversation()
    talk.customer("Order B-77 never arrived.", Signals(gist=(1, 2, 3)))
    said = [
        TranscriptEntry("m1", Role.CUSTOMER, "Order B-77 never arrived.", 1),
        TranscriptEntry("m2", Role.AI, "Please wait.", 2),
        TranscriptEntry("m3", Role.AI, "It may be lost.", 3, status=MessageStatus.DRAFT),
        TranscriptEntry("m4", Role.CUSTOMER, "I have waited.", 4),
    ]
    [attempt] = summarize(talk.ticket, said).attempts
    assert (attempt.text, attempt.outcome) == ("Please wait.", "customer: I have waited.")


def test_the_next_answer_ends_an_attempt_that_nobody_replied_to() -> None:
    talk = Conversation()
    talk.customer("Order B-77 never arrived.", Signals(gist=(1, 2, 3)))
    talk.ai("Please wait.")
    talk.ai("Please check the tracking page.")
    talk.customer("A person?", PERSON)
    assert [one.outcome for one in summary(talk).attempts] == [
        "no reply before the next answer",
        "customer: A person?",
    ]


def test_the_issue_is_in_the_customers_first_own_words_where_none_says_what_it_is_about() -> None:
    talk = Conversation()
    talk.say(Role.CUSTOMER, "I am out of office.", automated=True)
    talk.customer("hi")
    talk.customer("   ")
    talk.customer("a person please", PERSON)
    assert summary(talk).issue == "hi […] a person please"


def test_what_is_said_twice_is_the_issue_once() -> None:
    talk = Conversation()
    talk.customer("a person please")
    talk.ai("Of course.")
    talk.customer("a person  please", PERSON)
    assert summary(talk).issue == "a person please"
    silent = Conversation()
    silent.customer(" ")
    silent.customer("a person please", PERSON)
    assert summary(silent).issue == "a person please"


def test_a_question_is_asked_for_whatever_is_said_after_it() -> None:
    talk = Conversation()
    talk.customer("Where is it? Can a person look? It is urgent.", PERSON)
    assert summary(talk).asked == "Can a person look?"


def test_a_message_in_another_language_is_summed_up_in_its_translation() -> None:
    talk = Conversation()
    talk.customer("Ein Mensch, bitte.", PERSON, translated_text="A person, please.")
    assert (summary(talk).issue, summary(talk).asked) == ("A person, please.", "A person, please.")


def size(told: Summary) -> int:
    attempts = sum(len(one.text) + len(one.outcome) for one in told.attempts)
    given = sum(len(one.kind) + len(one.value) for one in told.given)
    return len(told.issue) + len(told.asked or "") + attempts + given


@pytest.mark.parametrize("given", [0, 20])
@pytest.mark.parametrize("rounds", [1, 9, 40])
def test_a_summary_is_as_long_as_it_may_be_whatever_was_said(rounds: int, given: int) -> None:
    patient = "triggers: {ai_loop: {rounds_without_progress: 99, rounds: 99}}"
    talk = Conversation(policy=load_policy(f"based_on: default\n{patient}"))
    found = tuple(Found("url", f"{n}".ljust(27, "x"), (0, 1)) for n in range(given))
    talk.customer("i" * 500, Signals(entities=found, gist=(1, 2)))
    for number in range(rounds):
        talk.ai(f"Try {number:02} ".ljust(200, "x"))
        talk.customer(f"No {number:02} ".ljust(200, "x"))
    talk.customer("w" * 500, PERSON)
    told = summary(talk)
    assert size(told) <= LONGEST
    assert told.issue == f"{'i' * 159}… […] {'w' * 159}…"
    assert told.asked == "w" * 109 + "…"
    assert all(len(one.text) <= 60 and len(one.outcome) <= 60 for one in told.attempts)
    if rounds == 40:
        earlier = rounds - len(told.attempts) + 1
        assert told.attempts[0].text.startswith(f"{earlier} earlier attempts: Try 00")
        assert told.attempts[0].outcome.startswith(f"customer: No {earlier - 1:02}")


def test_of_what_was_given_the_pressing_and_then_the_newest_is_told_as_far_as_there_is_room() -> (
    None
):
    talk = Conversation()
    order = Found("order", "B-77", (0, 4))
    talk.customer("B-77", Signals(entities=(order,)))
    for number in range(20):
        value = f"https://x.example/{number:02}/".ljust(97, "x")
        talk.customer("see", Signals(entities=(Found("url", value, (0, 3)),)))
    talk.customer("a person please", PERSON)
    told = summary(talk)
    assert [one.value[:20] for one in told.given] == [
        "B-77",
        *(f"https://x.example/{number:02}" for number in range(9, 20)),
    ]
    assert LONGEST - 100 < size(told) <= LONGEST


@pytest.mark.parametrize(
    ("rounds", "issue", "given"), [(22, 108, 0), (13, 141, 4), (13, 141, 20), (17, 148, 2)]
)
def test_each_attempt_is_told_as_long_as_what_was_given_leaves_room_for_some_words_of_each(
    rounds: int, issue: int, given: int
) -> None:
    patient = "triggers: {ai_loop: {rounds_without_progress: 99, rounds: 99}}"
    for more in (0, 1):
        talk = Conversation(policy=load_policy(f"based_on: default\n{patient}"))
        found = tuple(Found("url", f"{n}".ljust(97, "x"), (0, 1)) for n in range(given))
        talk.customer("x" * (issue + more), Signals(entities=found, gist=(1, 2)))
        for _ in range(rounds):
            talk.ai("Please try this once more, and tell me what it says.")
        talk.customer("a person please", PERSON)
        attempts = summary(talk).attempts
        assert (len(attempts) == rounds) is (more == 0)
        assert ("earlier attempts" in attempts[0].text) is (more == 1)


def test_what_fills_the_room_to_the_last_character_is_told() -> None:
    for more, told in ((0, 1), (1, 0)):
        talk = Conversation()
        # The issue is asked for, too.
        room = LONGEST - 2 * len("a person please") - len("url")
        value = "x" * (room + more)
        talk.customer("a person please", Signals(entities=(Found("url", value, (0, 1)),)))
        talk.customer("a person please", PERSON)
        assert len(summary(talk).given) == told
