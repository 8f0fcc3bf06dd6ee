"""Whole conversations, message by message, as the shipped policy decides them."""

from detectors.signals import Signals
from schemas.records import AccountSnapshot, Decision, DraftOutcome, DraftReview, UpdateKind
from tests.core.conversation import MINUTE, SECOND, START, Conversation, scores


def story(talk: Conversation) -> list[tuple[str, str, tuple[str, ...]]]:
    return [
        (decision.cause.value, decision.action.value, tuple(r.code for r in decision.reasons))
        for decision in talk.all(Decision)
    ]


def test_a_question_that_the_ai_answers_stays_with_the_ai() -> None:
    talk = Conversation()
    talk.customer("Hi, how do I change the time zone of my reports?", Signals(gist=(1, 2, 3)))
    talk.wait(4 * SECOND)
    talk.draft("Open Settings, then Reports.", confidence=0.93, draft_id="d1", in_reply_to="m1")
    talk.ai("Open Settings, then Reports.")
    talk.wait(MINUTE)
    talk.customer("Perfect, thanks a lot!", scores(thanks=0.9))
    talk.wait(2 * 24 * 60 * MINUTE)
    assert story(talk) == [
        ("message", "reply", ()),
        ("draft", "reply", ()),
        ("message", "reply", ()),
    ]
    assert not talk.escalations


def test_a_double_charge_goes_to_billing_and_comes_back() -> None:
    talk = Conversation()
    talk.customer("You charged me twice!", scores(billing=0.8, billing_dispute=0.9))
    talk.draft("Sorry to hear that.", draft_id="d1")
    talk.update(UpdateKind.ACCEPTED, actor_id="p1", revision=1)
    talk.wait(2 * MINUTE)
    talk.human("I have refunded the second charge.")
    talk.customer("Great. And where do I find the invoice?")
    talk.update(UpdateKind.HANDED_BACK, actor_id="p1", instructions="show where invoices are")
    talk.ai("Under Account, Invoices.")
    talk.customer("Found it, thank you", scores(thanks=0.8))
    assert story(talk) == [
        ("message", "handoff", ("billing",)),
        ("draft", "silent", ()),
        ("message", "silent", ()),
        ("update", "reply", ()),
        ("message", "reply", ()),
    ]
    assert talk.escalations[0].route == "billing"


def test_an_outage_at_a_vip_is_reviewed_first_and_then_handed_over() -> None:
    talk = Conversation(AccountSnapshot("a1", START, vip=True))
    talk.customer("Good morning, a question about exports")
    talk.draft("What would you like to know?", draft_id="d1")
    reviewed = DraftReview("d1", DraftOutcome.APPROVED, "p9")
    talk.update(UpdateKind.DRAFT_REVIEWED, draft=reviewed)
    talk.ai("What would you like to know?")
    talk.customer(
        "They fail since nine and we close the books today",
        Signals(technical=scores(technical=0.8).technical, urgency=scores(urgency=0.9).urgency),
    )
    assert story(talk) == [
        ("message", "review", ("high_stakes_account",)),
        ("draft", "review", ("high_stakes_account",)),
        ("update", "reply", ()),
        ("message", "handoff", ("urgency", "high_stakes_account")),
    ]


def test_a_customer_left_alone_by_the_ai_gets_a_person() -> None:
    talk = Conversation()
    talk.customer("Anybody there?")
    talk.wait(10 * MINUTE)
    assert story(talk) == [("message", "reply", ()), ("timer", "handoff", ("ai_no_answer",))]
