"""What holds for every sequence of events, however strange."""

from typing import Any
from unittest.mock import patch

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from detectors.signals import Fingerprint, Found, Matter, Signal, Signals
from schemas.codec import Tombstone
from schemas.records import (
    AccountSnapshot,
    Attachment,
    Cause,
    ContextSection,
    ConversationMessage,
    Csat,
    Decision,
    DraftOutcome,
    DraftReview,
    MessageStatus,
    OpenEscalation,
    Record,
    ReviewRequest,
    ReviewState,
    Role,
    SlaEvent,
    SlaEventKind,
    TicketUpdate,
    UpdateKind,
    Verdict,
    Visibility,
)
from streams.core.policy import Policy, default_policy, load_policy
from streams.core.policy.duration import Duration
from streams.core.policy.triggers import SignalRule
from streams.core.tickets import Due, Event, Owner, Ticket, assess, is_customer_turn
from streams.core.tickets.known import came_before, fingerprint
from streams.core.tickets.messages import is_draft
from streams.core.tickets.terms import GLANCED
from streams.core.tickets.triggers.glance import ASK
from tests.core.conversation import DAY, START, Conversation

History = list[tuple[int, Event, Signals | None]]

names = st.sampled_from(["a", "b", "c", "d1", "d2", ""])
maybe = st.none() | names
texts = st.sampled_from(["", "why?", "It fails.", "\u200b", "x" * 500]) | st.text(max_size=20)
levels = st.builds(
    Signal, st.sampled_from([0.0, 0.0, 0.0, 0.3, 0.5, 0.9]), st.none() | st.just((0, 2))
)
read_signals = st.builds(
    Signals,
    negative=levels,
    billing=levels,
    billing_dispute=levels,
    security=levels,
    technical=levels,
    thanks=levels,
    ai_failed=levels,
    human_request=levels,
    urgency=levels,
    legal_compliance=levels,
    safety=levels,
    complexity=st.integers(0, 5),
    category=st.sampled_from(["general", "billing", "technical"]),
    fingerprint=st.none() | st.just(Fingerprint("f", 1, "t")),
    entities=st.just(()) | st.just((Found("order", "1", (0, 1)),)),
    unreadable=st.sampled_from([False, False, False, True]),
    gist=st.sampled_from([(), (1, 2), (1, 2, 3), (7, 8, 9)]),
    matters=st.just(()) | st.just((Matter("usage", (0, 1)),)),
    variables=st.sampled_from([(), (4,), (4, 8), (12, 16, 17)]),
)
signals = st.none() | read_signals | read_signals | read_signals
accounts = st.none() | st.builds(
    AccountSnapshot, st.just("a1"), st.just(START), vip=st.booleans(), churn_flag=st.booleans()
)
messages = st.builds(
    ConversationMessage,
    message_id=st.integers(0, 30).map(str),
    ticket_id=st.just("T1"),
    role=st.sampled_from([Role.CUSTOMER, Role.CUSTOMER, Role.AI, *Role]),
    text=texts,
    sent_at=st.integers(-(10**15), 10**15),
    account_id=maybe,
    requester_id=maybe,
    author_id=maybe,
    visibility=st.sampled_from([Visibility.PUBLIC, Visibility.PUBLIC, Visibility.INTERNAL]),
    automated=st.sampled_from([False, False, False, True]),
    channel=st.sampled_from(["chat", "email", "phone"]),
    status=st.sampled_from(MessageStatus),
    draft_id=maybe,
    in_reply_to=maybe,
    confidence=st.none() | st.floats(-1, 2),
    gave_up=st.booleans(),
    attachments=st.just(()) | st.just((Attachment("image/png"),)),
)
updates = st.builds(
    TicketUpdate,
    update_id=st.integers(0, 60).map(str),
    ticket_id=st.just("T1"),
    kind=st.sampled_from(
        [kind for kind in UpdateKind if kind is not UpdateKind.ERASED] * 3 + [*UpdateKind]
    ),
    occurred_at=st.integers(-(10**15), 10**15),
    actor_id=maybe,
    account_id=maybe,
    verified=st.none() | st.booleans(),
    revision=st.none() | st.integers(-1, 5),
    route=st.sampled_from([None, "billing", "nowhere"]),
    draft=st.none() | st.builds(DraftReview, names, st.sampled_from(DraftOutcome)),
    verdict=st.none() | st.just(Verdict(needed=False)),
    csat=st.none() | st.just(Csat(0.5)),
    context=st.none() | st.just(ContextSection("crm", START)),
    account=accounts,
)
events = st.tuples(st.sampled_from([0, 1, 30_000, 10**6, DAY]), messages | updates, signals)
histories = st.lists(events, max_size=25)


def play(
    history: History, account: AccountSnapshot | None, policy: Policy | None = None
) -> Conversation:
    talk = Conversation(account, policy)
    for pause, event, read in history:
        talk.wait(pause)
        talk.count += 1
        talk.apply(event, read)
    return talk


@settings(max_examples=60, deadline=None)
@given(histories, accounts)
def test_every_history_can_be_decided_and_always_the_same(
    history: History, account: AccountSnapshot | None
) -> None:
    one, other = play(history, account), play(history, account)
    assert one.outputs == other.outputs
    assert one.escalations == other.escalations


def _said(message: ConversationMessage) -> ConversationMessage:
    role = Role.AI if message.role is Role.AI else Role.CUSTOMER
    return replace(message, role=role, visibility=Visibility.PUBLIC, automated=False)


spoken = st.lists(st.tuples(st.just(30_000), messages.map(_said), read_signals), max_size=6)


@settings(max_examples=100, deadline=None)
@given(spoken, accounts)
def test_a_glance_at_the_triggers_decides_as_asking_each_of_them(
    history: History, account: AccountSnapshot | None
) -> None:
    at_a_glance = play(history, account)
    with patch.object(assess, "glance", lambda *_: (ASK,) * len(GLANCED)):
        assert play(history, account).outputs == at_a_glance.outputs


@settings(max_examples=80, deadline=None)
@given(histories, accounts)
def test_a_later_event_never_changes_an_earlier_output(
    history: History, account: AccountSnapshot | None
) -> None:
    shorter, longer = play(history[:-1], account), play(history, account)
    assert longer.outputs[: len(shorter.outputs)] == shorter.outputs


@settings(max_examples=60, deadline=None)
@given(histories, accounts)
def test_every_customer_message_and_every_draft_gets_exactly_one_decision(
    history: History, account: AccountSnapshot | None
) -> None:
    talk = Conversation(account)
    for pause, event, read in history:
        talk.wait(pause)
        repeated = talk.state is not None and _is_repeated(talk.state, event)
        owner = None if talk.state is None else talk.state.owner
        talk.apply(event, read)
        answers = [d for d in talk.new(Decision) if d.cause in (Cause.MESSAGE, Cause.DRAFT)]
        expected = 0 if repeated else int(is_customer_turn(event) or is_draft(event))
        assert len(answers) == expected
        if owner is Owner.HUMAN and answers:
            assert answers[0].action in ("silent", "none")
    sequences = [decision.sequence for decision in talk.all(Decision)]
    assert sequences == sorted(sequences)


def _is_repeated(ticket: Ticket, event: Event) -> bool:
    """A draft that says something else now is another draft."""
    if isinstance(event, Due):
        return False
    known = fingerprint(event)
    return known in ticket.seen or (came_before(ticket, known) and not is_draft(event))


@settings(max_examples=60, deadline=None)
@given(histories, accounts)
def test_open_escalations_equal_what_is_open_and_clocks_end_or_run(
    history: History, account: AccountSnapshot | None
) -> None:
    talk = play(history, account)
    shown: OpenEscalation | None = None
    for output in talk.outputs:
        if isinstance(output, OpenEscalation):
            assert shown is None or shown.escalation_id == output.escalation_id
            shown = output
        elif isinstance(output, Tombstone):
            shown = None
    case = None if talk.state is None else talk.state.case
    assert (None if shown is None else shown.escalation_id) == (
        None if case is None else case.escalation_id
    )
    assert case is None or shown is None or shown.revision == case.revision
    ended = (SlaEventKind.MET, SlaEventKind.CANCELLED)
    events_of_clocks = talk.all(SlaEvent)
    running = sum(event.kind is SlaEventKind.ACTIVATED for event in events_of_clocks) - sum(
        event.kind in ended for event in events_of_clocks
    )
    assert running == (0 if talk.state is None else len(talk.state.clocks))


@settings(max_examples=80, deadline=None)
@given(histories, accounts)
def test_a_ticket_always_has_an_owner_and_its_handoffs_a_known_route(
    history: History, account: AccountSnapshot | None
) -> None:
    talk = play(history, account)
    routes = {route.name for route in default_policy().routes}
    assert all(escalation.route in routes for escalation in talk.escalations)
    if talk.state is not None:
        assert (talk.ticket.owner is Owner.HUMAN) == (talk.ticket.case is not None)
        assert (talk.ticket.owner is Owner.REVIEW) == (talk.ticket.review is not None)
        assert talk.ticket.deadline is None or talk.ticket.deadline > talk.now


@settings(max_examples=80, deadline=None)
@given(histories, accounts)
def test_no_two_records_of_a_kind_share_an_id(
    history: History, account: AccountSnapshot | None
) -> None:
    talk = play(history, account)
    ids = [
        (type(output), identity)
        for output in talk.outputs
        if isinstance(output, Record) and (identity := _id(output)) is not None
    ]
    assert len(ids) == len(set(ids))


def _id(record: Record) -> str | None:
    if isinstance(record, ReviewRequest):
        return f"{record.review_id}/{record.revision}"
    for name in ("decision_id", "update_id", "event_id", "activity_id", "report_id"):
        value = getattr(record, name, None)
        if value is not None:
            return str(value)
    return None


BY_NOBODY = st.lists(
    st.tuples(
        st.sampled_from([0, 1, 30_000, 10**6]),
        messages.filter(lambda message: message.role in (Role.CUSTOMER, Role.AI)),
        signals,
    ),
    max_size=15,
)
REVIEWED = load_policy("""
based_on: default
rules:
- {name: letters, when: {channels: [email]}, tier: 1}
- {name: unsure, when: {confidence_below: 0.9}, tier: 1}
""").rules
"""Rules that add reviews to a policy: of every e-mail, and of every draft in doubt."""
WAITS = {"ai_no_answer", "review_unanswered"}


@st.composite
def stricter_policies(draw: st.DrawFn) -> Policy:
    """The default policy with some triggers stricter, and with more reviews."""
    usual = default_policy()
    triggers, factor = usual.triggers, draw(st.sampled_from([0.2, 0.6, 1.0]))
    linked, rounds = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    after, times = triggers.ai_no_answer.after, draw(st.sampled_from([0.3, 1.0]))
    changes: dict[str, Any] = {
        code: replace(rule, threshold=rule.threshold * factor)
        for code in triggers.__struct_fields__
        if isinstance(rule := getattr(triggers, code), SignalRule)
    }
    changes |= {
        "complex_troubleshooting": replace(
            triggers.complex_troubleshooting,
            review_from=linked,
            handoff_from=draw(st.integers(linked, 4)),
        ),
        "high_stakes_account": replace(
            triggers.high_stakes_account, tier_alone=draw(st.sampled_from([1, 2]))
        ),
        "ai_loop": replace(triggers.ai_loop, rounds_without_progress=rounds),
        "ai_no_answer": replace(
            triggers.ai_no_answer, after=replace(after, chat=Duration(int(after.chat * times)))
        ),
    }
    rules = REVIEWED[draw(st.integers(0, 2)) :]
    return replace(usual, triggers=replace(triggers, **changes), rules=rules)


def first_handoff(talk: Conversation) -> Decision | None:
    return next((one for one in talk.all(Decision) if one.tier == 2), None)


def in_review_at(talk: Conversation, time: int) -> bool:
    told = [one for one in talk.all(ReviewRequest) if one.requested_at <= time]
    return bool(told) and told[-1].state is ReviewState.WAITING


@settings(max_examples=150, deadline=None)
@given(BY_NOBODY, accounts, stricter_policies())
def test_without_people_a_stricter_policy_hands_over_no_later(
    history: History, account: AccountSnapshot | None, policy: Policy
) -> None:
    """But for one thing: where it asks for a review, that has its own time to wait in."""
    usual, strict = play(history, account), play(history, account, policy)
    handed, sooner = first_handoff(usual), first_handoff(strict)
    if handed is None or (sooner is not None and sooner.decided_at <= handed.decided_at):
        return
    assert {reason.code for reason in handed.reasons} & WAITS
    assert in_review_at(strict, handed.decided_at)
