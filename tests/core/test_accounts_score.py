"""The score of an account: what it is made of, and what cannot move it."""

import re
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import ActivityKind, HealthLevel
from streams.core.accounts import AccountPolicy
from streams.core.accounts.figures import Figures, figures, judged
from streams.core.accounts.health import costs, health_of, score_of
from tests.core.account import DAY, HOUR, START, activity, play, tickets

POLICY = AccountPolicy()
WORST = Figures(99, 1.0, 0, 9, 9, 9, 1.0, 1.0, 9.0, DAY * 9)
NONE = Figures(0, None, 0, 0, 0, 0, None, None, 0.0, 0)

shares = st.floats(0, 1)
counts = st.integers(0, 500)
some_figures = st.builds(
    Figures,
    tickets=counts,
    usual=st.none() | st.floats(0, 500),
    busy=counts,
    escalations=counts,
    reopened=counts,
    opened=counts,
    sentiment=st.none() | shares,
    trend=st.none() | st.floats(-1, 1),
    rise=st.floats(-1, 1),
    waited=st.integers(0, 30 * DAY),
)


@given(some_figures)
def test_the_score_lies_between_0_and_100_and_is_what_its_parts_leave(found: Figures) -> None:
    points = costs(found, POLICY)
    assert 0.0 <= score_of(points) <= 100.0
    assert score_of(points) == pytest.approx(100.0 - sum(points.values()), abs=1e-9)


@given(
    some_figures,
    st.sampled_from(["tickets", "escalations", "reopened", "sentiment", "rise", "waited"]),
    st.integers(0, 50),
)
def test_more_of_what_is_bad_never_raises_the_score(found: Figures, part: str, more: int) -> None:
    worse = found._replace(**{part: (getattr(found, part) or 0) + more})
    assert score_of(costs(worse, POLICY)) <= score_of(costs(found, POLICY)) + 1e-9


@pytest.mark.parametrize("part", list(costs(WORST, POLICY)))
def test_no_part_alone_puts_an_account_at_risk_or_holds_it_there(part: str) -> None:
    worst = costs(WORST, POLICY)
    assert sum(worst.values()) == 100.0
    assert score_of({part: worst[part]}) >= POLICY.at_risk_below + POLICY.hysteresis


@dataclass(frozen=True)
class Talk:
    """A ticket: the day it is opened, when on that day, and its mood."""

    day: int
    at: int
    mood: float


talks = st.lists(
    st.builds(Talk, st.integers(0, 12), st.integers(0, DAY - 1), shares), min_size=1, max_size=20
)


@settings(deadline=None)
@given(talks, st.randoms(use_true_random=False))
def test_the_order_of_tickets_within_a_day_is_irrelevant(some: list[Talk], chance: object) -> None:
    def found(given: list[Talk]) -> Figures:
        ordered = sorted(enumerate(given), key=lambda one: (one[1].day, one[1].at))
        state, _, _ = play(
            [activity(f"t{n}", one.day * DAY + one.at, negative=one.mood) for n, one in ordered]
        )
        return figures(state, START + 13 * DAY)

    times = {day: [one.at for one in some if one.day == day] for day in range(13)}
    for at in times.values():
        chance.shuffle(at)  # type: ignore[attr-defined]
    mixed = [Talk(one.day, times[one.day].pop(), one.mood) for one in some]
    assert found(mixed) == pytest.approx(found(some), abs=1e-9)


def test_fifty_messages_of_a_ticket_weigh_as_one() -> None:
    calm = tickets([0.1, 0.1, 0.1])
    loud = [activity("t3", 3 * DAY + n, negative=1.0) for n in range(50)]
    quiet = loud[:1]
    assert play(calm + loud)[1][-1].score == play(calm + quiet)[1][-1].score


def test_a_season_that_the_account_has_had_before_costs_nothing() -> None:
    month = [
        activity(f"m{m}-{n}", m * 28 * DAY + n, negative=0.1) for m in range(4) for n in range(9)
    ]
    state, _, _ = play(month)
    found = figures(state, START + 84 * DAY + DAY)
    assert (found.tickets, found.busy) == (9, 9)
    assert "ticket_frequency" not in costs(found, POLICY)


@pytest.mark.parametrize(
    ("count", "usual", "busy", "points"),
    [
        (4, 2.0, 0, 10.0),
        (6, 2.0, 0, 20.0),
        (2, 0.25, 0, 10.0),
        (4, 4.0, 0, None),
        (4, 2.0, 4, None),
        (9, None, 0, None),
    ],
)
def test_tickets_cost_all_their_points_at_three_times_the_usual_and_at_least_one_is_usual(
    count: int, usual: float | None, busy: int, points: float | None
) -> None:
    found = costs(NONE._replace(tickets=count, usual=usual, busy=busy), POLICY)
    assert found.get("ticket_frequency") == points


def test_the_usual_takes_two_weeks_of_past_and_counts_no_more_than_twelve() -> None:
    state, _, _ = play(tickets([0.1]))
    assert figures(state, START + 19 * DAY).usual is None
    assert figures(state, START + 20 * DAY).usual == pytest.approx(1 / 2)
    state, _, _ = play(tickets([0.1, 0.1], every=60 * DAY))
    assert figures(state, START + 120 * DAY).usual == pytest.approx(1 / 12)


def test_a_rush_is_the_second_busiest_week_of_those_before() -> None:
    weeks = [
        activity(f"t{week}-{n}", week * 7 * DAY + n, negative=0.1)
        for week, count in enumerate((5, 3, 1, 9))
        for n in range(count)
    ]
    state, _, _ = play(weeks)
    found = figures(state, START + 27 * DAY)
    assert (found.tickets, found.busy) == (9, 3)


def test_the_last_ten_days_with_tickets_are_judged() -> None:
    first = START // DAY
    state, _, _ = play(tickets([1.0, *[0.1] * 10]))
    assert [day - first for day, _ in judged(state)] == list(range(1, 11))


def test_only_who_needed_a_person_has_waited_and_only_on_tickets_of_thirty_days() -> None:
    answered = [
        activity(f"t{n}", n * DAY, kind=ActivityKind.ANSWERED, waited=waited)
        for n, waited in ((0, HOUR), (9, 5 * HOUR))
    ]
    state, _, _ = play([*answered, activity("t10", 10 * DAY), activity("t11", 11 * DAY)])
    assert figures(state, START + 12 * DAY).waited == 3 * HOUR
    assert figures(state, START + 30 * DAY).waited == 5 * HOUR


def test_each_reason_names_the_latest_three_tickets_that_show_it() -> None:
    called = [activity(f"t{n}", n * DAY, kind=ActivityKind.ESCALATED) for n in range(8)]
    said = [activity(f"t{n}", n * DAY + 1, negative=0.9) for n in range(6)]
    returned = [activity(f"t{n}", n * DAY + 2, kind=ActivityKind.REOPENED) for n in range(5)]
    every = sorted([*called, *said, *returned], key=lambda one: one.occurred_at)
    found = health_of(play(every)[0], POLICY, START + 8 * DAY)
    assert {one.code: one.ticket_ids for one in found.reasons} == {
        "sentiment": ("t3", "t4", "t5"),
        "escalations": ("t5", "t6", "t7"),
        "waiting": ("t5", "t6", "t7"),
        "reopened": ("t2", "t3", "t4"),
    }
    values = [one.value for one in found.reasons]
    assert values == sorted(values, reverse=True)


def test_only_the_number_of_tickets_has_a_baseline_and_the_trend_is_told_by_the_week() -> None:
    past = [activity(f"p{n}", n * 7 * DAY, negative=0.1 * n) for n in range(4)]
    rush = [activity(f"r{n}", 30 * DAY + n, negative=0.5) for n in range(9)]
    state, _, _ = play([*past, *rush])
    found = health_of(state, POLICY, START + 30 * DAY)
    baselines = {one.code: one.baseline for one in found.reasons}
    usual = figures(state, START + 30 * DAY).usual
    assert baselines.pop("ticket_frequency") == usual == found.tickets_7_days_baseline
    assert "sentiment" in baselines
    assert set(baselines.values()) == {None}
    trend = figures(state, START + 30 * DAY).trend
    assert trend is not None
    assert found.sentiment_trend == pytest.approx(7 * trend)


def test_long_waits_for_a_person_cost_points_also_while_they_last() -> None:
    called = [activity(f"t{n}", n, kind=ActivityKind.ESCALATED) for n in range(3)]
    state, _, _ = play(called)
    assert figures(state, START + 24 * HOUR).waited == pytest.approx(24 * HOUR, abs=5)
    answered = [
        activity(f"t{n}", HOUR + n, kind=ActivityKind.ANSWERED, waited=HOUR) for n in range(3)
    ]
    state, _, _ = play(answered, state)
    assert figures(state, START + 24 * HOUR).waited == HOUR
    later = health_of(state, POLICY, START + 24 * HOUR)
    [reason] = [one for one in later.reasons if one.code == "waiting"]
    assert reason.value == pytest.approx(POLICY.waiting_points / 48)
    assert reason.ticket_ids == ("t0", "t1", "t2")


def test_two_days_with_tickets_are_too_little_to_judge_an_account_by() -> None:
    angry = [activity(f"t{n}", n // 5 * DAY + n, negative=1.0) for n in range(10)]
    assert play(angry)[1][-1].level is HealthLevel.UNKNOWN
    third = activity("t10", 2 * DAY, negative=1.0)
    assert play([*angry, third])[1][-1].level is not HealthLevel.UNKNOWN


def test_a_requester_of_no_known_account_has_no_level() -> None:
    alone = [activity(f"t{n}", n * DAY, negative=1.0, account_id=None) for n in range(9)]
    _, health, updates = play(alone)
    assert {one.account_id for one in health} == {"mara"}
    assert {one.level for one in health} == {HealthLevel.UNKNOWN}
    assert updates == []


def test_the_page_about_accounts_says_what_each_part_costs_at_most() -> None:
    page = (Path(__file__).parents[2] / "docs" / "accounts.md").read_text(encoding="utf-8")
    told = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE))
    assert {code: float(points) for code, points in told.items()} == costs(WORST, POLICY)
