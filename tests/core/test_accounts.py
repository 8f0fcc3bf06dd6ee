"""How an account is doing: what is told, when, and to which open tickets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.records import (
    AccountActivity,
    AccountHealth,
    ActivityKind,
    HealthLevel,
    UpdateKind,
)
from streams.core.accounts import (
    AccountPolicy,
    AccountState,
    Step,
    apply_profile,
    decode_account,
    encode_account,
    observe,
    snapshot,
    tick,
)
from streams.core.accounts.figures import figures, slope
from streams.core.accounts.health import level
from streams.core.accounts.history import DAYS_REMEMBERED
from tests.core.account import DAY, HOUR, MINUTE, START, activity, play, profile, split, tickets


def daily(values: list[float]) -> list[tuple[int, float]]:
    return list(enumerate(values))


def test_the_first_activity_of_an_account_gives_a_health_record_without_a_level() -> None:
    _, health, updates = play([activity("t1", 0, kind=ActivityKind.OPENED)])
    assert [(one.account_id, one.level, one.score) for one in health] == [
        ("acme", HealthLevel.UNKNOWN, 100.0)
    ]
    assert updates == []


def test_a_message_told_with_the_opening_counts_as_one_told_after_it() -> None:
    opened = activity("t1", 0, kind=ActivityKind.OPENED, category="billing")
    after = activity("t1", 0, category="billing", negative=0.7)
    one = play([replace(opened, negative=0.7)])[0]
    both = play([opened, after])[0]
    assert (one.tickets, one.days) == (both.tickets, both.days)
    assert (one.open, one.openings) == (both.open, both.openings)


def test_one_bad_message_does_not_flag_an_account_with_little_history() -> None:
    _, health, _ = play(tickets([1.0]))
    assert health[-1].level is HealthLevel.UNKNOWN


def test_contented_tickets_make_a_healthy_account() -> None:
    _, health, _ = play(tickets([0.0, 0.1, 0.0, 0.1, 0.0]))
    assert health[-1].level is HealthLevel.HEALTHY
    assert health[-1].score > 90


def test_an_account_that_sours_is_watched_and_then_at_risk_and_its_open_tickets_hear() -> None:
    sour = tickets([0.0, 0.1, 0.1, 0.5, 0.8, 0.9, 1.0])
    escalated = [activity(f"t{n}", 7 * DAY + n, kind=ActivityKind.ESCALATED) for n in range(3, 7)]
    _, health, updates = play(sour + escalated)
    levels = [one.level for one in health if one.level is not one.previous_level]
    assert levels == [HealthLevel.HEALTHY, HealthLevel.WATCH, HealthLevel.AT_RISK]
    assert health[-1].reasons[0].code == "sentiment"
    assert {one.ticket_id for one in updates} == {f"t{n}" for n in range(7)}
    assert all(one.account and one.account.health is HealthLevel.AT_RISK for one in updates)


def test_the_trend_is_of_tickets_not_of_messages() -> None:
    loud = [activity("t3", 3 * DAY + n, negative=0.6 + 0.4 * n / 50) for n in range(51)]
    calm = activity("t4", 3 * DAY + HOUR, negative=0.0)
    state, _, _ = play([*tickets([0.1, 0.2, 0.3]), *loud, calm])
    found = figures(state, START + 4 * DAY)
    assert found.trend == pytest.approx(0.1)
    assert found.rise == pytest.approx(0.3)


def test_a_day_on_which_an_outage_made_many_tickets_is_no_trend() -> None:
    many = [activity(f"o{n}", 9 * DAY + n * MINUTE, negative=1.0) for n in range(20)]
    state, _, _ = play([*tickets([0.1] * 9), *many])
    assert figures(state, START + 10 * DAY).rise == 0.0


def test_one_extreme_ticket_does_not_bend_the_trend() -> None:
    assert slope(daily([0.2, 0.2, 1.0, 0.2, 0.2, 0.2])) == 0.0
    assert slope(daily([0.0, 0.1, 0.2, 0.3])) == pytest.approx(0.1)
    assert slope(daily([0.0, 0.1, 0.2])) is None


def test_tickets_of_the_week_are_compared_with_the_accounts_own_past() -> None:
    past = [activity(f"p{n}", n * 7 * DAY, negative=0.1) for n in range(4)]
    rush = [activity(f"r{n}", 30 * DAY + n * MINUTE * 2, negative=0.1) for n in range(9)]
    _, health, _ = play(past + rush)
    last = health[-1]
    assert last.tickets_7_days == 9
    assert last.tickets_7_days_baseline == pytest.approx(1.0, abs=0.3)
    assert last.reasons[0].code == "ticket_frequency"


def test_escalations_and_reopenings_weigh_for_thirty_days() -> None:
    past = [
        activity("t1", n, kind=kind)
        for n, kind in enumerate((ActivityKind.ESCALATED, ActivityKind.REOPENED))
    ]
    for days, weigh in ((29, 1), (30, 0)):
        _, health, _ = play([*past, activity("t2", days * DAY)])
        last = health[-1]
        assert (last.escalations_30_days, last.reopened_30_days) == (weigh, weigh)


def test_a_level_that_was_lost_comes_back_only_well_past_its_line() -> None:
    state, _, _ = play(tickets([0.5] * 3))
    policy = AccountPolicy()
    score = policy.at_risk_below + 1
    assert level(score, HealthLevel.WATCH, state, policy) is HealthLevel.WATCH
    assert level(score, HealthLevel.AT_RISK, state, policy) is HealthLevel.AT_RISK
    score = policy.watch_below + 1
    assert level(score, HealthLevel.HEALTHY, state, policy) is HealthLevel.HEALTHY
    assert level(score, HealthLevel.WATCH, state, policy) is HealthLevel.WATCH
    assert level(score, HealthLevel.AT_RISK, state, policy) is HealthLevel.WATCH


def test_a_level_gets_worse_below_its_line_and_not_on_it() -> None:
    state, _, _ = play(tickets([0.5] * 3))
    policy = AccountPolicy()
    assert level(policy.watch_below, HealthLevel.HEALTHY, state, policy) is HealthLevel.HEALTHY
    assert level(policy.at_risk_below, HealthLevel.WATCH, state, policy) is HealthLevel.WATCH


def test_health_goes_out_once_a_minute_and_the_timer_tells_what_was_held_back() -> None:
    state, health, _ = play([activity("t1", n * 1_000) for n in range(30)])
    assert len(health) == 1
    assert state.deadline == START + MINUTE
    assert tick(state, None, START + 59_999).outputs == ()
    (late,) = tick(state, None, START + MINUTE).outputs
    assert isinstance(late, AccountHealth)
    assert late.tickets_7_days == 1


def test_a_level_that_has_turned_is_told_at_once() -> None:
    angry = tickets([0.9, 0.9])
    opened = activity("t2", 2 * DAY, kind=ActivityKind.OPENED)
    _, health, _ = play([*angry, opened, activity("t2", 2 * DAY + 1_000, negative=0.9)])
    assert [one.updated_at - START for one in health] == [0, DAY, 2 * DAY, 2 * DAY + 1_000]
    assert [one.level for one in health[-2:]] == [HealthLevel.UNKNOWN, HealthLevel.WATCH]


def test_open_tickets_hear_when_a_risk_begins_and_when_it_ends_and_not_in_between() -> None:
    moods = [0.0, 0.1, 0.1, 0.5, 0.8, 0.9, 1.0]
    called = [activity(f"t{n}", n * DAY + 1, kind=ActivityKind.ESCALATED) for n in range(3, 7)]
    soured = sorted([*tickets(moods), *called], key=lambda one: one.occurred_at)
    state, health, updates = play(soured)
    risky = next(one.updated_at for one in health if one.level is HealthLevel.AT_RISK)
    assert {one.occurred_at for one in updates} == {risky}
    assert len(updates) == len({one.ticket_id for one in updates})
    still, _, updates = play([activity("t7", 7 * DAY, negative=1.0)], state)
    assert updates == []
    calm = [activity(f"c{n}", n * DAY, negative=0.0) for n in range(8, 20)]
    _, health, updates = play(calm, still)
    ended = next(one for one in health if one.level is not HealthLevel.AT_RISK)
    assert {one.occurred_at for one in updates} == {ended.updated_at}
    assert len(updates) >= 8
    assert all(one.account and one.account.health is ended.level for one in updates)


def test_a_ticket_that_got_a_person_before_its_account_was_known_hears_how_that_does() -> None:
    called = activity("t2", 1, kind=ActivityKind.ESCALATED, lacks_history=True)
    _, _, updates = play([activity("t1", 0), called])
    assert [one.ticket_id for one in updates] == ["t2"]
    closed = [activity("t2", 0), activity("t2", 0, kind=ActivityKind.CLOSED), called]
    assert play(closed)[2] == []


def test_a_ticket_hears_once_of_what_is_told_to_all_and_to_itself() -> None:
    last = activity("t20", 21_000, kind=ActivityKind.OPENED, lacks_history=True)
    many = [activity(f"t{n}", n * 1_000, kind=ActivityKind.OPENED) for n in range(20)]
    updates = play([*many, last])[2]
    assert sorted(one.ticket_id for one in updates) == sorted(f"t{n}" for n in range(21))


def test_the_record_carries_the_last_ten_tickets_the_latest_first() -> None:
    closed = activity("t11", 12 * DAY, kind=ActivityKind.RESOLVED, category="billing")
    _, health, _ = play([*tickets([0.25] * 12), closed])
    recent = health[-1].recent_tickets
    assert [one.ticket_id for one in recent] == [f"t{n}" for n in range(11, 1, -1)]
    assert (recent[0].outcome, recent[0].category, recent[0].sentiment) == (
        "resolved",
        "billing",
        0.25,
    )


def flood() -> AccountState:
    return play([activity(f"t{n}", n * 1_000, kind=ActivityKind.OPENED) for n in range(21)])[0]


def test_a_requester_who_opens_more_than_twenty_tickets_in_ten_minutes_floods() -> None:
    state = flood()
    assert state.flood is not None
    assert (state.flood.requester_id, state.flood.tickets) == ("mara", 21)
    assert state.flood.since == START


def test_a_flood_is_over_when_its_tickets_leave_the_window_and_open_tickets_hear() -> None:
    state = flood()
    assert state.deadline == START + 10 * MINUTE
    health, updates = split(list(tick(state, None, START + 10 * MINUTE).outputs))
    assert [one.flood for one in health] == [None]
    assert len(updates) == 21


def test_a_repeated_activity_counts_once() -> None:
    once, _, _ = play([activity("t1", 0, kind=ActivityKind.ESCALATED)])
    step = observe(once, activity("t1", 0, kind=ActivityKind.ESCALATED), None, START + MINUTE)
    assert step == Step(once)


def test_a_closed_ticket_is_not_told_of_a_change_and_a_reopened_one_is() -> None:
    closed = [activity("t1", 0), activity("t1", 1, kind=ActivityKind.CLOSED)]
    state, _, _ = play(closed)
    assert apply_profile(state, None, profile(vip=True), START + 2).outputs == ()
    state, _, _ = play([activity("t1", 2, kind=ActivityKind.REOPENED)], state)
    assert len(apply_profile(state, None, profile(vip=True), START + 3).outputs) == 1


@pytest.mark.parametrize(
    "changes",
    [{"vip": True}, {"churn_flag": True}, {"tier": "enterprise"}, {"contract_value": 9e5}],
)
def test_a_change_that_weighs_reaches_every_open_ticket(changes: dict[str, object]) -> None:
    state, _, _ = play([activity("t1", 0), activity("t2", 1)])
    new = profile(**changes, attributes={"region": "eu"})
    outputs = apply_profile(state, profile(), new, START + MINUTE).outputs
    _, updates = split(list(outputs))
    assert [one.ticket_id for one in updates] == ["t1", "t2"]
    assert {one.kind for one in updates} == {UpdateKind.ACCOUNT_CHANGED}
    assert len({one.update_id for one in updates}) == 2
    assert updates[0].account is not None
    assert updates[0].account.tier == new.tier
    assert not updates[0].account.attributes


def test_open_tickets_hear_in_the_order_in_which_they_were_opened() -> None:
    state, _, _ = play([activity("t2", 0), activity("t3", 1), activity("t1", 2)])
    _, updates = split(list(apply_profile(state, None, profile(vip=True), START + 3).outputs))
    assert [one.ticket_id for one in updates] == ["t2", "t3", "t1"]


def test_a_profile_that_says_nothing_is_no_news_of_an_account_without_one() -> None:
    state, _, _ = play([activity("t1", 0)])
    assert apply_profile(state, None, profile(tier=None), START + 1).outputs == ()


def test_a_change_that_weighs_nothing_makes_no_ticket_decided_again() -> None:
    state, _, _ = play([activity("t1", 0)])
    renamed = profile(name="Acme Ltd", seats=12, updated_at=START + 5)
    assert apply_profile(state, profile(), renamed, START + MINUTE).outputs == ()


def test_a_snapshot_joins_profile_and_health_as_of_the_later() -> None:
    _, health, _ = play([activity("t1", MINUTE)])
    joined = snapshot(profile(vip=True), health[0])
    assert (joined.vip, joined.tier, joined.as_of) == (True, "business", START + MINUTE)
    assert joined.health_as_of == START + MINUTE
    assert snapshot(profile(updated_at=START + HOUR), health[0]).as_of == START + HOUR
    assert snapshot(None, health[0]).account_id == "acme"


def test_stored_values_read_back_as_written_and_another_version_is_refused() -> None:
    state = flood()
    assert decode_account(encode_account(state)) == state
    with pytest.raises(ValueError, match="version 09"):
        decode_account(b"\x09")


activities = st.lists(
    st.builds(
        AccountActivity,
        activity_id=st.text(max_size=4),
        ticket_id=st.sampled_from([f"t{n}" for n in range(90)]),
        kind=st.sampled_from(ActivityKind),
        occurred_at=st.integers(-DAY, START + 50 * DAY),
        account_id=st.none() | st.just("acme"),
        requester_id=st.none() | st.sampled_from(["mara", "ivo"]),
        negative=st.none() | st.floats(0, 1),
    ),
    max_size=120,
)


@given(activities)
def test_any_activities_give_a_bounded_state_and_a_score_within_bounds(
    some: list[AccountActivity],
) -> None:
    state: AccountState | None = None
    for n, one in enumerate(some):
        step = observe(state, one, None, START + n * 7 * MINUTE)
        state = step.state
        for health in split(list(step.outputs))[0]:
            assert 0.0 <= health.score <= 100.0
            assert len(health.recent_tickets) <= 10
    if state is not None:
        assert decode_account(encode_account(state)) == state
        assert len(state.tickets) <= 50
        assert len(state.days) <= DAYS_REMEMBERED


@given(activities)
def test_the_same_activities_give_the_same_states_and_records(some: list[AccountActivity]) -> None:
    def run() -> list[Step]:
        steps, state = [], None
        for one in some:
            steps.append(observe(state, one, None, START + 50 * DAY))
            state = steps[-1].state
        return steps

    assert run() == run()


@pytest.mark.parametrize("kind", [ActivityKind.LEFT, ActivityKind.ERASED])
def test_a_ticket_that_left_or_was_erased_is_no_part_of_the_history(kind: ActivityKind) -> None:
    state, _, _ = play([activity("t1", 0), activity("t2", 1), activity("t1", 2, kind=kind)])
    assert [note.ticket_id for note in state.tickets] == ["t2"]
    assert set(state.open) == {"t2"}


def test_a_ticket_opened_during_a_flood_is_told_that_it_is_one_of_many() -> None:
    newcomer = activity("t21", 30_000, kind=ActivityKind.OPENED)
    _, _, updates = play([newcomer], flood())
    [update] = updates
    assert update.ticket_id == "t21"
    assert update.account is not None
    assert update.account.flood is not None
    assert (update.account.flood.requester_id, update.account.flood.tickets) == ("mara", 22)


def test_a_further_message_of_the_floods_tickets_is_no_news_to_them() -> None:
    assert not play([activity("t3", 30_000)], flood())[2]


def test_a_flood_that_goes_on_is_looked_at_a_minute_later() -> None:
    steady = [activity(f"t{n}", n * 20_000, kind=ActivityKind.OPENED) for n in range(60)]
    state, health, _ = play(steady)
    assert state.flood is not None
    told, within = health[-1].updated_at, state.flood.since + 10 * MINUTE
    assert state.deadline == told + MINUTE > within


def test_a_ticket_of_somebody_else_is_not_one_of_the_flood() -> None:
    other = activity("t21", 30_000, kind=ActivityKind.OPENED, requester_id="noor")
    assert not play([other], flood())[2]


def test_a_ticket_of_no_known_account_is_not_given_one_when_it_hears_of_a_flood() -> None:
    unknown = [
        activity(f"t{n}", n * 1_000, kind=ActivityKind.OPENED, account_id=None) for n in range(21)
    ]
    _, _, updates = play(unknown)
    assert len(updates) == 21
    assert {one.account_id for one in updates} == {None}
