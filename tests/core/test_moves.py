"""A graver reason that joins, a move by people: clocks and calls follow, none is put off."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from msgspec.structs import replace

from detectors.signals import Signals
from schemas.records import (
    AccountSnapshot,
    AnomalyLink,
    EscalationUpdate,
    OpenEscalation,
    RouteStatus,
    SlaEvent,
    SlaEventKind,
    UpdateKind,
)
from streams.core.policy import default_policy, load_policy
from streams.core.tickets import unstaffed
from tests.core.conversation import DAY, HOUR, MINUTE, START, Conversation, scores
from tests.core.test_tickets_invariants import History, accounts, histories, play

ANGRY, DESPAIR = scores(negative=0.9), scores(safety=0.9)
NIGHT = START + 14 * HOUR
"""Thursday 22:53:20: office and chat are closed."""


def handed_over(at: int = START) -> Conversation:
    """An angry e-mail: four business hours."""
    talk = Conversation(channel="email")
    talk.now = at
    talk.customer("this is awful", ANGRY)
    return talk


def due(talk: Conversation) -> int:
    clock = talk.ticket.clock
    assert clock is not None
    return clock.due_at


def test_a_graver_reason_is_due_as_soon_as_a_handoff_for_it() -> None:
    talk = handed_over()
    talk.wait(HOUR)
    talk.customer("I do not want to live any more", DESPAIR)
    assert due(talk) == talk.now + 5 * MINUTE
    moved = talk.escalations[-1]
    assert moved.route == "safety"
    assert moved.due[0].due_at == talk.all(OpenEscalation)[-1].due[0].due_at == due(talk)
    ended, begun = talk.new(SlaEvent)[:2]
    assert (ended.kind, ended.route) == ("cancelled", "general")
    assert (begun.kind, begun.route, begun.elapsed) == ("activated", "safety", HOUR)
    talk.wait(2 * MINUTE + 30_000)
    assert [one.percent for one in talk.new(SlaEvent)] == [50], "of the five minutes"
    talk.human()
    [met] = talk.new(SlaEvent)
    assert (met.kind, met.elapsed) == ("met", HOUR + 2 * MINUTE + 30_000)


def test_a_reason_that_may_wait_longer_leaves_the_clock_as_it_was_promised() -> None:
    talk = handed_over()
    promised = due(talk)
    talk.wait(HOUR)
    talk.customer("and our lawyer asks about the contract", scores(legal_compliance=0.9))
    assert (talk.escalations[-1].route, due(talk)) == ("legal", promised)
    assert not talk.new(SlaEvent)


def test_whoever_has_taken_it_is_held_to_the_graver_reason() -> None:
    talk = handed_over(NIGHT)
    talk.update(UpdateKind.ACCEPTED, actor_id="ann")
    talk.customer("I do not want to live any more", DESPAIR)
    assert due(talk) == talk.now + 5 * MINUTE
    [signals] = talk.new(EscalationUpdate)
    assert (signals.route, signals.notify) == ("general", ("lead",))


def test_a_graver_reason_after_the_answer_is_due_at_once_too() -> None:
    talk = handed_over()
    talk.human()
    talk.customer("I do not want to live any more", DESPAIR)
    clock = talk.ticket.clock
    assert clock is not None
    assert (clock.clock, clock.due_at) == ("next_response", talk.now + 5 * MINUTE)
    ids = [one.event_id for one in talk.all(SlaEvent)]
    assert len(ids) == len(set(ids))


def test_a_graver_reason_after_the_answer_puts_off_nothing_that_is_promised_without_it() -> None:
    due_in = []
    for signals in (ANGRY, scores(legal_compliance=0.9)):
        talk = Conversation()
        talk.now = START + 10 * HOUR  # 18:53: the lawyers have gone, the chat has not
        talk.customer("this is awful", ANGRY)
        talk.update(UpdateKind.ACCEPTED, actor_id="ann")
        talk.human()
        talk.customer("and now?", signals)
        due_in.append(due(talk) - talk.now)
    assert due_in == [5 * MINUTE, 5 * MINUTE]


def test_what_is_promised_no_earlier_begins_no_other_clock() -> None:
    talk = Conversation()
    talk.customer("this is awful", ANGRY)
    talk.customer("I do not want to live any more", DESPAIR)
    assert (talk.escalations[-1].route, due(talk)) == ("safety", START + 5 * MINUTE)
    assert not [one for one in talk.new(SlaEvent) if one.clock == "first_response"]


def test_the_teams_to_consult_are_those_of_the_reasons_wherever_the_ticket_lies() -> None:
    talk = Conversation()
    talk.customer("our contract and a break-in", scores(security=0.9, legal_compliance=0.9))
    assert (talk.escalations[0].route, talk.escalations[0].consult) == (
        "security",
        ("legal", "privacy"),
    )
    legal = Conversation()
    legal.customer("our contract", scores(legal_compliance=0.9))
    assert legal.escalations[0].consult == ("legal", "privacy")
    later = Conversation()
    later.customer("someone has got into my account", scores(security=0.9))
    later.customer("and our lawyer will write to you", scores(legal_compliance=0.9))
    [signals] = later.new(EscalationUpdate)
    assert (later.escalations[0].consult, signals.consult) == ((), ("legal", "privacy"))


def test_a_contested_charge_is_one_step_more_pressing_than_another_matter_of_money() -> None:
    contested = scores(billing=0.9, billing_dispute=0.9)
    for signals, priority in ((scores(billing=0.9), 2), (contested, 1)):
        talk = Conversation()
        talk.customer("about my bill", signals)
        assert talk.escalations[0].priority == priority
    talk = Conversation()
    talk.customer("about my bill", scores(billing=0.9))
    talk.customer("I never agreed to that charge", contested)
    [told] = talk.new(EscalationUpdate)
    assert (told.change, told.priority) == ("signals", 1)
    assert talk.all(OpenEscalation)[-1].reason_codes == ("billing",)
    rule = "rules: [{name: mine, when: {keywords: [bill]}, tier: 2, priority: 4}]"
    talk = Conversation(policy=load_policy(f"based_on: default\n{rule}"))
    talk.customer("about my bill", contested)
    assert talk.escalations[0].priority == 4, "the team's own word"


@pytest.mark.parametrize("taken", [False, True])
def test_where_nobody_is_there_a_graver_reason_pages_on_call_once(taken: bool) -> None:
    talk = handed_over()
    talk.queues = {"safety": RouteStatus("safety", False, START)}.get
    assert not talk.escalations[0].page_on_call
    if taken:
        talk.update(UpdateKind.ACCEPTED, actor_id="ann")
    talk.customer("I do not want to live any more", DESPAIR)
    assert talk.decision.used.route_status_of == "safety"
    pages = [one for one in talk.all(EscalationUpdate) if "on_call" in one.notify]
    assert [one.page_on_call for one in talk.escalations[1:]] == ([] if taken else [True])
    assert len(pages) == int(taken)
    talk.customer("do you hear me", DESPAIR)
    assert [one for one in talk.all(EscalationUpdate) if "on_call" in one.notify] == pages


def test_a_move_by_people_keeps_what_was_promised_where_the_new_queue_is_slower() -> None:
    talk = Conversation()
    talk.customer("someone has got into my account", scores(security=0.9))
    promised = due(talk)
    talk.wait(MINUTE)
    talk.update(UpdateKind.TRANSFERRED, route="legal", actor_id="ann")
    assert (talk.escalations[-1].route, due(talk)) == ("legal", promised)


def test_what_people_have_moved_goes_back_for_a_new_reason_alone() -> None:
    talk = Conversation()
    talk.customer("someone has got into my account", scores(security=0.9))
    talk.update(UpdateKind.TRANSFERRED, route="technical", actor_id="ann")
    talk.customer("this is awful", ANGRY)
    assert talk.ticket.route == "technical"
    assert "on_call" not in talk.new(EscalationUpdate)[0].notify
    talk.customer("I do not want to live any more", DESPAIR)
    assert talk.ticket.route == "safety"


def test_a_move_by_people_to_a_faster_queue_takes_its_clock_and_pages_where_nobody_is() -> None:
    talk = handed_over()
    talk.customer("someone has got into my account", scores(security=0.9))
    talk.queues = {"safety": RouteStatus("safety", True, START, agents_available=0)}.get
    talk.update(UpdateKind.TRANSFERRED, route="safety", actor_id="ann")
    assert talk.escalations[-1].page_on_call
    assert (talk.decision.action, talk.decision.route) == ("none", "safety")
    assert talk.decision.used.agents_available == 0
    slow = handed_over()
    slow.update(UpdateKind.TRANSFERRED, route="security", actor_id="ann")
    assert due(slow) == slow.now + 5 * MINUTE


def test_a_clock_that_was_paused_during_a_move_takes_the_faster_queue_as_it_runs_on() -> None:
    talk = handed_over()
    talk.human()
    talk.update(UpdateKind.PENDING_ON_CUSTOMER)
    talk.update(UpdateKind.TRANSFERRED, route="safety", actor_id="ann")
    talk.wait(MINUTE)
    talk.customer("here it is")
    clock = talk.ticket.resolution
    assert clock is not None
    assert clock.due_at - talk.now == 20 * HOUR
    told = [one.kind for one in talk.new(SlaEvent) if one.clock == "resolution"]
    assert told == ["resumed", "cancelled", "activated"]


def test_an_account_that_becomes_known_takes_the_clock_of_its_segment() -> None:
    talk = handed_over(NIGHT)
    talk.customer("someone has got into my account", scores(billing=0.9))
    vip = AccountSnapshot("a1", START, vip=True)
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=vip)
    assert due(talk) == talk.now + 15 * MINUTE
    called = [one.notify for one in talk.new(EscalationUpdate) if one.notify]
    assert called == [("on_call",)], "a top account, and nobody is there"
    talk.wait(MINUTE)
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=vip)
    assert not any(one.notify for one in talk.new(EscalationUpdate))


TOP = AccountSnapshot("a1", START, vip=True)


def pages(talk: Conversation) -> int:
    """How often the engineer on call has been paged."""
    updates = [one for one in talk.all(EscalationUpdate) if "on_call" in one.notify]
    return len(updates) + sum(one.page_on_call for one in talk.escalations)


@pytest.mark.parametrize(("answered", "paged"), [(False, 1), (True, 0)])
def test_an_account_that_is_told_again_pages_once_for_what_nobody_has_touched(
    answered: bool, paged: int
) -> None:
    talk = handed_over()
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=TOP)
    if answered:
        talk.human()
    talk.now = NIGHT
    for _ in range(2):
        talk.update(UpdateKind.ACCOUNT_CHANGED, account=TOP)
        talk.wait(MINUTE)
    assert pages(talk) == paged


def test_nothing_is_more_pressing_than_the_most_pressing() -> None:
    policy = default_policy()
    routes = tuple(replace(route, priority=1) for route in policy.routes)
    talk = Conversation(policy=replace(policy, routes=routes))
    talk.customer("charged twice", scores(billing_dispute=0.9))
    talk.update(UpdateKind.TRANSFERRED, route="billing")
    talk.customer("a person", scores(human_request=0.9))
    assert {one.priority for one in talk.escalations} == {1}
    assert talk.all(OpenEscalation)[-1].priority == 1


def test_a_queue_pages_once_whatever_joins_and_another_queue_anew() -> None:
    talk = Conversation(TOP, channel="email")
    talk.now = NIGHT
    talk.customer("this is awful", ANGRY)
    assert pages(talk) == 1
    talk.customer("a person, please", scores(human_request=0.9))
    assert (talk.decision.route, pages(talk)) == ("success", 1)
    talk.queues = {"technical": RouteStatus("technical", True, START)}.get
    talk.update(UpdateKind.TRANSFERRED, route="technical", actor_id="ann")
    assert pages(talk) == 1
    talk.queues = unstaffed
    talk.customer("it is urgent", scores(urgency=0.9))
    assert (talk.ticket.route, pages(talk)) == ("technical", 2)


def test_what_people_have_moved_stays_as_pressing_as_it_was_and_is_as_its_queue() -> None:
    talk = Conversation()
    talk.customer("this is awful", ANGRY)
    assert talk.all(OpenEscalation)[-1].priority == 3
    talk.update(UpdateKind.TRANSFERRED, route="security", actor_id="ann")
    assert talk.all(OpenEscalation)[-1].priority == 1
    talk.update(UpdateKind.TRANSFERRED, route="general", actor_id="ann")
    talk.customer("a person, please", scores(human_request=0.9))
    assert (talk.ticket.route, talk.all(OpenEscalation)[-1].priority) == ("general", 1)


def test_a_move_to_the_queue_where_it_lies_frees_it() -> None:
    talk = Conversation()
    talk.customer("this is awful", ANGRY)
    talk.update(UpdateKind.ACCEPTED, actor_id="ann")
    talk.update(UpdateKind.TRANSFERRED, route="general", actor_id="ann", reason="my shift ends")
    [update] = talk.new(EscalationUpdate)
    assert (update.change, update.owner_id, update.note) == ("reopened", None, "my shift ends")
    assert talk.all(OpenEscalation)[-1].owner_id is None


def test_a_graver_matter_that_nobody_waits_for_an_answer_to_begins_no_clock() -> None:
    talk = Conversation()
    talk.customer("this is awful", scores(negative=0.9, billing=0.46))
    talk.human()
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=AccountSnapshot("a1", START, tier="enterprise"))
    assert "billing" in talk.codes
    assert (talk.ticket.route, talk.ticket.clock) == ("billing", None)


def test_a_graver_matter_is_due_at_once_also_while_the_next_answer_is_owed() -> None:
    talk = handed_over()
    talk.human()
    talk.customer("and now?")
    assert due(talk) > talk.now + HOUR
    talk.customer("I do not want to live any more", DESPAIR)
    assert due(talk) == talk.now + 5 * MINUTE


def test_what_joins_on_a_queue_that_the_policy_has_no_more_is_told_there() -> None:
    policy = default_policy()
    renamed = replace(policy.routes[-1], name="others")
    talk = Conversation(policy=replace(policy, routes=(*policy.routes[:-1], renamed)))
    talk.customer("this is awful", ANGRY)
    assert talk.ticket.route == "others"
    talk.policy = policy
    talk.customer("a person, please", scores(human_request=0.9))
    [told, *_] = talk.new(EscalationUpdate)
    assert [one.code for one in told.reasons] == ["human_request"]


def test_an_account_that_moves_the_escalation_is_told_with_it_and_not_before() -> None:
    talk = handed_over()
    talk.update(UpdateKind.ACCOUNT_CHANGED, account=AccountSnapshot("a1", START, vip=True))
    moved = talk.escalations[-1]
    assert moved.route == "success"
    assert [one.change for one in talk.new(EscalationUpdate)] == ["signals", "moved"]
    assert talk.all(OpenEscalation)[-1].revision == moved.revision


@settings(max_examples=100, deadline=None)
@given(histories, accounts)
def test_no_clock_that_runs_is_ever_put_off(
    history: History, account: AccountSnapshot | None
) -> None:
    talk = play(history, account)
    told = talk.all(SlaEvent)
    for ended, begun in pairwise(told):
        replaced = begun.kind is SlaEventKind.ACTIVATED and begun.elapsed
        if replaced and ended.kind is SlaEventKind.CANCELLED:
            assert begun.due_at < ended.due_at
            assert (begun.clock, begun.at) == (ended.clock, ended.at)


def test_a_week_of_moves_leaves_one_clock_a_kind() -> None:
    talk = handed_over()
    for route in ("security", "billing"):
        talk.update(UpdateKind.TRANSFERRED, route=route, actor_id="ann")
        talk.wait(DAY)
    assert [one.clock for one in talk.ticket.clocks] == ["first_response", "resolution"]


def test_an_account_of_a_segment_is_one_step_more_pressing() -> None:
    pressing = []
    for tier in (None, "enterprise"):
        talk = Conversation(AccountSnapshot("a1", START, tier=tier))
        talk.customer("a person please", scores(human_request=0.9))
        pressing.append(talk.escalations[0].priority)
    assert pressing[1] == pressing[0] - 1


@pytest.mark.parametrize(("signals", "priority"), [(ANGRY, 2), (DESPAIR, 1)])
def test_an_open_incident_makes_what_is_less_pressing_more_so_and_nothing_less(
    signals: Signals, priority: int
) -> None:
    talk = Conversation()
    link = AnomalyLink("an-1", "Exports fail", START, 3)
    talk.incidents = lambda *_: link
    talk.customer("the export fails", signals)
    assert talk.escalations[0].priority == priority
    talk.customer("still")
    [update] = talk.new(EscalationUpdate)
    assert update.anomaly == link
