"""What ends with an episode, what a new one begins with, and what is left in the end."""

import pytest

from detectors.signals import Found, Signals
from schemas.records import (
    AccountActivity,
    AccountSnapshot,
    AnomalyLink,
    ContextSection,
    Csat,
    DraftOutcome,
    DraftReview,
    EscalationUpdate,
    Role,
    SlaEvent,
    TicketOutcome,
    UpdateKind,
    Verdict,
    Visibility,
)
from streams.core.policy import load_policy
from streams.core.tickets import Owner, encode_ticket
from tests.core.conversation import DAY, HOUR, MINUTE, START, Conversation, scores

ANGRY, THANKS = scores(negative=0.9), scores(thanks=0.9)
BILLING = scores(billing=0.9)
VIP = AccountSnapshot("a1", START, vip=True)


def score(talk: Conversation, code: str) -> float:
    return next(one.score for one in talk.decision.signals if one.code == code)


def open_for(talk: Conversation) -> int:
    """How long the ticket may still be open."""
    assert talk.ticket.open_due is not None
    return talk.ticket.open_due - talk.now


@pytest.mark.parametrize("answered", [True, False])
def test_a_new_episode_is_open_from_its_own_beginning(answered: bool) -> None:
    talk = Conversation()
    talk.customer()
    fresh = open_for(talk)
    talk.ai("Which browser?")
    talk.wait(HOUR)
    if answered:
        talk.customer("Firefox")
        talk.ai("Then try this.")
    talk.update(UpdateKind.RESOLVED)
    talk.wait(HOUR)
    talk.customer("It is back.")
    assert (talk.ticket.episode, open_for(talk)) == (2, fresh)


@pytest.mark.parametrize("waits", [UpdateKind.PENDING_ON_CUSTOMER, UpdateKind.ON_HOLD])
@pytest.mark.parametrize("answer", ["Which browser?", "Please try this."])
def test_a_ticket_is_not_open_while_it_waits_for_somebody_from_the_first_word_on(
    waits: UpdateKind, answer: str
) -> None:
    talk = Conversation()
    talk.customer()
    fresh = open_for(talk)
    talk.ai(answer)
    talk.wait(MINUTE)
    talk.update(waits)
    talk.wait(MINUTE)
    talk.update(waits)
    talk.wait(MINUTE)
    talk.customer("Firefox")
    asked = answer.endswith("?")
    assert fresh - open_for(talk) == (0 if asked else MINUTE)


def test_rounds_repetition_and_complexity_are_counted_anew_in_each_episode() -> None:
    question = Signals(gist=(1, 2, 3), complexity=1, variables=(4,))
    talk = Conversation()
    talk.customer("still the same", question)
    talk.ai()
    talk.customer("still the same", question)
    assert (score(talk, "ai_loop"), score(talk, "repeated_question")) == (1, 1)
    talk.update(UpdateKind.RESOLVED)
    talk.ai("Is it well now?")
    talk.update(UpdateKind.REOPENED)
    talk.customer("no", Signals(gist=(7, 8, 9), complexity=1, variables=(4, 8)))
    assert (score(talk, "ai_loop"), score(talk, "repeated_question")) == (1, 0)
    assert score(talk, "complex_troubleshooting") == 1
    talk.ai()
    talk.customer("still the same", question)
    assert score(talk, "repeated_question") == 0


def test_what_somebody_was_angry_of_is_over_once_a_person_has_given_it_back() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    talk.update(UpdateKind.HANDED_BACK)
    talk.customer("a colleague's question", author_id="r2")
    assert talk.decision.action == "reply"


def test_thanks_reopen_no_ticket_that_a_colleague_was_angry_in() -> None:
    talk = Conversation()
    talk.customer("awful", ANGRY)
    talk.update(UpdateKind.RESOLVED)
    talk.customer("thank you", THANKS, author_id="r2")
    assert (talk.decision.action, talk.ticket.owner) == ("none", Owner.CLOSED)


def test_what_is_handed_back_or_merged_away_has_met_no_clock() -> None:
    for kind in (UpdateKind.HANDED_BACK, UpdateKind.MERGED_INTO):
        talk = Conversation()
        talk.customer("awful", ANGRY)
        talk.update(kind, other_ticket_id="T2")
        assert [one.kind for one in talk.new(SlaEvent)] == ["cancelled", "cancelled"]


def test_a_draft_that_was_let_out_in_one_episode_is_not_in_the_next() -> None:
    talk = Conversation()
    talk.customer()
    talk.draft(draft_id="d1", in_reply_to="m1")
    talk.update(UpdateKind.RESOLVED)
    talk.update(UpdateKind.REOPENED)
    talk.ai(draft_id="d1", in_reply_to="m1")
    assert talk.ticket.violations == 1


def test_an_outcome_tells_of_its_own_episode_alone() -> None:
    talk = Conversation(VIP)
    talk.customer()
    talk.customer()
    talk.draft(draft_id="d1", in_reply_to="m2")
    talk.update(UpdateKind.DRAFT_REVIEWED, draft=DraftReview("d1", DraftOutcome.APPROVED))
    talk.customer("a refund", BILLING)
    talk.human()
    talk.update(UpdateKind.VERDICT, verdict=Verdict(needed=True))
    talk.update(UpdateKind.CSAT, csat=Csat(1.0))
    talk.update(UpdateKind.HANDED_BACK)
    talk.update(UpdateKind.RESOLVED, resolution_path="refunded")
    first, second = talk.all(TicketOutcome)
    assert (first.reviews, first.human_replies, first.csat) == (1, 1, (Csat(1.0),))
    assert first.verdict is not None
    assert first.first_human_reply_at == START
    assert (first.resolution_path, second.resolution_path) == (None, "refunded")
    assert (second.reviews, second.human_replies, second.csat) == (0, 0, ())
    assert (second.verdict, second.first_human_reply_at) == (None, None)
    talk.customer("And now?")
    assert {one.outcome for one in talk.new(AccountActivity)} == {None}


def test_an_outcome_tells_how_long_a_person_took_and_grows_with_each_later_word() -> None:
    talk = Conversation()
    talk.customer()
    talk.ai()
    talk.wait(HOUR)
    talk.customer("awful", ANGRY)
    talk.wait(2 * MINUTE)
    talk.human()
    talk.wait(MINUTE)
    talk.human("And one more thing.")
    talk.update(UpdateKind.RESOLVED)
    ended = talk.now
    [outcome] = talk.new(TicketOutcome)
    assert (outcome.opened_at, outcome.escalated_at) == (START, START + HOUR)
    assert (outcome.time_to_human, outcome.ended_at) == (2 * MINUTE, ended)
    assert outcome.human_replies == 2
    talk.wait(HOUR)
    talk.update(UpdateKind.CSAT, csat=Csat(0.5))
    talk.update(UpdateKind.VERDICT, verdict=Verdict(needed=True))
    talk.update(UpdateKind.CSAT, csat=Csat(0.7))
    [outcome] = talk.new(TicketOutcome)
    assert (outcome.csat, outcome.verdict) == ((Csat(0.5), Csat(0.7)), Verdict(needed=True))
    told = [(one.outcome_id, one.revision, one.ended_at) for one in talk.all(TicketOutcome)]
    assert told == [("T1/o/1", revision, ended) for revision in range(1, 5)]
    talk.update(UpdateKind.ERASED)
    [erased] = talk.new(TicketOutcome)
    assert (erased.outcome, erased.ended_at) == ("erased", ended)


def test_a_ticket_that_the_platform_reopens_and_nobody_writes_to_is_closed_again() -> None:
    talk = Conversation()
    talk.customer()
    talk.ai()
    talk.update(UpdateKind.RESOLVED)
    talk.update(UpdateKind.REOPENED)
    talk.wait(DAY)
    assert talk.ticket.owner is Owner.CLOSED


def test_a_ticket_that_was_reopened_is_not_forgotten_when_the_closed_one_would_have_been() -> None:
    talk = Conversation()
    talk.customer("order 7", Signals(entities=(Found("order", "7", (6, 7)),)))
    talk.ai()
    talk.update(UpdateKind.RESOLVED)
    talk.wait(6 * DAY)
    talk.customer("It is back.", BILLING)
    talk.wait(2 * DAY)
    assert (talk.ticket.owner, len(talk.ticket.given)) == (Owner.HUMAN, 1)


def test_only_what_comes_back_within_a_week_counts_as_reopened() -> None:
    talk = Conversation()
    talk.customer()
    for pause in (6 * DAY, 8 * DAY):
        talk.update(UpdateKind.RESOLVED)
        talk.wait(pause)
        talk.customer()
    talk.update(UpdateKind.RESOLVED)
    assert [one.reopened for one in talk.all(TicketOutcome)] == [False, True, False]


def test_a_source_that_went_on_and_ended_by_itself_answers_what_still_comes() -> None:
    talk = Conversation()
    talk.customer()
    talk.update(UpdateKind.MERGED_INTO, other_ticket_id="T2")
    talk.update(UpdateKind.REOPENED)
    talk.update(UpdateKind.RESOLVED)
    talk.customer("It is back.")
    assert talk.decision.action == "reply"


def test_a_late_acceptance_is_refused_on_the_queue_that_last_had_it() -> None:
    talk = Conversation()
    talk.customer("I was charged twice", BILLING)
    talk.update(UpdateKind.HANDED_BACK)
    for _ in range(2):
        talk.update(UpdateKind.RESOLVED)
        talk.customer("another question")
    talk.update(UpdateKind.ACCEPTED, actor_id="p1", escalation_id="T1/e/1")
    assert [one.route for one in talk.new(EscalationUpdate)] == ["billing"]


def test_a_customer_who_leaves_while_they_are_waited_for_has_abandoned_it() -> None:
    unanswered, answered, unwritten = Conversation(), Conversation(), Conversation()
    unanswered.customer()
    answered.customer()
    answered.ai("Which browser?")
    for talk in (unanswered, answered):
        talk.update(UpdateKind.PENDING_ON_CUSTOMER)
    unwritten.update(UpdateKind.OPENED)
    for talk in (unanswered, answered, unwritten):
        talk.wait(2 * DAY)
        assert [one.outcome for one in talk.all(TicketOutcome)] == ["abandoned"]


def much_told() -> Conversation:
    """A ticket that keeps something of every kind that was said in it."""
    refund = "rules: [{name: refund, when: {keywords: [refund], tiers: [growth]}, tier: 2}]"
    talk = Conversation(policy=load_policy(f"based_on: default\nname: o\nversion: 1\n{refund}"))
    heard = Signals(
        entities=(Found("order", "B-77", (6, 10)),),
        gist=(71, 72, 73),
        complexity=1,
        variables=(4,),
        urgency=scores(urgency=0.4).urgency,
        negative=scores(negative=0.3).negative,
    )
    talk.customer("order B-77: refund", heard, message_id="said-1")
    talk.ai("The AI's own words", message_id="tried-1")
    section = ContextSection("crm", START, "CRM", {"note": "secret-note"})
    talk.update(UpdateKind.CONTEXT, context=section)
    talk.update(UpdateKind.ASSIGNED, actor_id="p1")
    talk.update(UpdateKind.HANDED_BACK, instructions="secret-instructions")
    talk.customer("order B-77: refund", heard, message_id="said-2")
    talk.update(UpdateKind.CSAT, csat=Csat(0.2, comment="secret-comment"))
    talk.update(UpdateKind.RESOLVED)
    talk.update(UpdateKind.CSAT, csat=Csat(0.4, comment="secret-afterthought"))
    return talk


def test_a_week_after_its_end_nothing_that_was_said_is_left_of_a_ticket() -> None:
    talk = much_told()
    kept = talk.ticket
    full = (kept.given, kept.questions, kept.moods, kept.context, kept.attempts, kept.heard)
    assert all((*full, kept.ruled, kept.variables, kept.complexity, kept.issue_message_id))
    talk.wait(8 * DAY)
    left = talk.ticket
    assert talk.lines == {}
    assert not any((left.given, left.questions, left.moods, left.context, left.attempts))
    assert not any((left.heard, left.ruled, left.variables))
    assert (left.complexity, left.linked, left.issue_message_id) == (0, 0, None)
    assert [one.score for one in left.csat] == [0.2]
    assert left.last_outcome is not None
    assert [one.score for one in left.last_outcome.csat] == [0.2, 0.4]
    stored = encode_ticket(left)
    assert not [word for word in (b"B-77", b"secret", b"tried-1") if word in stored]
    talk.wait(22 * DAY - 1)
    assert talk.state is not None
    talk.wait(1)
    assert talk.state is None


@pytest.mark.parametrize("what", ["thanks", "note", "score", "context"])
def test_what_is_said_after_that_week_is_kept_no_longer_than_another(what: str) -> None:
    talk = much_told()
    talk.wait(8 * DAY)
    if what == "thanks":
        talk.customer("secret-thanks", scores(thanks=0.9))
    elif what == "note":
        talk.say(Role.HUMAN, "secret-note", visibility=Visibility.INTERNAL)
    elif what == "score":
        talk.update(UpdateKind.CSAT, csat=Csat(0.4, comment="secret-score"))
    else:
        talk.update(UpdateKind.CONTEXT, context=ContextSection("crm", START, "secret-context"))
    talk.wait(8 * DAY)
    assert talk.lines == {}
    assert b"secret" not in encode_ticket(talk.ticket)
    talk.wait(14 * DAY)
    assert talk.state is None


def test_what_a_customer_quoted_does_not_stay_as_the_name_of_their_incident() -> None:
    kept, erased = Conversation(), Conversation()
    for talk in (kept, erased):
        talk.incidents = lambda *_: AnomalyLink("x", "secret-title", START, 3, 1, START)
        talk.customer("it fails")
    kept.update(UpdateKind.RESOLVED)
    kept.wait(8 * DAY)
    erased.update(UpdateKind.ERASED)
    for talk in (kept, erased):
        assert b"secret" not in encode_ticket(talk.ticket)


def test_an_erased_ticket_names_nobody() -> None:
    talk = much_told()
    talk.update(UpdateKind.ERASED)
    assert (talk.ticket.account_id, talk.ticket.requester_id) == (None, None)
    assert talk.ticket.last_outcome is None
    talk.customer("hello", account_id="a1", requester_id="r1")
    assert (talk.ticket.account_id, talk.ticket.requester_id) == (None, None)
    talk.wait(30 * DAY)
    assert talk.state is None, "the marker goes, too"
