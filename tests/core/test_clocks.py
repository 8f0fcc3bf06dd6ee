"""Response clocks of people: which target on which calendar, what is told, and how they end."""

from datetime import date

import msgspec
import pytest
from msgspec.structs import replace

from detectors.signals import Signals
from schemas.records import (
    AccountSnapshot,
    EscalationChange,
    EscalationUpdate,
    OpenEscalation,
    SlaClock,
    SlaEvent,
    UpdateKind,
)
from streams.core.policy import Policy, default_policy, load_policy
from streams.core.policy.plan import plan_of
from streams.core.tickets import decode_ticket
from streams.core.tickets.codec import encode_ticket
from streams.core.tickets.parts import Clock
from streams.core.tickets.sla import brought_forward
from tests.core.conversation import DAY, HOUR, MINUTE, START, Conversation, scores

# START is Thursday 2025-10-09, 08:53:20 UTC: the shipped office has opened at 08:00.
EVENING = START + 13 * HOUR + 30 * MINUTE
"""Thursday 22:23:20: office and chat are closed."""
FRIDAY, MONDAY = START - 53 * MINUTE - 20_000 + DAY, START - 53 * MINUTE - 20_000 + 4 * DAY
"""08:00 on those days."""
ANGRY = scores(negative=0.9)
VIP = AccountSnapshot("a1", START, vip=True)


def escalated(
    signals: Signals = ANGRY,
    at: int = START,
    account: AccountSnapshot | None = None,
    policy: Policy | None = None,
    **message: str,
) -> Conversation:
    talk = Conversation(account, policy, **message)
    talk.now = at
    talk.customer("this is awful", signals)
    return talk


def events(talk: Conversation, clock: str) -> list[SlaEvent]:
    return [event for event in talk.all(SlaEvent) if event.clock == clock]


@pytest.mark.parametrize(
    ("signals", "account", "channel", "at", "due"),
    [
        (ANGRY, None, "chat", START, START + 5 * MINUTE),
        (ANGRY, None, "chat", EVENING, FRIDAY - 55 * MINUTE),
        (ANGRY, None, "email", START, START + 4 * HOUR),
        (ANGRY, None, "email", EVENING, FRIDAY + 4 * HOUR),
        (ANGRY, None, "email", EVENING + DAY, MONDAY + 4 * HOUR),
        (ANGRY, VIP, "email", EVENING, EVENING + 15 * MINUTE),
        (ANGRY, VIP, "chat", START, START + 5 * MINUTE),
        (scores(security=0.9), None, "email", EVENING, EVENING + 5 * MINUTE),
        (scores(safety=0.9), None, "email", EVENING, EVENING + 5 * MINUTE),
        (scores(legal_compliance=0.9), None, "chat", START, START + DAY),
        (scores(legal_compliance=0.9), VIP, "chat", EVENING + DAY, MONDAY + 10 * HOUR),
    ],
)
def test_the_first_answer_is_due_in_open_hours(
    signals: Signals, account: AccountSnapshot | None, channel: str, at: int, due: int
) -> None:
    talk = escalated(signals, at, account, channel=channel)
    [started, *_] = events(talk, "first_response")
    assert started.due_at == due
    assert [one.due_at for one in talk.escalations[0].due if one.clock == "first_response"] == [due]


def test_warnings_and_breach_come_at_shares_of_open_time_and_tell_both_times() -> None:
    talk = escalated(at=FRIDAY + 8 * HOUR, channel="email")
    talk.wait(7 * DAY)
    told = [
        (one.kind, one.percent, one.at, one.elapsed, one.elapsed_business)
        for one in events(talk, "first_response")[1:]
    ]
    began = FRIDAY + 8 * HOUR
    assert told == [
        ("warned", 50, began + 2 * HOUR, 2 * HOUR, 2 * HOUR),
        ("warned", 80, MONDAY + 72 * MINUTE, MONDAY + 72 * MINUTE - began, 192 * MINUTE),
        ("breached", 100, MONDAY + 2 * HOUR, MONDAY + 2 * HOUR - began, 4 * HOUR),
    ]


def test_the_first_response_stops_at_the_reply_and_not_at_the_assignment() -> None:
    talk = escalated()
    talk.wait(MINUTE)
    talk.update(UpdateKind.ACCEPTED, actor_id="p1")
    talk.update(UpdateKind.ASSIGNED, actor_id="p2")
    assert [one.kind for one in events(talk, "first_response")] == ["activated"]
    talk.wait(MINUTE)
    talk.human()
    assert [one.kind for one in events(talk, "first_response")] == ["activated", "met"]
    assert events(talk, "first_response")[-1].elapsed == 2 * MINUTE


def test_who_resolves_without_an_answer_has_met_the_end_and_not_the_response() -> None:
    talk = escalated()
    talk.update(UpdateKind.RESOLVED)
    ended = [(one.clock, one.kind) for one in talk.new(SlaEvent)]
    assert ended == [("first_response", "cancelled"), ("resolution", "met")]


def test_the_next_response_is_told_to_the_desk_and_to_desks_that_start_late() -> None:
    talk = escalated()
    talk.human()
    talk.wait(MINUTE)
    talk.customer("and now?")
    [changed] = talk.new(EscalationUpdate)
    assert changed.change is EscalationChange.CLOCK
    assert [(one.clock, one.due_at) for one in changed.due][:1] == [
        ("next_response", talk.now + 5 * MINUTE)
    ]
    assert talk.all(OpenEscalation)[-1].due == changed.due


def test_only_the_resolution_stands_still_while_the_customer_is_waited_for() -> None:
    talk = escalated(channel="email")
    talk.wait(HOUR)
    talk.update(UpdateKind.PENDING_ON_CUSTOMER)
    talk.update(UpdateKind.PENDING_ON_CUSTOMER)
    talk.wait(4 * DAY)
    assert [one.kind for one in events(talk, "resolution")] == ["activated", "paused"]
    assert "breached" in [one.kind for one in events(talk, "first_response")]
    talk.customer("here is the number")
    resumed = events(talk, "resolution")[-1]
    assert (resumed.kind, resumed.elapsed_business) == ("resumed", HOUR)
    assert resumed.elapsed == 4 * DAY + HOUR
    talk.wait(DAY)
    talk.update(UpdateKind.RESOLVED)
    end = events(talk, "resolution")[-1]
    assert (end.kind, end.elapsed_business) == ("met", 11 * HOUR)
    assert talk.ticket.clocks == ()


def test_a_resolution_that_was_paused_again_and_again_breaches_when_its_time_is_used_up() -> None:
    talk = escalated()
    for _ in range(3):
        talk.wait(HOUR)
        talk.update(UpdateKind.PENDING_ON_CUSTOMER)
        talk.wait(30 * MINUTE)
        talk.customer("this?")
        talk.human()
    talk.wait(3 * DAY)
    kinds = [str(one.kind) for one in events(talk, "resolution")]
    assert kinds.count("paused") == kinds.count("resumed") == 3
    assert kinds[-3:] == ["warned", "warned", "breached"]
    used = [one.elapsed_business for one in events(talk, "resolution")[-3:]]
    assert used == [4 * HOUR, 8 * HOUR * 80 // 100, 8 * HOUR]
    ids = [one.event_id for one in talk.all(SlaEvent)]
    assert len(ids) == len(set(ids))


def test_a_pause_after_the_time_is_used_up_puts_off_nothing() -> None:
    talk = escalated()
    talk.human()
    talk.wait(3 * DAY)
    due_at = events(talk, "resolution")[-1].due_at
    talk.update(UpdateKind.PENDING_ON_CUSTOMER)
    talk.wait(HOUR)
    talk.customer("this?")
    assert events(talk, "resolution")[-1].due_at == due_at < talk.now


def test_the_next_response_that_starts_at_the_same_moment_has_ids_of_its_own() -> None:
    talk = escalated()
    talk.human()
    for _ in range(3):
        talk.customer("and?")
        talk.human()
    ids = [one.event_id for one in talk.all(SlaEvent)]
    assert len(ids) == len(set(ids)) == 9


def test_a_calendar_that_a_new_policy_no_longer_has_counts_round_the_clock() -> None:
    talk = escalated(at=EVENING, channel="email")
    talk.policy = load_policy(
        "based_on: default\nname: ours\nversion: 2\n"
        "sla: {calendar: {email: chat, other: chat}}\nreviews: {calendar: {email: chat}}\n"
    )
    del talk.policy.calendars["office"]
    talk.wait(7 * DAY)
    assert events(talk, "first_response")[-1].kind == "breached"


def test_a_breach_is_told_when_it_was_promised_though_a_new_policy_shuts_the_office() -> None:
    talk = escalated(channel="email")
    clock = talk.ticket.clock
    assert clock is not None
    shut = replace(talk.policy.calendars["office"], closed=(date(2025, 10, 9),))
    talk.policy = replace(talk.policy, calendars={**talk.policy.calendars, "office": shut})
    talk.wait(DAY)
    told = [(one.percent, one.at) for one in events(talk, "first_response") if one.percent]
    assert told == [(50, clock.due_at), (80, clock.due_at), (100, clock.due_at)]


@pytest.mark.parametrize("paused", [False, True])
def test_a_breach_is_told_though_a_new_policy_warns_less_often(paused: bool) -> None:
    talk = escalated()
    due_at = START + 2 * HOUR
    talk.ticket.resolution = Clock(SlaClock.RESOLUTION, START, due_at, due_at, 2, 2 * HOUR)
    talk.policy = load_policy("based_on: default\nname: ours\nversion: 2\nsla: {warn_at: [50]}\n")
    if paused:
        talk.human()
        talk.update(UpdateKind.PENDING_ON_CUSTOMER)
        talk.wait(HOUR)
        talk.customer("here it is")
    talk.wait(2 * DAY)
    assert events(talk, "resolution")[-1].kind == "breached"


def test_a_clock_that_is_brought_forward_when_a_policy_warns_less_often_is_still_due() -> None:
    clock = Clock(SlaClock.FIRST_RESPONSE, START, START + 2 * HOUR, START + 2 * HOUR, 2, 2 * HOUR)
    policy = load_policy("based_on: default\nname: ours\nversion: 2\nsla: {warn_at: [50]}\n")
    calendars = plan_of(policy).calendars
    earlier = brought_forward(policy.sla, calendars, clock, START - HOUR, START + HOUR)
    assert (earlier.next_at, earlier.due_at) == (START + HOUR, START + HOUR)
    breached = replace(clock, next_at=None, rung=3)
    again = brought_forward(policy.sla, calendars, breached, START - HOUR, START + HOUR)
    assert again.next_at is None


def test_a_desk_is_told_first_what_is_due_first() -> None:
    talk = escalated(channel="email")
    talk.human()
    resolution = talk.ticket.resolution
    assert resolution is not None
    talk.wait(resolution.due_at - HOUR - talk.now)
    talk.customer("and now?")
    due = talk.all(OpenEscalation)[-1].due
    assert [one.clock for one in due] == ["resolution", "next_response"]


def test_the_time_that_a_segment_is_promised_runs_while_its_queue_is_there() -> None:
    policy = default_policy()
    *others, last = policy.routes
    routes = tuple(replace(one, calendar="office") for one in (*others, last))
    talk = escalated(
        at=EVENING, account=VIP, policy=replace(policy, routes=routes), channel="email"
    )
    assert events(talk, "first_response")[0].due_at == FRIDAY + 15 * MINUTE


def test_a_segment_that_allows_more_time_than_the_channel_gives_nobody_more() -> None:
    policy = default_policy()
    *others, last = policy.segments
    slow = replace(last, first_response=HOUR)
    talk = escalated(policy=replace(policy, segments=(*others, slow)))
    assert events(talk, "first_response")[0].due_at == START + 5 * MINUTE


def test_a_clock_of_an_earlier_version_goes_on_round_the_clock() -> None:
    talk = escalated(channel="email")
    fields = msgspec.msgpack.decode(encode_ticket(talk.ticket)[1:])
    names = type(talk.ticket).__struct_fields__
    clock = names.index("clock")
    fields[clock] = fields[clock][:5]
    fields[clock][2] = START + HOUR
    fields[clock][3] = START + 30 * MINUTE
    talk.state = decode_ticket(
        b"\x01" + msgspec.msgpack.encode(fields[: names.index("resolution")])
    )
    talk.wait(2 * HOUR)
    told = [(one.percent, one.at) for one in talk.all(SlaEvent) if one.percent is not None]
    assert told == [
        (50, START + 30 * MINUTE), (80, START + 48 * MINUTE), (100, START + HOUR)
    ]  # fmt: skip


def test_an_email_is_open_for_business_hours_only_and_not_while_the_customer_is_asked() -> None:
    talk = Conversation(channel="email")
    talk.now = FRIDAY + 8 * HOUR
    talk.customer("it does not work")
    talk.ai("Which version is it?")
    talk.wait(HOUR)
    talk.customer("version 3")
    talk.ai("Thank you.")
    talk.customer("so?", message_id="last")
    talk.wait(MINUTE)
    talk.state = msgspec.structs.replace(talk.ticket, answer_due=None)
    talk.wait(2 * DAY + 12 * HOUR)
    assert talk.ticket.case is None
    talk.wait(DAY)
    assert talk.codes == {"open_time"}
    assert talk.decision.decided_at == MONDAY + 3 * HOUR
    assert talk.decision.reasons[0].score == talk.decision.reasons[0].threshold == 240


def test_a_draft_by_email_may_wait_for_business_minutes() -> None:
    talk = Conversation(VIP, channel="email")
    talk.now = FRIDAY + 9 * HOUR + 30 * MINUTE
    talk.customer("hello")
    talk.draft("Hello!")
    review = talk.ticket.review
    assert review is not None
    assert review.due_at == MONDAY + 30 * MINUTE
