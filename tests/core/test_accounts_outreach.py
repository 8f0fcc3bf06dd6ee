"""Who should talk to an account before it leaves, when, and when nobody is asked to."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.records import (
    AccountHealth,
    ActivityKind,
    HealthLevel,
    Opportunity,
    OpportunityStatus,
    OpportunityUpdate,
)
from streams.core.accounts import (
    AccountPolicy,
    AccountState,
    Step,
    account_policy,
    answer,
    observe,
    tick,
)
from streams.core.accounts.health import health_of
from streams.core.accounts.outreach import next_look, owner_of, priority_of, quiet_of
from streams.core.policy import load_policy
from tests.core.account import DAY, HOUR, MINUTE, START, activity, play, profile, split, tickets

POLICY = AccountPolicy()


def soured(until: int = 8) -> list[Any]:
    """A ticket a day that gets worse, the bad ones escalated: at risk on the sixth day."""
    moods = [0.0, 0.1, 0.1, 0.5, 0.8, 0.9, 1.0, 1.0]
    bad = [activity(f"t{n}", n * DAY + 1, kind=ActivityKind.ESCALATED) for n in range(3, 8)]
    both = sorted([*tickets(moods), *bad], key=lambda one: one.occurred_at)
    return [one for one in both if one.occurred_at < START + until * DAY]


def at_risk() -> tuple[AccountState, Opportunity]:
    state, health, _ = play(soured())
    assert health[-1].level is HealthLevel.AT_RISK
    assert state.opportunity is not None
    return state, state.opportunity


def told(status: OpportunityStatus, one: Opportunity, at: int, **more: Any) -> OpportunityUpdate:
    return OpportunityUpdate(
        f"u-{status}-{at}", one.opportunity_id, "acme", status, START + at, actor_id="lee", **more
    )


def answering(state: AccountState, update: OpportunityUpdate) -> Step:
    return answer(state, update, profile(), update.occurred_at)


def shown(step: Step) -> list[Opportunity | None]:
    return [one.opportunity for one in split(list(step.outputs))[0]]


def calm(state: AccountState, first_day: int, days: int) -> AccountState:
    """Contented tickets for some days."""
    happy = [activity(f"c{n}", n * DAY, negative=0.0) for n in range(first_day, first_day + days)]
    return play(happy, state)[0]


def test_an_account_at_risk_is_suggested_once_with_why_and_which_tickets() -> None:
    _, health, _ = play(soured())
    ids = {one.opportunity.opportunity_id for one in health if one.opportunity}
    assert len(ids) == 1
    first = next(one for one in health if one.opportunity)
    assert first.level is HealthLevel.AT_RISK
    assert first.opportunity is not None
    assert first.opportunity.reason.startswith("Health 4")
    assert "unhappy messages" in first.opportunity.reason
    assert set(first.opportunity.ticket_ids) >= {"t3", "t4", "t5"}


def test_an_account_that_is_only_watched_is_not_suggested() -> None:
    state, health, _ = play(soured(5))
    assert health[-1].level is HealthLevel.WATCH
    assert state.opportunity is None


def test_whoever_accepts_owns_it_and_it_stays_although_the_account_recovers() -> None:
    state, made = at_risk()
    step = answering(state, told(OpportunityStatus.ACCEPTED, made, 8 * DAY))
    [accepted] = shown(step)
    assert accepted is not None
    assert (accepted.owner_id, accepted.accepted_at) == ("lee", START + 8 * DAY)
    assert step.state is not None
    well = calm(step.state, 10, 10)
    assert well.level is HealthLevel.HEALTHY
    assert well.opportunity == accepted


def test_who_accepts_without_a_name_leaves_it_with_whom_it_was_suggested_to() -> None:
    state, made = at_risk()
    owned = replace(state, opportunity=replace(made, owner_id="kim"))
    unnamed = replace(told(OpportunityStatus.ACCEPTED, made, 8 * DAY), actor_id=None)
    [accepted] = shown(answering(owned, unnamed))
    assert accepted is not None
    assert (accepted.owner_id, accepted.accepted_at) == ("kim", START + 8 * DAY)


def test_one_that_nobody_took_on_is_withdrawn_when_the_account_recovers() -> None:
    state, _ = at_risk()
    assert calm(state, 10, 10).opportunity is None


def snoozed() -> tuple[AccountState, Opportunity]:
    """At risk, its suggestion put off for a month."""
    state, made = at_risk()
    update = told(OpportunityStatus.SNOOZED, made, 8 * DAY, until=START + 38 * DAY)
    after = answering(state, update).state
    assert after is not None
    return after, made


def test_the_next_one_is_shown_although_the_one_before_was_put_off_for_longer() -> None:
    well = calm(snoozed()[0], 10, 10)
    assert (well.opportunity, well.snoozed_until) == (None, None)


@pytest.mark.parametrize(
    "status", [OpportunityStatus.ACCEPTED, OpportunityStatus.DONE, OpportunityStatus.DISMISSED]
)
def test_an_answer_to_one_that_was_put_off_ends_that(status: OpportunityStatus) -> None:
    state, made = snoozed()
    step = answering(state, told(status, made, 9 * DAY))
    assert step.state is not None
    assert step.state.snoozed_until is None
    [now_shown] = shown(step)
    assert (now_shown is not None) is (status is OpportunityStatus.ACCEPTED)


def test_an_account_at_risk_is_looked_at_a_day_later_while_its_suggestion_is_open() -> None:
    state, _ = at_risk()
    assert state.deadline is not None
    looked = tick(state, profile(), state.deadline).state
    assert looked is not None
    assert looked.deadline == state.deadline + DAY


def test_a_risk_that_is_long_ago_ends_by_time_alone_and_its_suggestion_with_it() -> None:
    usual = [activity(f"o{n}", n * 7 * DAY, negative=0.6) for n in range(12)]
    rush = [activity(f"t{n}", 85 * DAY + n, negative=0.85) for n in range(9)]
    called = [activity(f"t{n}", 86 * DAY + n, kind=ActivityKind.ESCALATED) for n in range(9)]
    ends = [activity(f"t{n}", 87 * DAY + n, kind=ActivityKind.CLOSED) for n in range(9)]
    found, _, _ = play([*usual, *rush, *called, *ends])
    assert (found.level, found.opportunity is None) == (HealthLevel.AT_RISK, False)
    state: AccountState | None = found
    health, last = [], START
    while state is not None and state.deadline is not None:
        last = state.deadline
        step = tick(state, profile(), last)
        state = step.state
        health += split([*step.outputs])[0]
    ended = next(one for one in health if one.level is not HealthLevel.AT_RISK)
    assert (ended.tickets_7_days, ended.opportunity) == (0, None)
    assert ended.updated_at < START + 95 * DAY
    assert last < START + (87 + 92) * DAY


def test_what_is_put_off_is_not_shown() -> None:
    state, made = snoozed()
    assert health_of(state, POLICY, START + 9 * DAY).opportunity is None
    assert health_of(at_risk()[0], POLICY, START + 9 * DAY).opportunity == made


def test_an_account_is_looked_at_a_minute_later_at_the_earliest() -> None:
    state, _ = at_risk()
    now = START + 9 * DAY
    soon = replace(state, opportunity=None, outreach_from=now + 1_000)
    assert next_look(soon, POLICY, now) == now + MINUTE


@pytest.mark.parametrize(("accepted", "until"), [(None, 0), (START, 14 * DAY)])
def test_only_what_somebody_has_taken_on_keeps_an_account_without_tickets_quiet_for_longer(
    accepted: int | None, until: int
) -> None:
    state, made = at_risk()
    now = START + 9 * DAY
    left = quiet_of(replace(state, opportunity=replace(made, accepted_at=accepted)), POLICY, now)
    assert left is not None
    assert left.outreach_from == (now + until if until else state.outreach_from)


def test_one_names_ten_tickets_and_three_reasons_at_most() -> None:
    kinds = (ActivityKind.ESCALATED, ActivityKind.REOPENED, ActivityKind.ANSWERED)
    some = [
        activity(f"t{n}", n * DAY, kind=kinds[n % 3], waited=4 * DAY if n % 3 == 2 else None)
        for n in range(9)
    ]
    sour = [activity(f"s{n}", (9 + n) * DAY, negative=0.4 + 0.2 * n) for n in range(4)]
    state, health, _ = play([*some, *sour])
    made, reasons = state.opportunity, health[-1].reasons
    assert made is not None
    assert len({ticket for one in reasons for ticket in one.ticket_ids}) > 10
    assert len(made.ticket_ids) == 10
    assert len(reasons) > 3
    assert made.reason.count(",") == 2


@pytest.mark.parametrize("status", [OpportunityStatus.DONE, OpportunityStatus.DISMISSED])
def test_after_an_answer_the_next_is_made_in_14_days_at_the_earliest(
    status: OpportunityStatus,
) -> None:
    state, made = at_risk()
    step = answering(state, told(status, made, 8 * DAY))
    assert shown(step) == [None]
    assert step.state is not None
    assert step.state.deadline == START + 22 * DAY
    early = tick(step.state, profile(), START + 22 * DAY - 1)
    assert early.outputs == ()
    [again] = shown(tick(step.state, profile(), START + 22 * DAY))
    assert again is not None
    assert again.opportunity_id != made.opportunity_id


def test_a_snoozed_one_comes_back_at_its_time_as_the_same() -> None:
    state, made = at_risk()
    step = answering(state, told(OpportunityStatus.SNOOZED, made, 8 * DAY, until=START + 9 * DAY))
    assert shown(step) == [None]
    assert step.state is not None
    assert step.state.deadline == START + 9 * DAY
    assert shown(tick(step.state, profile(), START + 9 * DAY)) == [made]


@pytest.mark.parametrize("until", [None, START, START + 8 * DAY])
def test_without_a_time_to_come_it_is_snoozed_for_a_week(until: int | None) -> None:
    state, made = at_risk()
    step = answering(state, told(OpportunityStatus.SNOOZED, made, 8 * DAY, until=until))
    assert step.state is not None
    assert step.state.snoozed_until == START + 15 * DAY


def test_an_answer_that_comes_twice_or_is_about_another_changes_nothing() -> None:
    state, made = at_risk()
    update = told(OpportunityStatus.ACCEPTED, made, 8 * DAY)
    once = answering(state, update).state
    assert once is not None
    assert answering(once, update) == Step(once)
    other = Opportunity("outreach-other", "x", START)
    assert answering(state, told(OpportunityStatus.DONE, other, 8 * DAY)) == Step(state)


def talked_to() -> AccountState:
    """At risk, with every bad ticket answered by a person on its day."""
    talking = [
        activity(f"t{n}", n * DAY + 2, kind=ActivityKind.ANSWERED, waited=HOUR) for n in range(3, 8)
    ]
    both = sorted([*soured(), *talking], key=lambda one: one.occurred_at)
    state, health, _ = play(both)
    assert state.level is HealthLevel.AT_RISK
    assert all(one.opportunity is None for one in health)
    held_back = tick(state, profile(), START + 7 * DAY + MINUTE).state
    assert held_back is not None
    return held_back


def test_nobody_is_sent_to_an_account_that_a_person_is_talking_to() -> None:
    state, quiet = talked_to(), START + 10 * DAY + 2
    assert state.deadline == quiet
    [made] = shown(tick(state, profile(), quiet))
    assert made is not None


def test_when_the_tickets_they_talked_on_are_closed_it_is_suggested_at_once() -> None:
    closed = [activity(f"t{n}", 8 * DAY, kind=ActivityKind.RESOLVED) for n in range(3, 8)]
    state, health, _ = play(closed, talked_to())
    assert [one.opportunity is None for one in health] == [True, False]
    assert state.opportunity is not None


def test_the_owner_is_the_segments_and_else_the_accounts_manager() -> None:
    policy = account_policy(
        load_policy("based_on: default\nname: own\noutreach: {owners: {top: success-lead}}\n")
    )
    managed = profile(owner_id="kim")
    assert owner_of(managed, policy) == "kim"
    assert owner_of(profile(owner_id="kim", vip=True), policy) == "success-lead"
    assert owner_of(None, policy) is None
    assert owner_of(managed, POLICY) == "kim"


def test_what_an_account_is_worth_makes_it_more_pressing_and_no_worse() -> None:
    assert [priority_of(40.0, value, POLICY) for value in (1e6, 50_000.0, 9_000.0, 100.0)] == [
        1,
        2,
        3,
        5,
    ]
    assert priority_of(40.0, None, POLICY) == 3
    assert [priority_of(50.0, value, POLICY) for value in (100_000.0, 2_000.0)] == [1, 4]
    small, large = (
        [
            one
            for step in steps(profile(contract_value=value))
            for one in split(list(step.outputs))[0]
        ]
        for value in (1.0, 1e9)
    )
    assert [one.score for one in small] == [one.score for one in large]
    assert priorities(small) == {5}
    assert priorities(large) == {1}


def steps(known: Any) -> list[Step]:
    found, state = [], None
    for one in soured():
        found.append(observe(state, one, known, one.occurred_at))
        state = found[-1].state
    return found


def priorities(health: list[AccountHealth]) -> set[int]:
    return {one.opportunity.priority for one in health if one.opportunity}


moves = st.lists(
    st.tuples(st.floats(0, 1), st.none() | st.sampled_from(OpportunityStatus)),
    min_size=20,
    max_size=60,
)


@settings(deadline=None)
@given(moves)
def test_whatever_is_answered_two_suggestions_are_14_days_apart(
    some: list[tuple[float, OpportunityStatus | None]],
) -> None:
    state, made = play(soured())[0], dict[str, int]()
    for day, (mood, status) in enumerate(some, 8):
        step = observe(
            state, activity(f"t{day}", day * DAY, negative=mood), None, START + day * DAY
        )
        assert step.state is not None
        state = step.state
        if state.opportunity is not None:
            made[state.opportunity.opportunity_id] = state.opportunity.created_at
            if status is not None:
                update = told(status, state.opportunity, day * DAY + 1)
                state = answering(state, update).state or state
    times = sorted(made.values())
    assert all(later - one >= 14 * DAY for one, later in pairwise(times))
