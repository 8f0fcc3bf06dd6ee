"""What platforms, reviewers and desks can rely on, also when events come late or oddly."""

import pytest
from msgspec.structs import replace

from detectors.signals import Fingerprint, Found, Signal, Signals
from schemas.codec import Codec
from schemas.fields import LONGEST_ID
from schemas.records import (
    AccountActivity,
    AccountSnapshot,
    ActivityKind,
    ContextSection,
    Decision,
    DraftOutcome,
    DraftReview,
    EscalationUpdate,
    ProblemReport,
    Record,
    RequesterFlood,
    ReviewRequest,
    TicketOutcome,
    UpdateKind,
    Verdict,
)
from streams.core.policy import Policy, default_policy, load_policy
from streams.core.tickets import Owner
from streams.core.tickets.used import account_used
from tests.core.conversation import DAY, HOUR, MINUTE, START, Conversation, scores

ANGRY = scores(negative=0.9)
THANKS = scores(thanks=0.9)
VIP = AccountSnapshot("a1", START, vip=True)


def answered() -> Conversation:
    talk = Conversation()
    talk.customer()
    talk.draft(draft_id="d1", in_reply_to="m1")
    return talk


def drafted() -> Conversation:
    talk = Conversation(VIP)
    talk.customer("hello")
    talk.draft("Hello!", draft_id="d1", in_reply_to="m1")
    return talk


def resolved_by_a_person() -> Conversation:
    talk = Conversation()
    talk.customer("I was charged twice", scores(billing=0.9))
    talk.human("Refunded.")
    talk.update(UpdateKind.RESOLVED)
    return talk


def violations(talk: Conversation) -> int:
    return talk.ticket.violations


# The send gate.


def test_a_draft_for_a_message_that_never_came_is_let_out_by_no_decision() -> None:
    talk = Conversation()
    talk.draft("Hello!", draft_id="d1", in_reply_to="m1")
    assert (talk.decision.action, talk.decision.tier) == ("none", 0)


def test_an_answer_from_the_draft_that_was_let_out_keeps_the_contract() -> None:
    talk = answered()
    talk.ai(draft_id="d1", in_reply_to="m1")
    assert violations(talk) == 0


@pytest.mark.parametrize("draft_id", ["d0", "d2"])
def test_an_answer_from_a_draft_that_no_decision_let_out_breaks_the_contract(draft_id: str) -> None:
    talk = answered()
    talk.ai(draft_id=draft_id, in_reply_to="m1")
    talk.customer("and now?")
    assert talk.decision.contract_violation


def test_an_answer_that_names_no_message_is_to_the_last_and_keeps_the_contract() -> None:
    talk = Conversation()
    talk.customer()
    talk.ai()
    assert violations(talk) == 0
    talk.draft("Better?", draft_id="d1")
    assert talk.decision.message_id == "m1"


def test_only_the_latest_draft_may_go_out() -> None:
    talk = answered()
    talk.draft("Or this.", draft_id="d2", in_reply_to="m1")
    talk.ai(draft_id="d1", in_reply_to="m1")
    assert violations(talk) == 1


@pytest.mark.parametrize("draft_id", ["d1", None], ids=["draft", "without drafts"])
def test_a_later_customer_message_voids_what_was_not_yet_sent(draft_id: str | None) -> None:
    talk = answered()
    talk.wait(1_000)
    talk.customer("wait, one more thing")
    talk.wait(1_000)
    talk.ai(draft_id=draft_id, in_reply_to="m1")
    assert violations(talk) == 1


def test_an_answer_that_crossed_the_customers_message_breaks_nothing() -> None:
    talk = answered()
    sent_at = talk.now
    talk.wait(1_000)
    talk.customer("wait, one more thing")
    event_time, talk.now = talk.now, sent_at
    talk.ai(draft_id="d1", in_reply_to="m1")
    talk.now = event_time
    assert violations(talk) == 0


def test_an_answer_that_crossed_the_customers_message_leaves_that_one_waiting() -> None:
    talk = answered()
    talk.wait(1_000)
    talk.customer("wait, one more thing")
    talk.ai(draft_id="d1", in_reply_to="m1")
    talk.wait(MINUTE)
    assert (talk.decision.action, talk.codes) == ("handoff", {"ai_no_answer"})


def test_the_outcome_counts_the_violations_of_its_episode() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    talk.ai()
    talk.ai()
    talk.update(UpdateKind.RESOLVED)
    assert [outcome.contract_violations for outcome in talk.all(TicketOutcome)] == [2]


# Reviews.


def test_a_review_tells_its_desk_every_change_under_a_rising_revision() -> None:
    talk = drafted()
    talk.customer("wait")
    talk.draft("Better?", draft_id="d2")
    talk.update(UpdateKind.DRAFT_REVIEWED, draft=DraftReview("d2", DraftOutcome.APPROVED))
    told = [(one.revision, one.state, one.draft_id) for one in talk.all(ReviewRequest)]
    assert told == [
        (1, "waiting", None),
        (2, "waiting", "d1"),
        (3, "waiting", None),
        (4, "waiting", "d2"),
        (5, "answered", "d2"),
    ]
    assert len({one.review_id for one in talk.all(ReviewRequest)}) == 1


@pytest.mark.parametrize(
    ("outcome", "state"), [(DraftOutcome.REJECTED, "answered"), (DraftOutcome.EXPIRED, "expired")]
)
def test_a_review_that_ends_in_a_handoff_is_taken_from_the_reviewers(
    outcome: DraftOutcome, state: str
) -> None:
    talk = drafted()
    talk.update(UpdateKind.DRAFT_REVIEWED, draft=DraftReview("d1", outcome))
    assert (talk.all(ReviewRequest)[-1].state, talk.ticket.owner) == (state, Owner.HUMAN)


def test_a_handoff_for_another_reason_supersedes_the_review() -> None:
    talk = drafted()
    talk.customer("awful", ANGRY)
    assert talk.all(ReviewRequest)[-1].state == "superseded"
    codes = sorted(one.code for one in talk.escalations[0].reasons)
    assert codes == ["high_stakes_account", "negative_sentiment"], "each is named once"


def test_another_draft_for_the_same_message_gets_no_more_time() -> None:
    talk = drafted()
    due_at = talk.all(ReviewRequest)[-1].due_at
    talk.wait(2 * MINUTE)
    talk.draft("Hello again!", draft_id="d2", in_reply_to="m1")
    assert talk.all(ReviewRequest)[-1].due_at == due_at


def test_a_reviewer_sees_the_question_until_there_is_a_draft_and_then_the_draft() -> None:
    talk = Conversation(VIP)
    talk.customer("How much is it?")
    [asked] = talk.new(ReviewRequest)
    assert (asked.question, asked.draft_text, asked.confidence) == ("How much is it?", None, None)
    talk.draft("Nine euros.", draft_id="d1", in_reply_to="m1", confidence=0.8)
    [drafted] = talk.new(ReviewRequest)
    assert (drafted.question, drafted.draft_text, drafted.confidence) == (None, "Nine euros.", 0.8)


def test_a_newer_message_gives_the_ai_its_time_for_another_draft() -> None:
    talk = drafted()
    talk.wait(2 * MINUTE + 30_000)
    talk.customer("wait, another thing")
    assert talk.all(ReviewRequest)[-1].due_at == talk.now + MINUTE


def test_who_says_thanks_while_a_draft_is_reviewed_waits_for_nothing() -> None:
    talk = drafted()
    assert talk.ticket.open_due
    talk.customer("thanks", THANKS)
    assert talk.ticket.owner is Owner.REVIEW
    assert not talk.ticket.open_due


def test_an_ai_that_gives_up_beside_a_review_changes_nothing_where_that_is_only_reviewed() -> None:
    talk = Conversation(VIP, with_triggers("ai_gave_up: {tier: 1}"))
    talk.customer("hello")
    talk.ai("I cannot help.", gave_up=True)
    assert (talk.new(Decision), talk.ticket.owner) == ([], Owner.REVIEW)


def test_what_becomes_a_review_waits_for_the_reviewer_and_not_for_the_ai() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=VIP)
    assert (talk.ticket.owner, talk.ticket.answer_due) == (Owner.REVIEW, None)


def test_a_draft_is_in_the_transcript_where_a_person_sees_it() -> None:
    free, reviewed = answered(), drafted()
    assert free.step.appended is None
    assert reviewed.step.appended is not None
    assert reviewed.step.appended.status == "draft"


def test_a_draft_after_the_approved_one_is_reviewed_as_well() -> None:
    talk = drafted()
    talk.update(UpdateKind.DRAFT_REVIEWED, draft=DraftReview("d1", DraftOutcome.APPROVED))
    talk.draft("Something else.", draft_id="d2", in_reply_to="m1")
    assert (talk.decision.action, talk.codes) == ("review", {"high_stakes_account"})


def test_a_word_on_a_superseded_draft_lets_nothing_out_and_is_on_record() -> None:
    talk = drafted()
    talk.customer("wait")
    talk.update(UpdateKind.DRAFT_REVIEWED, draft=DraftReview("d1", DraftOutcome.APPROVED))
    [decision] = talk.new(Decision)
    assert (decision.action, talk.ticket.owner) == ("none", Owner.REVIEW)


# Collecting.


def collecting() -> Policy:
    policy = default_policy()
    routes = tuple(replace(route, collect=("order", "version")) for route in policy.routes)
    return replace(policy, routes=routes)


def test_until_somebody_takes_it_the_ai_may_ask_for_what_the_route_wants_to_know() -> None:
    talk = Conversation(policy=collecting())
    talk.customer("awful", ANGRY)
    assert (talk.decision.action, talk.decision.collect) == ("handoff", ("order", "version"))
    talk.ai("Which order is it?")
    talk.customer("7", Signals(entities=(Found("order", "7", (0, 1)),)))
    assert (talk.decision.action, talk.decision.collect) == ("collect", ("version",))
    assert not talk.decision.contract_violation
    talk.update(UpdateKind.ACCEPTED, actor_id="p1")
    talk.customer("hello?")
    assert (talk.decision.action, talk.decision.collect) == ("silent", ())


def test_only_an_answer_to_the_customer_or_a_draft_lets_the_ai_collect() -> None:
    talk = Conversation(policy=collecting())
    talk.customer("awful", ANGRY)
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=replace(VIP, tier="enterprise"))
    assert (talk.decision.cause, talk.decision.action) == ("update", "silent")
    talk.draft("Which order is it?")
    assert (talk.decision.action, talk.decision.collect) == ("collect", ("order", "version"))


def test_once_a_person_has_answered_the_ai_collects_no_more() -> None:
    talk = Conversation(policy=collecting())
    talk.customer("awful", ANGRY)
    talk.human()
    talk.customer("hello?")
    assert (talk.decision.action, talk.decision.collect) == ("silent", ())


def test_nothing_is_collected_unless_the_policy_says_what() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    talk.customer("hello?")
    assert (talk.decision.action, talk.decision.collect) == ("silent", ())


# Hand-back, return, verdict.


def test_the_ai_gets_the_persons_instructions_until_the_episode_ends() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    talk.update(UpdateKind.HANDED_BACK, instructions="send the guide")
    assert talk.decision.instructions == "send the guide"
    talk.customer("and?")
    assert talk.decision.instructions == "send the guide"
    talk.customer("awful", ANGRY)
    assert talk.decision.instructions is None


def test_what_a_person_resolved_comes_back_to_people_within_a_week() -> None:
    talk = resolved_by_a_person()
    talk.wait(6 * DAY)
    talk.customer("the money has not come")
    assert (talk.decision.action, talk.codes) == ("handoff", {"reopened"})
    assert talk.escalations[-1].route == "billing"
    assert talk.ticket.reopened


def test_what_comes_back_is_as_pressing_as_the_queue_it_was_on() -> None:
    talk = Conversation()
    talk.customer("Somebody is in my account.", scores(security=0.9))
    talk.human()
    talk.update(UpdateKind.RESOLVED)
    talk.customer("Still me.")
    again = talk.escalations[-1]
    assert (again.route, again.priority, talk.codes) == ("security", 1, {"reopened"})


def test_what_comes_back_with_something_new_goes_where_that_belongs() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    talk.human()
    talk.update(UpdateKind.RESOLVED)
    talk.customer("I was charged twice", scores(billing=0.9))
    assert talk.escalations[-1].route == "billing"


def test_a_handoff_names_what_a_reviewer_had_let_pass_too() -> None:
    talk = drafted()
    talk.update(UpdateKind.DRAFT_REVIEWED, draft=DraftReview("d1", DraftOutcome.APPROVED))
    talk.wait(HOUR)
    assert talk.codes == {"ai_no_answer"}
    reasons = {one.code for one in talk.escalations[0].reasons}
    assert reasons == {"high_stakes_account", "ai_no_answer"}


def test_what_the_ai_hands_over_anew_goes_where_it_belongs_and_not_where_it_was() -> None:
    talk = Conversation()
    talk.customer("I was charged twice", scores(billing=0.9))
    talk.update(UpdateKind.HANDED_BACK)
    talk.customer("awful", ANGRY)
    assert talk.escalations[-1].route == "general"


def test_thanks_for_what_a_person_resolved_call_nobody_but_for_what_else_they_say() -> None:
    talk = resolved_by_a_person()
    talk.customer("thank you", THANKS)
    assert (talk.decision.action, talk.codes, talk.ticket.owner) == ("none", set(), Owner.CLOSED)
    talk.customer("thanks, but you charged me again", scores(thanks=0.9, billing=0.9))
    assert (talk.decision.action, talk.codes) == ("handoff", {"billing", "reopened"})


def test_after_a_week_it_is_another_matter() -> None:
    talk = resolved_by_a_person()
    talk.wait(8 * DAY)
    talk.customer("how do I export?")
    assert (talk.decision.action, talk.ticket.reopened) == ("reply", False)


def test_after_two_hand_backs_the_ai_is_out_for_good() -> None:
    talk = Conversation()
    for _ in range(2):
        talk.customer("awful", ANGRY)
        talk.update(UpdateKind.HANDED_BACK)
    talk.customer("awful", ANGRY)
    talk.update(UpdateKind.RESOLVED)
    talk.wait(20 * DAY)
    talk.customer("hello")
    assert talk.codes == {"reopened"}


def test_a_platform_that_reopens_gives_it_back_to_whom_it_was() -> None:
    talk = resolved_by_a_person()
    talk.update(UpdateKind.REOPENED)
    assert (talk.decision.action, talk.codes) == ("handoff", {"reopened"})
    other = Conversation()
    other.customer()
    other.update(UpdateKind.RESOLVED)
    other.update(UpdateKind.REOPENED)
    assert (other.decision.action, other.ticket.owner) == ("reply", Owner.AI)
    other.wait(MINUTE)
    assert other.codes == {"ai_no_answer"}


def test_a_verdict_after_the_hand_back_joins_the_episode_that_was_judged() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    talk.update(UpdateKind.HANDED_BACK)
    talk.update(UpdateKind.VERDICT, verdict=Verdict(needed=False))
    [outcome] = talk.new(TicketOutcome)
    assert (outcome.episode, outcome.revision, outcome.verdict) == (1, 2, Verdict(needed=False))
    assert talk.ticket.verdict is None


def judged_late() -> Conversation:
    """Handed back twice; then comes a verdict on the first escalation."""
    talk = Conversation()
    for _ in range(2):
        talk.customer("awful", ANGRY)
        talk.update(UpdateKind.HANDED_BACK)
    talk.update(UpdateKind.VERDICT, verdict=Verdict(needed=False), escalation_id="T1/e/1")
    return talk


def test_a_verdict_on_an_escalation_that_ended_long_ago_joins_no_other_outcome() -> None:
    talk = judged_late()
    assert talk.new(TicketOutcome) == []


def test_a_verdict_on_an_escalation_that_ended_long_ago_does_not_judge_what_runs_now() -> None:
    talk = judged_late()
    talk.update(UpdateKind.RESOLVED)
    [outcome] = talk.new(TicketOutcome)
    assert (outcome.episode, outcome.verdict) == (3, None)


def test_a_verdict_joins_the_escalation_that_it_names_also_while_another_is_open() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    talk.update(UpdateKind.HANDED_BACK)
    talk.customer("awful", ANGRY)
    talk.update(UpdateKind.VERDICT, verdict=Verdict(needed=True), escalation_id="T1/e/1")
    [outcome] = talk.new(TicketOutcome)
    assert (outcome.episode, outcome.verdict) == (1, Verdict(needed=True))
    assert talk.ticket.verdict is None


@pytest.mark.parametrize(
    ("last", "outcome"), [("thanks", "confirmed"), ("pending", "abandoned"), ("ai", "assumed")]
)
def test_a_long_silence_says_what_it_means(last: str, outcome: str) -> None:
    talk = Conversation()
    talk.customer()
    talk.ai()
    if last == "thanks":
        talk.customer("thanks!", THANKS)
    elif last == "pending":
        talk.update(UpdateKind.PENDING_ON_CUSTOMER)
    talk.wait(DAY)
    assert [one.outcome for one in talk.all(TicketOutcome)] == [outcome]


# Accounts.


def test_a_decision_names_what_it_was_made_from_so_that_it_can_be_made_again() -> None:
    flood = RequesterFlood("r1", 22, START)
    talk = Conversation()
    talk.customer()
    talk.update(
        UpdateKind.IDENTIFIED,
        account_id="a1",
        verified=True,
        account=AccountSnapshot("a1", START, flood=flood),
    )
    assert talk.decision.used.account_verified is True
    again = account_used(talk.decision)
    assert again is not None
    assert (again.account_id, again.as_of, again.flood) == ("a1", START, flood)


def test_another_account_does_not_inherit_that_the_first_was_verified() -> None:
    talk = Conversation()
    talk.update(UpdateKind.IDENTIFIED, account_id="a1", verified=True)
    first = talk.ticket
    assert first.verified is True
    talk.update(UpdateKind.IDENTIFIED, account_id="a2")
    now = talk.ticket
    assert (now.account_id, now.verified) == ("a2", None)


def test_the_account_hears_of_the_first_message_with_the_opening() -> None:
    talk = Conversation()
    talk.customer("a person please", scores(human_request=0.9, negative=0.4))
    opened, escalated = talk.new(AccountActivity)
    assert (opened.kind, escalated.kind) == (ActivityKind.OPENED, ActivityKind.ESCALATED)
    assert (opened.message_id, opened.negative, opened.tier) == ("m1", 0.4, 2)
    talk.customer("hello?", scores(negative=0.2))
    [written] = talk.new(AccountActivity)
    assert written.kind is ActivityKind.MESSAGE
    assert (written.message_id, written.negative) == ("m2", 0.2)


def test_an_opening_that_is_no_message_of_the_customer_has_no_mood() -> None:
    talk = Conversation()
    talk.update(UpdateKind.IDENTIFIED, account_id="a1")
    [opened] = talk.new(AccountActivity)
    assert (opened.kind, opened.message_id, opened.negative) == (ActivityKind.OPENED, None, None)


def test_a_corrected_account_leaves_the_first_ones_history() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.IDENTIFIED, account_id="a2")
    told = [(one.kind, one.account_id) for one in talk.new(AccountActivity)]
    assert told == [(ActivityKind.LEFT, "a1"), (ActivityKind.OPENED, "a2")]


def test_an_unknown_account_is_in_the_default_segment_by_name() -> None:
    talk = Conversation()
    talk.customer()
    assert (talk.decision.used.segment, talk.decision.used.profile_as_of) == ("default", None)


def test_a_profile_that_comes_late_decides_the_waiting_message_again() -> None:
    talk = Conversation()
    talk.customer("hm", Signals(billing=Signal(0.46, (0, 2))))
    assert talk.decision.action == "reply"
    known = AccountSnapshot("a1", START, tier="enterprise")
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=known)
    [reason] = talk.decision.reasons
    assert (talk.decision.action, reason.code) == ("handoff", "billing")
    assert reason.evidence[0].message_id == "m1"


def test_what_would_be_reviewed_is_not_while_no_customer_waits() -> None:
    talk = Conversation()
    talk.customer()
    talk.ai()
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=VIP)
    assert (talk.decision.action, talk.codes) == ("none", {"high_stakes_account"})
    assert talk.ticket.owner is Owner.AI


ENTERPRISE = AccountSnapshot("a1", START, tier="enterprise")
ASKED = Signals(gist=(1, 2, 3))


def with_triggers(rules: str) -> Policy:
    return load_policy(f"based_on: default\nname: ours\nversion: 1\ntriggers: {{{rules}}}")


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("ai_loop: {segments: {enterprise: {rounds_without_progress: 1}}}", "ai_loop"),
        ("ai_loop: {segments: {enterprise: {rounds: 1}}}", "ai_loop"),
        ("repeated_question: {segments: {enterprise: {repeats: 1}}}", "repeated_question"),
    ],
)
def test_rounds_that_are_too_many_for_an_account_that_comes_late_go_to_a_person(
    rules: str, code: str
) -> None:
    talk = Conversation(policy=with_triggers(rules))
    talk.customer("Where is it?", ASKED)
    talk.ai()
    talk.customer("But where is it?", ASKED)
    assert talk.decision.action == "reply"
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=ENTERPRISE)
    [reason] = talk.decision.reasons
    assert (talk.decision.action, reason.code) == ("handoff", code)
    assert reason.evidence[0].message_id == "m3"


ALIKE = "repeated_question: {repeats: 1, segments: {enterprise: {similarity: 0.2}}}"
ASKED_ALIKE = Signals(gist=(3, 4, 5))
"""A fifth of all that is said in either is said in both."""


def asked_alike() -> Conversation:
    talk = Conversation(policy=with_triggers(ALIKE), account_id=None)
    talk.customer("Where is it?", ASKED)
    talk.ai()
    talk.customer("When will it come?", ASKED_ALIKE)
    assert talk.ticket.repeats == 0
    return talk


def test_what_counts_as_the_same_question_is_asked_again_for_an_account_that_comes_late() -> None:
    talk = asked_alike()
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=ENTERPRISE)
    assert (talk.decision.action, talk.codes) == ("handoff", {"repeated_question"})


def test_what_counts_as_the_same_question_is_asked_again_when_a_message_names_the_account() -> None:
    talk = asked_alike()
    talk.account = ENTERPRISE
    talk.customer("Hello?", account_id="a1")
    assert (talk.decision.action, talk.codes) == ("handoff", {"repeated_question"})


def test_questions_that_were_the_same_stay_so_whatever_the_account() -> None:
    rules = "repeated_question: {segments: {enterprise: {similarity: 1, repeats: 1}}}"
    talk = Conversation(policy=with_triggers(rules))
    talk.customer("Where is it?", ASKED)
    talk.ai()
    talk.customer("Where is it now?", Signals(gist=(1, 2, 3, 4)))
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=ENTERPRISE)
    assert talk.codes == {"repeated_question"}


@pytest.mark.parametrize("last", ["answer", "thanks"])
def test_rounds_are_not_too_many_while_nobody_waits_for_another(last: str) -> None:
    rules = "ai_loop: {segments: {enterprise: {rounds: 1, rounds_without_progress: 1}}}"
    talk = Conversation(policy=with_triggers(rules))
    talk.customer()
    talk.ai()
    talk.customer("thanks!", THANKS) if last == "thanks" else talk.customer("hm")
    if last == "answer":
        talk.ai()
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=ENTERPRISE)
    assert talk.decision.action == "none"


def test_a_fall_in_mood_weighs_more_once_the_account_is_known() -> None:
    talk = Conversation()
    for negative in (0.02, 0.02, 0.4):
        talk.customer("hm", scores(negative=negative))
    assert talk.decision.action == "reply"
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=ENTERPRISE)
    assert (talk.decision.action, talk.codes) == ("handoff", {"sentiment_drop"})


def test_the_ai_has_less_time_for_an_account_that_comes_late_where_its_segment_says_so() -> None:
    rules = "ai_no_answer: {segments: {enterprise: {after: {chat: 20s, email: 1m, other: 1m}}}}"
    talk = Conversation(policy=with_triggers(rules))
    talk.customer()
    talk.wait(30_000)
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=ENTERPRISE)
    talk.wait(19_999)
    assert talk.ticket.owner is Owner.AI
    talk.wait(1)
    assert talk.codes == {"ai_no_answer"}


def test_an_account_that_comes_late_gives_the_ai_no_more_time() -> None:
    rules = "ai_no_answer: {segments: {enterprise: {after: {chat: 5m, email: 5m, other: 5m}}}}"
    talk = Conversation(policy=with_triggers(rules))
    talk.customer()
    talk.wait(30_000)
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=ENTERPRISE)
    talk.wait(30_000)
    assert talk.codes == {"ai_no_answer"}


def test_a_hold_lasts_as_long_as_was_said_whatever_the_account() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.ON_HOLD, until=talk.now + HOUR)
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=ENTERPRISE)
    talk.wait(HOUR - 1)
    assert talk.ticket.owner is Owner.AI


@pytest.mark.parametrize(("known_after", "due_after"), [(5, 10), (12, 12)])
def test_a_ticket_may_be_open_for_as_long_as_its_segment_allows_once_that_is_known(
    known_after: int, due_after: int
) -> None:
    talk = Conversation(policy=with_triggers("ai_no_answer: {tier: 0}"))
    talk.customer()
    talk.wait(known_after * MINUTE)
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=ENTERPRISE)
    assert talk.ticket.owner is Owner.AI
    assert talk.ticket.deadline == START + due_after * MINUTE
    talk.wait((due_after - known_after) * MINUTE)
    assert talk.codes == {"open_time"}


def test_an_account_whose_tickets_may_be_open_for_longer_gives_this_one_no_more_time() -> None:
    late = Conversation(
        VIP, with_triggers("ai_no_answer: {tier: 0}, high_stakes_account: {vip: false}")
    )
    late.customer()
    due = late.ticket.open_due
    late.update(UpdateKind.IDENTIFIED, account_id="a2", account=AccountSnapshot("a2", START))
    assert (late.decision.used.segment, late.ticket.open_due) == ("default", due)


@pytest.mark.parametrize("last", ["thanks", "answer"])
def test_nothing_is_due_of_the_ai_while_nobody_waits_for_it(last: str) -> None:
    talk = Conversation()
    talk.customer()
    if last == "thanks":
        talk.customer("thanks, found it", THANKS)
    else:
        talk.ai()
    assert (talk.ticket.answer_due, talk.ticket.open_due) == (None, None)
    talk.wait(HOUR)
    assert len(talk.all(Decision)) == talk.count - (last == "answer")


def test_a_profile_that_comes_late_is_told_to_the_person_who_has_the_ticket() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    talk.update(UpdateKind.ACCEPTED, actor_id="ann")
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=VIP)
    update, package = talk.new(EscalationUpdate)
    assert [one.change for one in (update, package)] == ["signals", "package"]
    assert [reason.code for reason in update.reasons] == [
        "negative_sentiment",
        "high_stakes_account",
    ]


# Late, early, repeated, contradictory.


def test_the_same_id_with_other_words_is_weighed_and_marked() -> None:
    talk = Conversation()
    talk.customer("hello", message_id="m1")
    talk.customer("awful", ANGRY, message_id="m1")
    [decision] = talk.new(Decision)
    assert (decision.cause, decision.action, decision.changed_duplicate) == (
        "update",
        "handoff",
        True,
    )


def test_a_translation_that_comes_later_is_weighed() -> None:
    talk = Conversation()
    talk.customer("死にたい", Signals(unreadable=True), message_id="m1")
    assert talk.decision.action == "review"
    said = "I do not want to live any more."
    talk.customer("死にたい", scores(safety=0.9), message_id="m1", translated_text=said)
    assert (talk.decision.action, "safety" in talk.codes) == ("handoff", True)


def test_the_same_id_with_harmless_other_words_changes_nothing_but_is_marked() -> None:
    talk = Conversation()
    talk.customer("a question", message_id="m1")
    talk.human()
    talk.customer("all fine", message_id="m1")
    [decision] = talk.new(Decision)
    assert (decision.action, decision.changed_duplicate, talk.ticket.owner) == (
        "none",
        True,
        Owner.HUMAN,
    )
    talk.customer("all fine", message_id="m1")
    assert not talk.step.outputs


def test_the_other_words_of_a_person_are_kept_and_count_for_nothing() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    talk.human("I am on it.", message_id="h1")
    talk.human("I am not.", message_id="h1")
    assert talk.step.appended is not None
    assert (talk.step.appended.text, talk.ticket.human_replies) == ("I am not.", 1)
    assert (talk.decision.action, talk.decision.changed_duplicate) == ("none", True)


def test_an_update_that_comes_twice_with_other_content_keeps_the_first() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    talk.update(UpdateKind.ACCEPTED, update_id="u", actor_id="p1")
    talk.update(UpdateKind.ACCEPTED, update_id="u", actor_id="p2")
    assert [decision.changed_duplicate for decision in talk.new(Decision)] == [True]
    assert talk.ticket.case is not None
    assert talk.ticket.case.owner_id == "p1"


def test_nobody_becomes_verified_by_the_other_content_of_an_update_that_was_known() -> None:
    talk = Conversation()
    talk.update(UpdateKind.IDENTIFIED, update_id="u", account_id="a1", verified=False)
    talk.update(UpdateKind.IDENTIFIED, update_id="u", account_id="a1", verified=True)
    assert talk.ticket.verified is False


def test_the_other_words_of_a_message_reopen_a_closed_ticket_where_they_call_a_person() -> None:
    talk = Conversation()
    talk.customer("hello", message_id="m1")
    talk.update(UpdateKind.RESOLVED)
    talk.customer("I was charged twice", scores(billing=0.9), message_id="m1")
    assert (talk.decision.action, talk.ticket.owner) == ("handoff", Owner.HUMAN)
    assert talk.escalations[0].escalation_id == "T1/e/2"


def test_the_other_words_of_a_draft_for_an_erased_ticket_are_refused_as_a_draft() -> None:
    talk = answered()
    talk.update(UpdateKind.ERASED)
    talk.draft("Something else.", draft_id="d1", in_reply_to="m1")
    made = talk.decision
    assert (made.cause, made.subject_id, made.action) == ("draft", "d1", "none")
    assert talk.step.appended is None


def test_a_changed_draft_under_its_id_is_judged_anew() -> None:
    talk = drafted()
    talk.update(UpdateKind.DRAFT_REVIEWED, draft=DraftReview("d1", DraftOutcome.APPROVED))
    talk.draft("Something else.", draft_id="d1", in_reply_to="m1")
    assert (talk.decision.action, talk.decision.changed_duplicate) == ("review", True)


def test_an_update_before_the_first_message_opens_the_ticket() -> None:
    talk = Conversation()
    talk.update(UpdateKind.RESOLVED)
    talk.customer("it is broken")
    assert (talk.decision.action, talk.ticket.owner) == ("reply", Owner.AI)


def test_a_ticket_that_nobody_ever_writes_to_is_closed_and_forgotten() -> None:
    talk = Conversation()
    talk.update(UpdateKind.OPENED)
    talk.wait(2 * DAY)
    assert talk.ticket.owner is Owner.CLOSED
    talk.wait(2 * 365 * DAY)
    assert talk.state is None


def test_all_that_is_told_of_a_ticket_names_its_tenant() -> None:
    talk = Conversation(VIP, tenant="acme")
    talk.customer("hello", Signals(fingerprint=Fingerprint("f", 1, "t", None)))
    talk.customer("I was charged twice", scores(billing=0.9))
    talk.update(UpdateKind.ACCEPTED, actor_id="p1", revision=9)
    talk.human()
    talk.update(UpdateKind.RESOLVED)
    talk.update(UpdateKind.ERASED)
    told = [one for one in (*talk.outputs, *talk.escalations) if isinstance(one, Record)]
    assert len({type(one) for one in told}) >= 8
    assert {getattr(one, "tenant", None) for one in told} == {"acme"}


def test_what_changes_an_account_is_decided_by_as_it_says_and_not_as_was_known() -> None:
    talk = Conversation(AccountSnapshot("a1", START))
    talk.customer()
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=VIP)
    assert (talk.decision.used.vip, talk.decision.action) == (True, "review")


def test_an_acceptance_of_what_is_closed_is_refused_where_it_was_read() -> None:
    talk = resolved_by_a_person()
    talk.update(UpdateKind.ACCEPTED, actor_id="p2", revision=1)
    [refused] = talk.new(EscalationUpdate)
    assert (refused.change, refused.route, refused.escalation_id, refused.revision) == (
        "accept_refused",
        "billing",
        "T1/e/1",
        1,
    )


def test_an_acceptance_of_what_was_handed_back_is_refused_by_the_name_it_had() -> None:
    talk = Conversation()
    talk.customer("I was charged twice", scores(billing=0.9))
    talk.update(UpdateKind.HANDED_BACK)
    talk.update(UpdateKind.ACCEPTED, actor_id="p2", revision=1)
    [refused] = talk.new(EscalationUpdate)
    assert (refused.route, refused.escalation_id) == ("billing", "T1/e/1")


@pytest.mark.parametrize(
    "kind",
    [
        UpdateKind.DECLINED,
        UpdateKind.TRANSFERRED,
        UpdateKind.HANDED_BACK,
        UpdateKind.DRAFT_REVIEWED,
        UpdateKind.REOPENED,
        UpdateKind.MERGED_INTO,
        UpdateKind.MERGED_FROM,
        UpdateKind.CONTEXT,
    ],
)
def test_an_update_that_does_not_fit_changes_nothing_and_is_on_record(kind: UpdateKind) -> None:
    talk = Conversation()
    talk.customer()
    talk.update(kind)
    [decision] = talk.new(Decision)
    assert (decision.action, talk.ticket.owner) == ("none", Owner.AI)


def test_an_older_section_of_context_does_not_replace_a_newer_one() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.CONTEXT, context=ContextSection("crm", START + 1, "new"))
    talk.update(UpdateKind.CONTEXT, context=ContextSection("crm", START, "old"))
    assert [section.title for section in talk.ticket.context] == ["new"]


def test_a_section_of_context_from_a_clock_that_is_ahead_is_replaced_by_what_comes_later() -> None:
    talk = Conversation()
    talk.customer()
    ahead = ContextSection("crm", START + 26_000 * DAY, "unpaid")
    talk.update(UpdateKind.CONTEXT, context=ahead)
    talk.wait(MINUTE)
    talk.update(UpdateKind.CONTEXT, context=ContextSection("crm", talk.now, "paid"))
    assert [section.title for section in talk.ticket.context] == ["paid"]


def test_a_hold_that_had_ended_before_it_was_told_ends_at_once() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.ON_HOLD, until=START - HOUR)
    talk.wait(1)
    [reason] = talk.decision.reasons
    assert (talk.decision.action, reason.code) == ("handoff", "ai_no_answer")
    assert reason.score == reason.threshold == 0.001


def test_a_hold_without_an_end_ends_after_a_day() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.ON_HOLD)
    talk.wait(23 * HOUR)
    assert talk.decision.action == "reply"
    talk.wait(HOUR)
    assert talk.codes == {"ai_no_answer"}


def test_everything_that_comes_for_an_erased_ticket_is_refused_on_record() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.ERASED)
    for kind in ("customer", "ai", "human", "update"):
        if kind == "update":
            talk.update(UpdateKind.VERDICT)
        else:
            getattr(talk, kind)()
        assert [decision.action for decision in talk.new(Decision)] == ["none"]
        assert talk.step.appended is None
    assert talk.ticket.requester_id is None


def test_whoever_keeps_decisions_outcomes_activity_or_reports_hears_that_a_ticket_is_erased() -> (
    None
):
    talk = Conversation()
    talk.customer("a person please", scores(human_request=0.9))
    talk.update(UpdateKind.ERASED)
    assert (talk.decision.action, talk.decision.erased) == ("none", True)
    assert talk.decision.account_id is None
    [outcome] = talk.new(TicketOutcome)
    assert (outcome.outcome, outcome.requester_id) == ("erased", None)
    assert ActivityKind.ERASED in [one.kind for one in talk.new(AccountActivity)]
    [report] = talk.new(ProblemReport)
    assert (report.erased, report.heartbeat, report.account_id) == (True, True, None)
    talk.update(UpdateKind.RESOLVED)
    assert talk.decision.erased


@pytest.mark.parametrize("kind", [kind for kind in UpdateKind if kind is not UpdateKind.UNKNOWN])
def test_what_follows_from_an_update_can_be_read_by_those_it_is_for(kind: UpdateKind) -> None:
    longest = "x" * LONGEST_ID
    talk, codec = Conversation(VIP, ticket_id=longest), Codec()
    angry = replace(ANGRY, fingerprint=Fingerprint("f", 1, "t"))
    talk.customer("It fails again", angry, message_id=longest)
    talk.update(
        kind,
        update_id=longest,
        other_ticket_id="T2",
        actor_id="ann",
        draft=DraftReview("d1", DraftOutcome.REJECTED),
    )
    talk.update(UpdateKind.ACCEPTED, update_id=longest[1:], actor_id="bob")
    talk.wait(DAY)
    for output in (*talk.outputs, *talk.escalations):
        if isinstance(output, Record):
            made = codec.encode(output)
            assert codec.decode(made.topic, made.value, made.headers, talk.now) == output


def test_a_person_who_has_one_ticket_of_a_burst_is_told_of_it() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    flood = RequesterFlood("r1", 22, START)
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=AccountSnapshot("a1", START, flood=flood))
    told = [one.context[0].source for one in talk.new(EscalationUpdate) if one.context]
    assert told == ["flood"]


def test_a_ticket_of_a_burst_says_so_in_decision_and_package_until_it_is_over() -> None:
    flood = RequesterFlood("r1", 22, START)
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=AccountSnapshot("a1", START, flood=flood))
    assert talk.decision.used.flood == flood
    talk.customer("awful", ANGRY)
    [section] = talk.escalations[0].package.context
    assert (section.source, section.fields["tickets"]) == ("flood", "22")
    talk.update(UpdateKind.IDENTIFIED, requester_id="r1")
    assert talk.ticket.context == (section,), "nothing is said of it"
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=AccountSnapshot("a1", START))
    assert not talk.ticket.context


def test_a_transcript_keeps_its_newest_mebibyte_and_the_package_names_the_cut() -> None:
    talk = Conversation()
    for _ in range(40):
        talk.customer("x" * 60_000)
        kept = sum(len(line.text) for line in talk.lines.values())
        assert kept <= 1024 * 1024
    assert kept > 512 * 1024
    talk.customer("awful", ANGRY)
    cut = talk.escalations[0].package.transcript_cut
    assert cut is not None
    assert cut.messages > 20
