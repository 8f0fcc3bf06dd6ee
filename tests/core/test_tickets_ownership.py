"""Who owns a ticket after what, and what is written on the way."""

from typing import Any

import pytest
from msgspec.structs import replace

from detectors.signals import Fingerprint, Found, Signals
from schemas.codec import Tombstone
from schemas.records import (
    AccountActivity,
    AccountSnapshot,
    ActivityKind,
    ConversationMessage,
    Csat,
    Decision,
    DraftOutcome,
    DraftReview,
    EscalationUpdate,
    MessageStatus,
    Mode,
    OpenEscalation,
    ProblemReport,
    ReviewRequest,
    Role,
    SlaEvent,
    TicketOutcome,
    UpdateKind,
    Verdict,
    Visibility,
)
from streams.core.policy import load_policy
from streams.core.tickets import Arrival, Due, Owner, internal_error
from tests.core.conversation import DAY, HOUR, MINUTE, SECOND, START, Conversation, scores

ANGRY = scores(negative=0.9)
HACKED = scores(security=0.9)
VIP = AccountSnapshot("a1", START, vip=True)


def escalated() -> Conversation:
    talk = Conversation()
    talk.customer("this is awful", ANGRY)
    return talk


def response_events(talk: Conversation) -> list[SlaEvent]:
    return [event for event in talk.all(SlaEvent) if event.clock == "first_response"]


def in_review() -> Conversation:
    talk = Conversation(VIP)
    talk.customer("hello")
    return talk


def test_an_escalation_names_route_clock_and_notice() -> None:
    talk = escalated()
    [escalation] = talk.escalations
    started, resolution = talk.all(SlaEvent)
    assert (escalation.escalation_id, escalation.route, escalation.revision) == (
        "T1/e/1",
        "general",
        1,
    )
    assert escalation.decision_id == talk.decision.decision_id == "T1/d/1"
    assert (started.kind, started.due_at) == ("activated", START + 5 * MINUTE)
    assert (resolution.clock, resolution.target) == ("resolution", 8 * HOUR)
    assert escalation.customer_notice == talk.decision.customer_notice
    assert talk.all(OpenEscalation)[-1].due == escalation.due
    assert ActivityKind.ESCALATED in [activity.kind for activity in talk.all(AccountActivity)]


def test_the_ai_is_silent_while_a_person_has_the_ticket() -> None:
    talk = escalated()
    talk.customer("hello?")
    assert (talk.decision.action, talk.decision.escalation_id) == ("silent", "T1/e/1")
    talk.draft()
    assert (talk.decision.cause, talk.decision.action) == ("draft", "silent")
    assert not talk.new(EscalationUpdate)


def test_later_signals_update_the_one_escalation() -> None:
    talk = escalated()
    talk.customer("and I was hacked", HACKED)
    update, _ = talk.new(EscalationUpdate)
    assert (update.change, update.revision, update.reasons[0].code) == ("signals", 2, "security")
    assert update.messages[0].text == "and I was hacked"
    assert talk.all(OpenEscalation)[-1].reason_codes == ("negative_sentiment", "security")
    assert {one.escalation_id for one in talk.escalations} == {update.escalation_id}


def test_the_cool_down_merges_the_same_reason_but_not_security() -> None:
    talk = escalated()
    talk.customer("awful!", ANGRY)
    [update] = talk.new(EscalationUpdate)
    assert (update.change, update.reasons) == ("message", ())
    for _ in range(2):
        talk.customer("hacked", HACKED)
        assert talk.new(EscalationUpdate)[0].change == "signals"


def test_the_same_reason_joins_again_once_the_cool_down_is_over() -> None:
    talk = escalated()
    for minutes, expected in ((20, "signals"), (29, "message"), (2, "signals")):
        talk.wait(minutes * MINUTE)
        talk.customer("awful!", ANGRY)
        assert talk.new(EscalationUpdate)[0].change == expected
    # What joined after 20 minutes was new: by then the ticket was open for too long.
    assert talk.codes == {"negative_sentiment", "open_time"}


def test_an_answer_against_a_decision_is_told_in_the_next_one() -> None:
    talk = escalated()
    talk.ai("Let me try once more.")
    assert not talk.new(Decision)
    talk.customer("stop")
    assert talk.decision.contract_violation
    talk.customer("stop")
    assert not talk.decision.contract_violation


def test_a_person_who_takes_over_unasked_silences_the_ai() -> None:
    talk = Conversation()
    talk.customer()
    talk.human("I take this one.")
    assert (talk.decision.cause, talk.decision.action) == ("update", "silent")
    assert talk.codes == {"human_takeover"}
    assert talk.escalations[0].reasons == talk.decision.reasons
    assert [one.kind for one in response_events(talk)] == ["activated", "met"]
    assert talk.all(OpenEscalation)[-1].owner_id == "p1"


def test_the_first_to_accept_has_it_and_the_other_is_refused() -> None:
    talk = escalated()
    talk.update(UpdateKind.ACCEPTED, actor_id="p1", revision=1)
    assert [u.change for u in talk.new(EscalationUpdate)] == ["accepted"]
    talk.update(UpdateKind.ACCEPTED, actor_id="p2", revision=1)
    [refused] = talk.new(EscalationUpdate)
    assert (refused.change, refused.owner_id, refused.revision) == ("accept_refused", "p1", 2)
    assert not talk.new(OpenEscalation)


def test_who_accepts_what_has_moved_on_is_refused() -> None:
    talk = escalated()
    talk.update(UpdateKind.TRANSFERRED, route="billing")
    talk.update(UpdateKind.ACCEPTED, actor_id="p1", revision=1)
    assert [u.change for u in talk.new(EscalationUpdate)] == ["accept_refused"]
    talk.update(UpdateKind.ACCEPTED, actor_id="p2", revision=2)
    assert [u.change for u in talk.new(EscalationUpdate)] == ["accepted"]


def test_who_accepts_a_revision_that_never_was_is_refused() -> None:
    talk = escalated()
    talk.update(UpdateKind.ACCEPTED, actor_id="p1", revision=2)
    assert [u.change for u in talk.new(EscalationUpdate)] == ["accept_refused"]
    talk.customer("awful!", ANGRY)
    talk.update(UpdateKind.ACCEPTED, actor_id="p1", revision=2)
    assert [u.change for u in talk.new(EscalationUpdate)] == ["accepted"]


def test_who_accepts_again_what_they_have_is_not_refused() -> None:
    talk = escalated()
    for _ in range(2):
        talk.update(UpdateKind.ACCEPTED, actor_id="p1", revision=1)
    assert (talk.decision.action, talk.new(EscalationUpdate)) == ("none", [])


def test_an_acceptance_that_names_nobody_is_refused() -> None:
    talk = escalated()
    talk.update(UpdateKind.ACCEPTED, revision=1)
    assert [u.change for u in talk.new(EscalationUpdate)] == ["accept_refused"]


def test_a_move_tells_the_old_desk_and_hands_the_new_one_everything() -> None:
    talk = escalated()
    talk.update(UpdateKind.TRANSFERRED, route="billing")
    [moved] = talk.new(EscalationUpdate)
    assert (moved.previous_route, moved.route, moved.revision) == ("general", "billing", 2)
    assert (talk.escalations[-1].route, talk.escalations[-1].revision) == ("billing", 2)
    assert talk.escalations[-1].escalation_id == talk.escalations[0].escalation_id
    # The customer is told once.
    assert talk.escalations[0].customer_notice is not None
    assert talk.escalations[-1].customer_notice is None


def test_after_two_moves_the_lead_keeps_it() -> None:
    talk = escalated()
    for route in ("billing", "technical", "legal"):
        talk.update(UpdateKind.TRANSFERRED, route=route)
    assert talk.all(OpenEscalation)[-1].route == "general"


def test_a_declined_escalation_is_free_again() -> None:
    talk = escalated()
    talk.update(UpdateKind.ACCEPTED, actor_id="p1")
    talk.update(UpdateKind.DECLINED, reason="end of shift")
    [update] = talk.new(EscalationUpdate)
    assert (update.change, update.note) == ("declined", "end of shift")
    assert talk.all(OpenEscalation)[-1].owner_id is None


def test_the_first_human_reply_meets_the_clock_and_the_next_message_starts_another() -> None:
    talk = escalated()
    talk.wait(MINUTE)
    talk.human()
    [met] = talk.new(SlaEvent)
    assert (met.kind, met.clock, met.elapsed) == ("met", "first_response", MINUTE)
    talk.customer("thank you, but why?")
    [next_one] = talk.new(SlaEvent)
    assert (next_one.kind, next_one.clock) == ("activated", "next_response")


def test_a_clock_warns_twice_and_breaches_once() -> None:
    talk = escalated()
    talk.wait(DAY)
    told = [(event.kind, event.percent, event.at - START) for event in response_events(talk)]
    assert told == [
        ("activated", None, 0),
        ("warned", 50, 150 * SECOND),
        ("warned", 80, 240 * SECOND),
        ("breached", 100, 300 * SECOND),
    ]
    assert talk.ticket.owner is Owner.HUMAN


def test_a_hand_back_closes_the_escalation_and_lets_the_ai_speak() -> None:
    talk = escalated()
    talk.update(UpdateKind.HANDED_BACK, reason="simple", instructions="send the guide")
    assert Tombstone("support.open-escalations", "T1") in talk.step.outputs
    assert [outcome.outcome for outcome in talk.new(TicketOutcome)] == ["handed_back"]
    assert (talk.decision.action, talk.decision.cause) == ("reply", "update")
    talk.customer("how?")
    assert (talk.decision.action, talk.decision.episode) == ("reply", 2)


def test_a_customer_who_waits_as_the_ticket_is_handed_back_is_not_left_alone_by_the_ai() -> None:
    talk = escalated()
    talk.update(UpdateKind.HANDED_BACK)
    talk.wait(HOUR)
    assert (talk.ticket.owner, talk.codes) == (Owner.HUMAN, {"ai_no_answer"})


def test_a_persons_instructions_are_kept_as_far_as_they_fit() -> None:
    talk = escalated()
    talk.update(UpdateKind.HANDED_BACK, instructions="i" * 9_000)
    assert talk.decision.instructions == "i" * 2_000


@pytest.mark.parametrize("text", ["I want a person", "refund"])
def test_what_a_person_has_given_back_calls_nobody_again_as_the_account_changes(text: str) -> None:
    rules = "rules: [{name: refund, when: {keywords: [refund]}, tier: 2}]"
    talk = Conversation(policy=load_policy(f"based_on: default\nname: ours\nversion: 1\n{rules}"))
    talk.customer(text, Signals() if text == "refund" else scores(human_request=0.9))
    assert talk.ticket.owner is Owner.HUMAN
    talk.update(UpdateKind.HANDED_BACK)
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=AccountSnapshot("a1", START))
    assert (talk.decision.action, talk.ticket.owner) == ("none", Owner.AI)


@pytest.mark.parametrize("kind", [UpdateKind.HANDED_BACK, UpdateKind.DECLINED])
def test_nobody_gives_away_what_somebody_else_has(kind: UpdateKind) -> None:
    talk = escalated()
    talk.update(UpdateKind.ACCEPTED, actor_id="p1", revision=1)
    talk.update(kind, actor_id="p2")
    assert (talk.decision.action, talk.decision.contract_violation) == ("silent", True)
    assert not talk.new(EscalationUpdate)
    assert talk.ticket.case is not None
    assert talk.ticket.case.owner_id == "p1"
    talk.customer("hello?")
    assert not talk.decision.contract_violation, "it is told once"
    talk.update(kind, actor_id="p1")
    assert not talk.decision.contract_violation
    assert [one.change for one in talk.new(EscalationUpdate)] in (["closed"], ["declined"])


def test_a_hand_back_of_what_nobody_has_or_that_names_nobody_is_obeyed() -> None:
    for owner, actor in ((None, "p2"), ("p1", None)):
        talk = escalated()
        if owner is not None:
            talk.update(UpdateKind.ACCEPTED, actor_id=owner)
        talk.update(UpdateKind.HANDED_BACK, actor_id=actor)
        assert (talk.decision.action, talk.ticket.owner) == ("reply", Owner.AI)


def test_the_third_hand_back_is_refused() -> None:
    talk = escalated()
    for _ in range(2):
        talk.update(UpdateKind.HANDED_BACK)
        talk.customer("awful", ANGRY)
    talk.update(UpdateKind.HANDED_BACK)
    assert (talk.decision.action, talk.ticket.owner) == ("silent", Owner.HUMAN)
    assert [e.escalation_id for e in talk.escalations] == ["T1/e/1", "T1/e/2", "T1/e/3"]


def test_a_resolved_ticket_tells_its_outcome_and_a_late_verdict_tells_it_again() -> None:
    talk = escalated()
    talk.human()
    talk.update(UpdateKind.RESOLVED, resolution_path="refund")
    [outcome] = talk.new(TicketOutcome)
    assert (outcome.outcome, outcome.tier, outcome.time_to_human) == ("resolved", 2, 0)
    assert [reason.code for reason in outcome.reasons] == ["negative_sentiment"]
    talk.update(UpdateKind.VERDICT, verdict=Verdict(needed=True))
    talk.update(UpdateKind.CSAT, csat=Csat(0.8))
    [again] = talk.new(TicketOutcome)
    judged = replace(outcome, verdict=Verdict(needed=True), csat=(Csat(0.8),))
    assert again == replace(judged, revision=3)


def test_a_message_reopens_a_closed_ticket_but_thanks_do_not() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.RESOLVED)
    talk.customer("thanks!", scores(thanks=0.9))
    assert (talk.decision.action, talk.ticket.owner) == ("none", Owner.CLOSED)
    talk.customer("it is back")
    assert (talk.decision.action, talk.decision.episode) == ("reply", 2)
    assert ActivityKind.REOPENED in [a.kind for a in talk.new(AccountActivity)]


def test_a_day_of_silence_after_the_ai_resolves_softly_and_a_month_forgets() -> None:
    talk = Conversation()
    talk.customer()
    talk.ai()
    talk.wait(DAY)
    assert [outcome.outcome for outcome in talk.all(TicketOutcome)] == ["assumed"]
    talk.wait(7 * DAY)
    assert not talk.lines
    assert talk.state is not None
    talk.wait(23 * DAY)
    assert talk.state is None


def test_a_review_waits_for_the_draft_and_then_for_a_person() -> None:
    talk = in_review()
    [asked] = talk.new(ReviewRequest)
    assert (asked.draft_id, asked.due_at) == (None, START + MINUTE)
    talk.draft("Hello!", draft_id="d1")
    [drafted] = talk.new(ReviewRequest)
    assert (drafted.review_id, drafted.draft_text) == (asked.review_id, "Hello!")
    assert talk.decision.action == "review"
    talk.wait(3 * MINUTE)
    assert (talk.decision.cause, talk.decision.action) == ("timer", "handoff")
    assert talk.codes == {"review_unanswered", "high_stakes_account"}


def test_a_review_without_a_draft_becomes_a_handoff() -> None:
    talk = in_review()
    talk.wait(MINUTE)
    assert talk.decision.action == "handoff"


def test_an_ai_that_says_it_cannot_help_ends_the_review_of_its_draft() -> None:
    talk = in_review()
    talk.ai("I am sorry, I cannot help with that.", gave_up=True)
    assert (talk.decision.action, talk.ticket.owner) == ("handoff", Owner.HUMAN)
    assert talk.codes == {"ai_gave_up", "high_stakes_account"}
    assert talk.decision.contract_violation
    [ended] = talk.new(ReviewRequest)
    assert ended.state == "superseded"


def test_a_ticket_under_review_is_open_for_too_long_like_any_other() -> None:
    talk = Conversation(account=VIP)
    for _ in range(9):
        talk.customer("and now?")
        talk.draft()
        talk.wait(MINUTE + 5 * SECOND)
    assert talk.ticket.owner is Owner.REVIEW
    talk.wait(15 * SECOND)
    assert (talk.decision.action, talk.decision.decided_at) == ("handoff", START + 10 * MINUTE)
    assert "open_time" in talk.codes


@pytest.mark.parametrize(
    ("outcome", "action"),
    [
        (DraftOutcome.APPROVED, "reply"),
        (DraftOutcome.EDITED, "reply"),
        (DraftOutcome.REJECTED, "handoff"),
        (DraftOutcome.EXPIRED, "handoff"),
    ],
)
def test_a_reviewers_word_decides(outcome: DraftOutcome, action: str) -> None:
    talk = in_review()
    talk.draft(draft_id="d1")
    talk.update(UpdateKind.DRAFT_REVIEWED, draft=DraftReview("d1", outcome))
    assert talk.decision.action == action
    assert talk.ticket.owner is (Owner.AI if action == "reply" else Owner.HUMAN)


def test_a_newer_message_supersedes_the_draft_and_keeps_the_review() -> None:
    talk = in_review()
    talk.draft(draft_id="d1", in_reply_to="m1")
    talk.customer("wait, one more thing")
    assert (talk.decision.action, talk.ticket.owner) == ("review", Owner.REVIEW)
    talk.update(UpdateKind.DRAFT_REVIEWED, draft=DraftReview("d1", DraftOutcome.APPROVED))
    assert talk.ticket.owner is Owner.REVIEW
    talk.draft(draft_id="d2", in_reply_to="m1")
    assert talk.decision.action == "none"


def test_customer_text_never_lowers_a_pending_review() -> None:
    talk = Conversation()
    talk.customer("long", Signals(unreadable=True))
    talk.customer("never mind, the AI may answer")
    assert (talk.decision.action, talk.codes) == ("review", {"unreadable"})


def test_a_gate_timeout_becomes_an_escalation() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.GATE_TIMEOUT, message_id="m1")
    assert (talk.decision.action, talk.codes) == ("handoff", {"gate_timeout"})


def test_a_gate_timeout_under_review_becomes_an_escalation_too() -> None:
    talk = Conversation()
    talk.customer("???", Signals(unreadable=True))
    assert talk.decision.action == "review"
    talk.update(UpdateKind.GATE_TIMEOUT, message_id="m1")
    assert (talk.decision.action, talk.codes) == ("handoff", {"gate_timeout", "unreadable"})
    assert talk.ticket.review is None


def test_an_account_that_becomes_known_is_decided_again() -> None:
    talk = Conversation()
    talk.customer("it is broken", Signals(category="technical"))
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=VIP)
    assert (talk.decision.cause, talk.decision.action) == ("update", "handoff")
    assert talk.decision.used.vip is True


def test_an_account_change_that_changes_nothing_is_still_on_record() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=AccountSnapshot("a1", START))
    assert talk.decision.action == "none"


@pytest.mark.parametrize(
    "note",
    [
        {"role": Role.CUSTOMER, "visibility": Visibility.INTERNAL},
        {"role": Role.CUSTOMER, "automated": True},
        {"role": Role.SYSTEM},
        {"role": Role.UNKNOWN},
        {"role": Role.HUMAN, "automated": True},
        {"role": Role.HUMAN, "visibility": Visibility.INTERNAL},
        {"role": Role.AI, "automated": True},
    ],
)
def test_notes_and_automated_messages_are_kept_and_count_for_nothing(
    note: dict[str, Any],
) -> None:
    talk = Conversation()
    talk.customer()
    before = talk.ticket
    talk.apply(
        ConversationMessage(message_id="x", ticket_id="T1", text="!", sent_at=0, **note), ANGRY
    )
    assert not talk.step.outputs
    assert talk.step.appended is not None
    assert talk.ticket.owner is Owner.AI
    assert (talk.ticket.rounds, talk.ticket.moods, talk.ticket.answer_due) == (
        before.rounds,
        before.moods,
        before.answer_due,
    )


def test_a_draft_of_a_person_is_no_answer() -> None:
    talk = Conversation()
    talk.customer()
    talk.human("I would say", status=MessageStatus.DRAFT)
    assert (talk.step.outputs, talk.ticket.owner) == ((), Owner.AI)
    assert talk.step.appended is not None


@pytest.mark.parametrize(
    ("kind", "owner"),
    [
        (UpdateKind.ASSIGNED, Owner.HUMAN),
        (UpdateKind.HUMAN_REPLIED, Owner.HUMAN),
        (UpdateKind.RESOLVED, Owner.CLOSED),
    ],
)
def test_a_person_takes_or_ends_also_what_is_reviewed(kind: UpdateKind, owner: Owner) -> None:
    talk = in_review()
    talk.update(kind, actor_id="p1")
    assert (talk.ticket.owner, talk.ticket.review) == (owner, None)
    assert [one.state for one in talk.new(ReviewRequest)] == ["superseded"]


def test_the_account_hears_how_long_a_person_took_to_answer() -> None:
    talk = escalated()
    talk.wait(MINUTE)
    talk.human()
    [told] = talk.new(AccountActivity)
    assert (told.kind, told.waited) == ("answered", MINUTE)


def test_the_account_hears_of_an_answer_in_the_next_episode_as_of_another() -> None:
    talk = escalated()
    talk.human()
    talk.update(UpdateKind.RESOLVED)
    talk.customer("it is back")
    talk.human()
    ids = [one.activity_id for one in talk.all(AccountActivity)]
    assert len(set(ids)) == len(ids)
    told = [one.kind for one in talk.all(AccountActivity)]
    assert told.count(ActivityKind.ANSWERED) == 2


def test_a_message_that_comes_twice_leads_to_nothing() -> None:
    talk = Conversation()
    talk.customer("the text", message_id="m1")
    talk.customer("the text", ANGRY, message_id="m1")
    assert not talk.step.outputs
    assert len(talk.all(Decision)) == 1


def test_when_it_was_sent_and_whether_it_was_a_draft_make_nothing_new_of_a_known_event() -> None:
    talk = escalated()
    for status in (MessageStatus.DRAFT, MessageStatus.SENT):
        talk.customer("the text", message_id="m9", status=status)
    assert not talk.step.outputs
    for _ in range(2):
        talk.now += 1
        talk.update(UpdateKind.PENDING_ON_CUSTOMER, update_id="u9")
    assert not talk.step.outputs


def test_the_latest_64_ids_of_a_ticket_are_known() -> None:
    talk = Conversation()
    talk.customer("hello", message_id="first")
    for number in range(63):
        talk.ai("Noted.", message_id=f"note{number}", visibility=Visibility.INTERNAL)
    assert talk.customer("hello", message_id="first").outputs == ()
    talk.ai("Noted.", message_id="note63", visibility=Visibility.INTERNAL)
    assert talk.customer("hello", message_id="first").outputs
    assert len(talk.ticket.seen) == 64


def test_a_draft_and_the_answer_sent_from_it_may_share_their_id() -> None:
    talk = Conversation()
    talk.customer()
    talk.draft(message_id="same")
    talk.ai(message_id="same")
    assert talk.ticket.rounds == 1


def test_a_problem_with_a_fingerprint_is_reported() -> None:
    talk = Conversation()
    talk.customer(
        "it says E42", Signals(category="technical", fingerprint=Fingerprint("f", 1, "E<n>"))
    )
    [report] = talk.new(ProblemReport)
    assert (report.fingerprint, report.source_partition, report.source_watermark) == ("f", 3, START)


def message_fails(talk: Conversation) -> tuple[ConversationMessage, Arrival]:
    """A message comes that cannot be handled: this one."""
    event = ConversationMessage("bad", "T1", Role.CUSTOMER, "poison", talk.now)
    arrival = Arrival(talk.now, "support.conversations", 3, 9)
    talk.take(internal_error(event, talk.state, talk.policy, arrival))
    return event, arrival


def due_of(talk: Conversation) -> int:
    """When the ticket's next timer is due."""
    assert talk.ticket.deadline is not None
    return talk.ticket.deadline


def timer_fails(talk: Conversation, due: int) -> None:
    """A timer fires that cannot be handled."""
    arrival = Arrival(due, "support.conversations", 3)
    talk.take(internal_error(Due("T1"), talk.state, talk.policy, arrival))


def test_an_internal_error_gives_the_ticket_to_a_person_with_its_one_decision() -> None:
    talk = Conversation()
    talk.customer()
    event, arrival = message_fails(talk)
    assert (talk.decision.cause, talk.decision.subject_id) == ("message", "bad")
    assert (talk.decision.action, talk.codes) == ("handoff", {"internal_error"})
    talk.apply(event)
    assert talk.step.outputs == (), "it is known from then on"
    talk.take(internal_error(event, None, talk.policy, arrival))
    assert talk.ticket.owner is Owner.HUMAN


def test_a_timer_that_cannot_be_handled_is_not_due_again_and_a_person_gets_the_ticket() -> None:
    talk = escalated()
    talk.update(UpdateKind.ACCEPTED, actor_id="p1")
    due = due_of(talk)
    timer_fails(talk, due)
    assert (talk.decision.cause, talk.decision.subject_id) == ("timer", f"internal_error@{due}")
    assert "internal_error" in {one.code for one in talk.ticket.reasons}
    assert talk.new(SlaEvent) == [], "what was promised still holds"
    assert len(talk.ticket.clocks) == 2
    assert talk.ticket.deadline is None or talk.ticket.deadline > due
    talk.human()
    assert "met" in {one.kind for one in talk.new(SlaEvent)}


def test_a_closed_ticket_whose_timer_cannot_be_handled_is_forgotten() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.RESOLVED)
    timer_fails(talk, due_of(talk))
    assert (talk.state, talk.step.outputs) == (None, ())


def test_the_marker_of_an_erased_ticket_whose_timer_cannot_be_handled_stays_as_long() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.ERASED)
    for last in (False, True):
        timer_fails(talk, due_of(talk))
        assert (talk.state is None, talk.step.outputs) == (last, ())


def test_an_internal_error_on_an_erased_ticket_does_not_open_it_again() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.ERASED)
    message_fails(talk)
    assert (talk.decision.action, talk.ticket.owner, talk.ticket.erased) == (
        "none",
        Owner.CLOSED,
        True,
    )


def test_an_internal_error_on_a_closed_ticket_reopens_it_for_a_person() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.RESOLVED)
    message_fails(talk)
    assert (talk.decision.action, talk.ticket.owner) == ("handoff", Owner.HUMAN)
    assert talk.escalations[0].escalation_id == "T1/e/2"


def test_a_timer_that_has_been_put_off_leads_to_nothing() -> None:
    talk = Conversation()
    talk.customer()
    before = talk.state
    talk.apply(Due("T1"))
    assert (talk.step.outputs, talk.state) == ((), before)


def test_an_erased_ticket_keeps_no_text_and_refuses_what_comes_later() -> None:
    talk = escalated()
    talk.customer("order 7", Signals(entities=(Found("order", "7", (6, 7)),)))
    talk.update(UpdateKind.ERASED)
    assert not talk.lines
    assert not talk.ticket.given
    assert Tombstone("support.open-escalations", "T1") in talk.step.outputs
    talk.customer("hello again")
    assert (talk.decision.action, talk.step.appended) == ("none", None)


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.ADVISE])
def test_a_policy_that_only_watches_moves_nothing_but_what_always_binds(mode: Mode) -> None:
    talk = Conversation()
    talk.policy = replace(talk.policy, mode=mode)
    talk.customer("awful", ANGRY)
    told = {one.mode: (one.action, one.tier) for one in talk.new(Decision)}
    watched = {Mode.SHADOW: ("handoff", 2)} if mode is Mode.SHADOW else {}
    assert told == {Mode.ENFORCE: ("reply", 0)} | watched
    assert (talk.ticket.owner, talk.escalations) == (Owner.AI, [])
    talk.customer("and somebody has got into my account", HACKED)
    assert (talk.ticket.owner, talk.escalations[0].route) == (Owner.HUMAN, "security")
    assert [one.code for one in talk.escalations[0].reasons] == ["security"]


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.ADVISE])
def test_a_person_who_takes_over_has_the_ticket_where_the_policy_only_watches(mode: Mode) -> None:
    talk = Conversation()
    talk.policy = replace(talk.policy, mode=mode)
    talk.customer("awful", ANGRY)
    talk.human()
    assert (talk.decision.action, talk.ticket.owner) == ("silent", Owner.HUMAN)
    assert [one.code for one in talk.escalations[0].reasons] == ["human_takeover"]


def test_a_graver_reason_moves_what_nobody_has_taken_to_its_queue() -> None:
    talk = Conversation()
    talk.customer("why was I charged twice", scores(billing=0.9, billing_dispute=0.9))
    assert talk.escalations[-1].route == "billing"
    talk.customer("and someone has got into my account", scores(security=0.9))
    signals, moved = talk.new(EscalationUpdate)
    assert (signals.change, moved.change) == ("signals", "moved")
    assert (moved.previous_route, moved.route) == ("billing", "security")
    [escalation] = [one for one in talk.escalations if one.route == "security"]
    assert {reason.code for reason in escalation.reasons} >= {"billing", "security"}
    assert talk.ticket.case is not None
    assert talk.ticket.case.moves == 0, "only people's moves are counted"


def test_a_graver_reason_leaves_a_ticket_to_whoever_took_it_and_calls_the_lead() -> None:
    talk = Conversation()
    talk.customer("why was I charged twice", scores(billing=0.9, billing_dispute=0.9))
    talk.update(UpdateKind.ACCEPTED, actor_id="ann", revision=1)
    talk.customer("and someone has got into my account", scores(security=0.9))
    [signals] = talk.new(EscalationUpdate)
    assert (signals.change, signals.route, signals.notify) == ("signals", "billing", ("lead",))


def test_a_lesser_reason_moves_nothing() -> None:
    talk = Conversation()
    talk.customer("someone has got into my account", scores(security=0.9))
    talk.customer("and why was I charged twice", scores(billing=0.9))
    [signals] = talk.new(EscalationUpdate)
    assert (signals.change, signals.route, signals.notify) == ("signals", "security", ())
