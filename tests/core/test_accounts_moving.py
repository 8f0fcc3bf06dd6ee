"""Accounts that are merged, called something else, or erased."""

from itertools import pairwise

import pytest
from msgspec.structs import replace

from schemas.codec import Tombstone
from schemas.records import (
    AccountActivity,
    AccountHealth,
    AccountProfile,
    ActivityKind,
    HealthLevel,
    OpportunityStatus,
    TicketUpdate,
)
from streams.core.accounts import (
    AccountPolicy,
    AccountState,
    Step,
    apply_profile,
    followed,
    last_of,
    observe,
    passed_on,
    tick,
)
from streams.core.accounts.figures import figures
from streams.core.accounts.health import costs
from streams.core.accounts.moving import MOST_MOVES
from tests.core.account import DAY, HOUR, START, activity, play, profile, split, tickets
from tests.core.test_accounts_outreach import answering, at_risk, calm, told

GONE = Tombstone("support.account-health", "acme")
NOW = START + 9 * DAY


def history() -> list[AccountActivity]:
    called = [activity(f"t{n}", n * DAY + 1, kind=ActivityKind.ESCALATED) for n in (3, 4)]
    closed = [activity("t0", DAY, kind=ActivityKind.RESOLVED)]
    some = [*tickets([0.1, 0.2, 0.3, 0.4, 0.5]), *called, *closed]
    return sorted(some, key=lambda one: one.occurred_at)


def test_a_merged_accounts_history_goes_on_in_the_one_it_is_part_of() -> None:
    state, _, _ = play(history())
    step = apply_profile(state, profile(), profile(merged_into="globex"), NOW)
    assert step.state is None
    moved = [one for one in step.outputs if isinstance(one, AccountActivity)]
    assert {one.account_id for one in moved} == {"globex"}
    other, health, _ = play(moved)
    assert (other.account_id, len(other.tickets)) == ("globex", 5)
    assert set(other.open) == {"t1", "t2", "t3", "t4"}
    assert [one.sentiment() for one in other.tickets] == [0.1, 0.2, 0.3, 0.4, 0.5]
    policy = AccountPolicy()
    assert costs(figures(other, NOW), policy) == costs(figures(state, NOW), policy)
    assert health[-1].account_id == "globex"


def test_a_ticket_is_remembered_in_the_other_account_as_it_was() -> None:
    went = [
        activity("t0", 0, kind=ActivityKind.OPENED, category="billing"),
        activity("t0", HOUR, kind=ActivityKind.CLOSED),
        activity("t1", DAY, kind=ActivityKind.OPENED, category="technical", negative=0.7),
        activity("t1", DAY + HOUR, kind=ActivityKind.ESCALATED),
        activity("t2", 2 * DAY, negative=0.5),
        activity("t2", 2 * DAY + 1, kind=ActivityKind.ESCALATED),
        activity("t2", 2 * DAY + HOUR, kind=ActivityKind.ANSWERED, waited=HOUR - 1),
        activity("t2", 3 * DAY, kind=ActivityKind.RESOLVED),
        activity("t3", 4 * DAY, negative=0.5),
        activity("t3", 4 * DAY + 1, kind=ActivityKind.ESCALATED),
        activity("t3", 4 * DAY + HOUR, kind=ActivityKind.ANSWERED, waited=HOUR - 1),
        activity("t3", 5 * DAY, kind=ActivityKind.RESOLVED),
        activity("t3", 6 * DAY, kind=ActivityKind.REOPENED),
        activity("t3", 6 * DAY + HOUR, kind=ActivityKind.ESCALATED),
    ]
    state, _, _ = play(went)
    other, _ = merged(state)
    assert other.tickets == state.tickets
    assert other.open == state.open
    assert figures(other, NOW).waited == figures(state, NOW).waited


def test_open_tickets_of_long_ago_hear_of_the_other_account_too() -> None:
    state, _, _ = play([activity(f"t{n}", n, kind=ActivityKind.OPENED) for n in range(52)])
    assert len(state.tickets) == 50
    other, _ = merged(state)
    assert (other.tickets, other.open) == (state.tickets, state.open)
    assert figures(other, NOW).opened == figures(state, NOW).opened == 52


def test_nothing_is_told_anew_that_did_not_happen() -> None:
    state, _, _ = play([activity("t1", 0, kind=ActivityKind.OPENED)])
    step = apply_profile(state, profile(), profile(merged_into="globex"), NOW)
    moved = [one for one in step.outputs if isinstance(one, AccountActivity)]
    assert [one.kind for one in moved] == [ActivityKind.OPENED]


def test_a_ticket_that_came_back_this_month_did_so_in_the_other_account_too() -> None:
    went = [
        activity("t1", 0),
        activity("t1", 31 * DAY, kind=ActivityKind.ANSWERED, waited=HOUR),
        activity("t1", 32 * DAY, kind=ActivityKind.REOPENED),
    ]
    state, _, _ = play(went)
    other, _ = merged(state, START + 33 * DAY)
    found = [figures(one, START + 33 * DAY) for one in (state, other)]
    assert [one.reopened for one in found] == [1, 1]


def test_an_account_that_is_said_to_be_part_of_itself_stays_as_it_is() -> None:
    state, _, _ = play(history())
    step = apply_profile(state, profile(), profile(merged_into="acme"), NOW)
    assert (step.state, step.outputs) == (state, ())


def test_the_later_of_two_times_before_which_there_is_no_suggestion_holds() -> None:
    state, _ = at_risk()
    other = replace(state, account_id="globex", outreach_from=START + 90 * DAY, seen=())
    assert merged(state, NOW, other)[0].outreach_from == START + 90 * DAY
    earlier = replace(other, outreach_from=START)
    assert merged(state, NOW, earlier)[0].outreach_from == NOW + 14 * DAY


def test_what_somebody_works_on_stays_with_an_account_whose_tickets_are_erased_on_the_way() -> None:
    state, made = at_risk()
    taken = answering(state, told(OpportunityStatus.ACCEPTED, made, 8 * DAY)).state
    assert taken is not None
    outputs = apply_profile(taken, profile(), profile(merged_into="globex"), NOW).outputs
    quiet, *_, last = [
        one
        for one in outputs
        if isinstance(one, AccountActivity) and one.kind is ActivityKind.OUTREACH
    ]
    other, health, _ = play([quiet, last])
    assert suggested(health) == {made.opportunity_id}
    assert other.opportunity == taken.opportunity
    gone = activity("t1", 10 * DAY, kind=ActivityKind.ERASED, account_id="globex")
    assert observe(other, gone, None, gone.occurred_at) == Step(other)
    later = replace(other, deadline=START + 11 * DAY)
    after = tick(later, None, START + 11 * DAY).state
    assert after is not None
    assert after.opportunity == taken.opportunity


def test_whoever_was_told_of_a_merged_account_hears_that_it_is_no_more() -> None:
    state, _, _ = play(history())
    outputs = apply_profile(state, profile(), profile(merged_into="globex"), NOW).outputs
    assert outputs[-1] == GONE
    last = split(list(outputs))[0][-1]
    assert (last.account_id, last.level) == ("acme", HealthLevel.UNKNOWN)
    assert last.previous_level is state.level is HealthLevel.HEALTHY
    assert last.recent_tickets == ()


def test_what_still_comes_for_a_merged_account_follows_it() -> None:
    late = activity("t9", DAY)
    moved = followed(late, "globex")
    assert moved is not None
    assert (moved.account_id, moved.activity_id, moved.moves) == ("globex", late.activity_id, 1)
    assert followed(late, None) is None
    assert followed(late, "acme") is None


def test_merges_that_lead_round_in_a_circle_come_to_an_end() -> None:
    one: AccountActivity | None = activity("t9", DAY)
    moves = 0
    while one is not None:
        one = followed(one, "globex" if one.account_id == "acme" else "acme")
        moves += one is not None
    assert moves == MOST_MOVES


def merged(
    state: AccountState, at: int = NOW, other: AccountState | None = None
) -> tuple[AccountState, list[AccountHealth]]:
    """The account that it becomes part of, and what is told of that one's health."""
    step = apply_profile(state, profile(), profile(merged_into="globex"), at)
    told: list[AccountHealth] = []
    for one in step.outputs:
        if isinstance(one, AccountActivity):
            took = observe(other, one, None, at)
            other, told = took.state, [*told, *split(list(took.outputs))[0]]
    assert other is not None
    return other, told


def suggested(health: list[AccountHealth]) -> set[str]:
    return {one.opportunity.opportunity_id for one in health if one.opportunity}


def test_somebody_who_works_on_a_suggestion_goes_on_when_its_account_is_merged() -> None:
    state, made = at_risk()
    taken = answering(state, told(OpportunityStatus.ACCEPTED, made, 8 * DAY)).state
    assert taken is not None
    well = calm(taken, 9, 10)
    other, health = merged(well, START + 19 * DAY)
    assert other.level is HealthLevel.HEALTHY
    assert other.opportunity == well.opportunity
    assert suggested(health) == {made.opportunity_id}
    late = passed_on(told(OpportunityStatus.DONE, made, 19 * DAY, note="Called Mara."), "globex")
    assert late is not None
    assert late.outreach is not None
    assert late.outreach.answer is not None
    assert late.outreach.answer.note is None
    done, [last], _ = play([late], other)
    assert done.opportunity is None
    assert last.opportunity is None
    assert done.outreach_from == START + 33 * DAY


@pytest.mark.parametrize("status", [OpportunityStatus.SNOOZED, OpportunityStatus.DISMISSED])
def test_an_account_is_not_suggested_again_because_it_was_merged(
    status: OpportunityStatus,
) -> None:
    state, made = at_risk()
    quiet = answering(state, told(status, made, 8 * DAY)).state
    assert quiet is not None
    other, health = merged(quiet)
    assert other.level is HealthLevel.AT_RISK
    assert suggested(health) == set()
    assert (other.opportunity, other.snoozed_until) == (quiet.opportunity, quiet.snoozed_until)
    assert other.outreach_from >= quiet.outreach_from


def test_an_account_that_somebody_has_worked_on_for_weeks_is_not_suggested_as_it_is_merged() -> (
    None
):
    state, made = at_risk()
    taken = answering(state, told(OpportunityStatus.ACCEPTED, made, 8 * DAY)).state
    assert taken is not None
    other, health = merged(taken, START + 28 * DAY)
    assert other.level is HealthLevel.AT_RISK
    assert suggested(health) == {made.opportunity_id}


def test_of_two_suggestions_that_somebody_took_on_stays_and_else_the_accounts_own() -> None:
    state, made = at_risk()
    theirs = replace(made, opportunity_id="outreach-own")
    own = replace(state, account_id="globex", opportunity=theirs, seen=())
    assert merged(state, NOW, own)[0].opportunity == theirs
    taken = answering(state, told(OpportunityStatus.ACCEPTED, made, 8 * DAY)).state
    assert taken is not None
    assert merged(taken, NOW, own)[0].opportunity == taken.opportunity


def test_the_last_account_of_a_chain_of_merges_is_the_one_that_an_activity_comes_to() -> None:
    names = [f"a{n}" for n in range(MOST_MOVES + 3)]
    profiles = {a: AccountProfile(a, START, merged_into=b) for a, b in pairwise(names)}
    one, stays = activity("t9", DAY, account_id="a0"), "a0"
    while (moved := followed(one, profiles[one.account_id or ""].merged_into)) is not None:
        one, stays = moved, moved.account_id or ""
    assert last_of("a0", profiles.get) == (stays, profiles[stays])
    assert last_of("alone", profiles.get) == ("alone", None)


def test_an_account_that_is_only_renamed_stays_as_it_is() -> None:
    state, _, _ = play(history())
    step = apply_profile(state, profile(name="Acme"), profile(name="Acme & Sons"), NOW)
    assert (step.state, step.outputs) == (state, ())


def test_an_account_whose_profile_is_deleted_is_forgotten() -> None:
    state, _, _ = play(history())
    step = apply_profile(state, profile(vip=True), None, NOW)
    assert step.state is None
    assert step.outputs[-1] == GONE
    heard = [one for one in step.outputs if isinstance(one, TicketUpdate)]
    assert {one.ticket_id for one in heard} == {"t1", "t2", "t3", "t4"}
    assert all(one.account is not None and not one.account.vip for one in heard)


def test_an_account_that_is_deleted_without_a_profile_is_forgotten_too() -> None:
    step = apply_profile(play(history())[0], None, None, NOW)
    assert (step.state, step.outputs[-1]) == (None, GONE)


def test_an_account_whose_last_ticket_is_erased_is_forgotten() -> None:
    state, _, _ = play([activity("t1", 0), activity("t2", 1)])
    step = observe(state, activity("t1", 2, kind=ActivityKind.ERASED), None, START + 2)
    assert step.state is not None
    step = observe(step.state, activity("t2", 3, kind=ActivityKind.ERASED), None, START + 3)
    assert (step.state, step.outputs[-1]) == (None, GONE)
    again = observe(None, activity("t2", 3, kind=ActivityKind.ERASED), None, START + 4)
    assert (again.state, again.outputs) == (None, ())


def erased_all(state: AccountState, at: int) -> AccountState | None:
    """What is left when every ticket is erased."""
    left: AccountState | None = state
    for n, note in enumerate(state.tickets):
        gone = activity(note.ticket_id, at + n, kind=ActivityKind.ERASED)
        step = observe(left, gone, None, gone.occurred_at)
        left = step.state
    assert step.outputs[-1] == GONE
    return left


@pytest.mark.parametrize("status", [None, OpportunityStatus.ACCEPTED, OpportunityStatus.DONE])
def test_an_account_without_tickets_is_still_not_suggested_twice_in_14_days(
    status: OpportunityStatus | None,
) -> None:
    state, made = at_risk()
    if status is not None:
        state = answering(state, told(status, made, 8 * DAY)).state or state
    left = erased_all(state, 9 * DAY)
    assert left is not None
    quiet = AccountState("acme", "default", outreach_from=left.outreach_from)
    assert replace(left, deadline=None) == quiet
    begun = made.created_at if status is None else START + 8 * DAY
    if status is OpportunityStatus.ACCEPTED:
        begun = START + 9 * DAY + len(state.tickets) - 1
    assert left.outreach_from == begun + 14 * DAY
    sour = [activity(f"s{n}", (10 + n // 8) * DAY + n, negative=1.0) for n in range(32)]
    called = [
        replace(one, activity_id=f"e{one.ticket_id}", kind=ActivityKind.ESCALATED, negative=None)
        for one in sour
    ]
    again, health, _ = play(sorted([*sour, *called], key=lambda one: one.occurred_at), left)
    assert again.level is HealthLevel.AT_RISK
    assert suggested(health) == set()
    assert suggested(split(list(tick(again, None, left.outreach_from).outputs))[0])


def test_what_is_left_of_an_account_without_tickets_goes_when_its_time_is_over() -> None:
    left = erased_all(at_risk()[0], 9 * DAY)
    assert left is not None
    assert tick(left, None, left.outreach_from - 1) == Step(left)
    assert tick(left, None, left.outreach_from) == Step(None)
    state = at_risk()[0]
    last_at = left.outreach_from - START
    assert erased_all(state, last_at - len(state.tickets) + 1) is None
    assert erased_all(state, last_at - len(state.tickets)) is not None
    erased_again = activity("t1", 10 * DAY, kind=ActivityKind.ERASED)
    assert observe(left, erased_again, None, erased_again.occurred_at) == Step(left)
    other, health = merged(left, START + 10 * DAY)
    assert (other.account_id, other.outreach_from, health) == ("globex", left.outreach_from, [])


def test_an_erased_ticket_weighs_nothing_any_more_and_no_suggestion_names_it() -> None:
    went = [
        activity("t3", 3 * DAY + n * HOUR, kind=kind)
        for n, kind in enumerate(2 * [ActivityKind.ESCALATED, ActivityKind.REOPENED], 1)
    ]
    state, _, _ = play([*tickets([0.1, 0.1, 0.1, 1.0]), *went])
    assert (figures(state, NOW).escalations, figures(state, NOW).reopened) == (1, 1)
    erased = activity("t3", 4 * DAY, kind=ActivityKind.ERASED)
    after, health, _ = play([erased], state)
    calm, _, _ = play(tickets([0.1, 0.1, 0.1]))
    assert figures(after, NOW) == figures(calm, NOW)
    assert all("t3" not in reason.ticket_ids for reason in health[-1].reasons)
