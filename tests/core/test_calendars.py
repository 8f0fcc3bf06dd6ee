"""Business time, held against the wall clock read minute by minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.core.calendars import ALWAYS, BusinessHours
from streams.core.policy.calendar import Calendar, PublicHolidays, Week
from streams.core.policy.opening import Opening

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


def week(*openings: str, days: int = 5) -> Week:
    return Week(*((tuple(Opening.parse(one) for one in openings),) * days))


def office(zone: str = "Europe/Berlin", *closed: date) -> Calendar:
    places = (PublicHolidays("DE", "BY"),)
    return Calendar(zone, week("09:00-12:00", "13:00-17:00"), places, closed)


def night(zone: str) -> Calendar:
    """Open at night, every day, over the hour in which clocks change."""
    return Calendar(zone, week("00:00-02:30", "02:45-06:00", "23:00-24:00", days=7))


def at(zone: str, *when: int, fold: int = 0) -> int:
    return int(datetime(*when, tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)  # type: ignore[misc,arg-type]


def open_by_wall_clock(calendar: Calendar, moment: int) -> bool:
    """What the definition says, without any reckoning."""
    shown = datetime.fromtimestamp(moment / 1000, UTC).astimezone(ZoneInfo(calendar.time_zone))
    openings = getattr(calendar.open, f"{shown:%a}".lower())
    minute = shown.hour * 60 + shown.minute
    return shown.date() not in calendar.closed and any(
        opening.minutes[0] <= minute < opening.minutes[1] for opening in openings
    )


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", (2026, 3, 28)),
        ("Europe/Berlin", (2026, 10, 24)),
        ("America/New_York", (2026, 3, 7)),
        ("America/New_York", (2026, 10, 31)),
        ("Australia/Lord_Howe", (2026, 4, 4)),
        ("Australia/Lord_Howe", (2026, 10, 3)),
        ("Africa/Cairo", (2026, 4, 23)),
        ("Pacific/Apia", (2011, 12, 29)),
        ("Asia/Kathmandu", (2026, 1, 1)),
        ("UTC", (2028, 2, 28)),
    ],
)
def test_every_minute_of_a_clock_change_counts_as_the_wall_clock_shows_it(
    zone: str, day: tuple[int, int, int]
) -> None:
    calendar = night(zone)
    hours, start = BusinessHours(calendar), at(zone, *day)
    counted = 0
    for moment in range(start, start + 3 * DAY, MINUTE):
        assert hours.between(start, moment) == counted
        assert hours.is_open(moment) == open_by_wall_clock(calendar, moment)
        counted += MINUTE if open_by_wall_clock(calendar, moment) else 0


def test_the_night_the_clock_goes_forward_is_an_hour_shorter_and_back_an_hour_longer() -> None:
    hours = BusinessHours(Calendar("Europe/Berlin", week("00:00-06:00", days=7)))
    for day, length in (((2026, 3, 29), 5), ((2026, 10, 25), 7), ((2026, 6, 1), 6)):
        midnight = at("Europe/Berlin", *day)
        assert hours.between(midnight, midnight + 12 * HOUR) == length * HOUR
        assert hours.add(midnight, length * HOUR) == at("Europe/Berlin", *day, 6)


def test_a_leap_day_is_a_day_like_any_other() -> None:
    hours = BusinessHours(office())
    monday = at("Europe/Berlin", 2028, 2, 28, 9)
    assert hours.add(monday, 14 * HOUR) == at("Europe/Berlin", 2028, 2, 29, 17)
    assert hours.add(monday, 15 * HOUR) == at("Europe/Berlin", 2028, 3, 1, 10)


def test_what_ends_with_the_year_ends_as_the_office_closes_for_it() -> None:
    hours = BusinessHours(office("UTC"))
    wednesday = at("UTC", 2025, 12, 31, 9)
    assert hours.add(wednesday, 7 * HOUR) == at("UTC", 2025, 12, 31, 17)
    assert hours.add(wednesday, 7 * HOUR + 1) == at("UTC", 2026, 1, 2, 9) + 1


def test_round_the_clock_is_shut_on_the_days_that_are_closed() -> None:
    hours = BusinessHours(Calendar("UTC", week("00:00-24:00", days=7), (), (date(2026, 5, 4),)))
    sunday = at("UTC", 2026, 5, 3)
    assert [hours.is_open(sunday + day * DAY) for day in range(3)] == [True, False, True]
    assert hours.between(sunday, sunday + 3 * DAY) == 2 * DAY


def test_a_year_of_bavarian_holidays_and_days_of_their_own_is_closed() -> None:
    # The public holidays of Bavaria in 2026 that fall on a weekday (bundesland.bayern.de).
    public = [
        (1, 1), (1, 6), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25), (6, 4), (12, 25),
    ]  # fmt: skip
    own = date(2026, 12, 24)
    hours = BusinessHours(office("Europe/Berlin", own))
    closed = {date(2026, month, day) for month, day in public} | {own}
    day = date(2026, 1, 1)
    while day.year == 2026:
        midnight = at("Europe/Berlin", day.year, day.month, day.day)
        following = day + timedelta(1)
        end = at("Europe/Berlin", following.year, following.month, following.day)
        expected = 0 if day in closed or day.weekday() > 4 else 7 * HOUR
        assert hours.between(midnight, end) == expected, day
        day = following


def test_four_business_hours_on_the_eve_of_easter_end_on_tuesday() -> None:
    hours = BusinessHours(office())
    thursday = at("Europe/Berlin", 2026, 4, 2, 16)
    assert hours.add(thursday, 4 * HOUR) == at("Europe/Berlin", 2026, 4, 7, 12)
    evening = at("Europe/Berlin", 2026, 4, 2, 17)
    assert not hours.is_open(evening)
    assert hours.next_opening(evening) == at("Europe/Berlin", 2026, 4, 7, 9)
    assert hours.next_opening(thursday) == thursday


calendars = st.sampled_from(
    [
        office(),
        office("America/New_York", date(2026, 7, 4)),
        night("Europe/Berlin"),
        night("Australia/Lord_Howe"),
        Calendar("Asia/Kathmandu", Week(sun=(Opening.parse("10:15-10:16"),))),
    ]
).map(BusinessHours)
moments = st.integers(1_735_689_600_000, 1_900_000_000_000) | st.integers(-(2**62), 2**62)
near = st.integers(1_735_689_600_000, 1_900_000_000_000)
durations = st.integers(0, 400 * HOUR)


@settings(max_examples=150, deadline=None)
@given(calendars, moments, durations)
def test_what_is_added_lies_between(hours: BusinessHours, start: int, duration: int) -> None:
    end = hours.add(start, duration)
    assert hours.between(start, end) == duration
    assert duration == 0 or hours.between(start, end - 1) == duration - 1, "it is the first moment"


@settings(max_examples=100, deadline=None)
@given(calendars, st.tuples(near, near, near), durations, durations)
def test_business_time_adds_up_and_never_runs_back(
    hours: BusinessHours, points: tuple[int, int, int], one: int, other: int
) -> None:
    first, middle, last = sorted(points)
    whole = hours.between(first, last)
    assert hours.between(first, middle) + hours.between(middle, last) == whole <= last - first
    assert hours.between(last, first) == 0
    assert hours.add(first, one) <= hours.add(middle, one)
    assert hours.add(first, min(one, other)) <= hours.add(first, max(one, other))
    assert hours.add(hours.add(first, one), other) == hours.add(first, one + other)


@settings(max_examples=150, deadline=None)
@given(calendars, moments)
def test_the_next_opening_is_open_and_nothing_is_before_it(hours: BusinessHours, now: int) -> None:
    opening = hours.next_opening(now)
    assert hours.is_open(opening)
    assert hours.between(now, opening) == 0


@given(moments, durations)
def test_round_the_clock_is_the_wall_clock(start: int, duration: int) -> None:
    assert ALWAYS.add(start, duration) == start + duration
    assert ALWAYS.between(start, start + duration) == duration
