"""What `baton explain` tells of a decision."""

import pytest
from msgspec.structs import replace

from detectors.signals import Signals
from schemas.records import (
    AccountSnapshot,
    Decision,
    DraftOutcome,
    DraftReview,
    Mode,
    UpdateKind,
)
from streams.core.explaining import Explanation, explain, figure
from streams.core.policy import Policy, default_policy, load_policy
from tests.core.conversation import START, Conversation, scores

TEXT = "You took it twice and I do not know why"


def told(talk: Conversation, policy: Policy | None = None) -> Explanation:
    return explain(talk.decision, {"m1": TEXT}, policy or default_policy())


def said_once(signals: Signals, account: AccountSnapshot | None = None) -> Explanation:
    talk = Conversation(account)
    talk.customer(TEXT, signals)
    return told(talk)


def test_what_fired_is_told_with_its_score_threshold_and_words() -> None:
    explanation = said_once(scores(urgency=0.8))
    [fired] = explanation.fired
    assert (fired.code, fired.tier, fired.score, fired.threshold) == ("urgency", 2, 0.8, 0.5)
    assert (explanation.said, fired.message_id, fired.quote) == (TEXT, "m1", "You")


def test_what_nearly_fired_is_told_with_the_threshold_that_would_have_handed_over() -> None:
    explanation = said_once(scores(billing=0.46, urgency=0.31, safety=0.2))
    assert [near.code for near in explanation.near] == ["billing", "urgency"]
    assert explanation.changes[0] == (
        "With a threshold of 0.46 instead of 0.50 for billing a person would have taken over."
    )


def test_a_score_a_hair_below_its_threshold_is_not_rounded_up_to_it() -> None:
    explanation = said_once(scores(billing=0.4999))
    assert "With a threshold of 0.49 instead of 0.50" in explanation.changes[0]
    assert figure("billing", 0.29) == "0.29"


def test_of_one_reason_the_threshold_is_told_that_would_have_left_the_ticket_with_the_ai() -> None:
    assert said_once(scores(urgency=0.8)).changes == (
        "Without urgency the AI would have answered: with a threshold above 0.80 instead of 0.50.",
    )


def test_of_several_reasons_each_is_said_to_be_enough() -> None:
    explanation = said_once(scores(urgency=0.8, human_request=0.9))
    assert explanation.changes == (
        "Each of them is enough; without human_request and urgency the AI would have answered.",
    )


@pytest.mark.parametrize("name", ["safety", "security", "legal_compliance"])
def test_what_is_never_relaxed_is_not_offered_as_a_threshold(name: str) -> None:
    [change] = said_once(scores(**{name: 0.8})).changes
    assert change.endswith("no policy relaxes it.")


def test_a_contested_charge_would_still_be_billing_so_no_threshold_is_offered() -> None:
    [change] = said_once(scores(billing=0.8, billing_dispute=0.9)).changes
    assert "threshold" not in change


def test_a_review_tells_what_would_have_answered_and_what_would_have_handed_over() -> None:
    vip = AccountSnapshot("a1", START, vip=True)
    explanation = said_once(scores(human_request=0.4), vip)
    assert explanation.changes == (
        "Without high_stakes_account the AI would have answered.",
        "With a threshold of 0.40 instead of 0.45 for human_request "
        "a person would have taken over.",
    )


def test_a_count_that_is_one_short_nearly_fired() -> None:
    explanation = said_once(Signals(complexity=2))
    assert explanation.changes == (
        "With 3 linked variables instead of 2 a person would have checked the draft "
        "(complex_troubleshooting).",
    )


def test_once_a_person_has_the_ticket_nothing_is_said_to_change_it() -> None:
    talk = Conversation()
    talk.customer(TEXT, scores(human_request=0.9))
    talk.customer("hello?", scores(urgency=0.4))
    assert told(talk).changes == ("A person has the ticket: no message gives it back to the AI.",)


def test_an_approved_draft_is_told_to_come_from_its_review() -> None:
    talk = Conversation(AccountSnapshot("a1", START, vip=True))
    talk.customer(TEXT)
    talk.draft(draft_id="d1")
    talk.update(UpdateKind.DRAFT_REVIEWED, draft=DraftReview("d1", DraftOutcome.APPROVED))
    assert "review" in told(talk).changes[0]


def test_what_a_policy_only_records_is_told_so() -> None:
    policy = load_policy("based_on: default\nname: watch\nversion: 1\nmode: shadow")
    talk = Conversation(policy=policy)
    talk.customer(TEXT, scores(urgency=0.8, billing=0.4))
    [watched] = [one for one in talk.all(Decision) if one.mode is Mode.SHADOW]
    [change, *_] = explain(watched, {"m1": TEXT}, policy).changes
    assert "tier 0 would have been recorded" in change


def test_an_advised_reason_is_told_and_counts_for_nothing() -> None:
    policy = load_policy(
        "based_on: default\nname: ours\nversion: 1\nmodes: {triggers: {urgency: {mode: advise}}}"
    )
    talk = Conversation(policy=policy)
    talk.customer(TEXT, scores(urgency=0.8, human_request=0.9))
    explanation = told(talk, policy)
    assert {fired.code: fired.mode for fired in explanation.fired} == {
        "urgency": "advise",
        "human_request": "enforce",
    }
    assert explanation.changes[0].startswith("Without human_request the AI would have answered")


def test_a_message_that_is_not_at_hand_is_not_quoted() -> None:
    talk = Conversation()
    talk.customer(TEXT, scores(urgency=0.8))
    explanation = explain(talk.decision, {}, default_policy())
    assert explanation.said is None
    assert explanation.fired[0].quote is None


def test_what_complexity_would_have_led_to_is_told_by_the_numbers_of_the_segment() -> None:
    own = load_policy(
        "based_on: default\ntriggers: {complex_troubleshooting: "
        "{segments: {default: {review_from: 2, handoff_from: 2}}}}"
    )
    talk = Conversation(policy=own)
    talk.customer(TEXT, Signals(complexity=1))
    assert [(near.code, near.tier) for near in told(talk, own).near] == [
        ("complex_troubleshooting", 2)
    ]
    elsewhere = replace(talk.decision, used=replace(talk.decision.used, segment="gone"))
    assert [near.tier for near in explain(elsewhere, {}, own).near] == [1]
