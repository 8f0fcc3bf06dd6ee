"""The calendars of a policy file: what is refused, and what is read."""

from datetime import date

import pytest

from streams.core.policy import PolicyError, load_policy
from streams.core.policy.shipped import shipped_text

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

OURS = """
based_on: default
name: ours
version: 1
calendars:
  office:
    time_zone: Europe/Berlin
    open: {mon: ["09:00-12:00", "13:00-17:00"]}
    holidays: [{country: DE, subdivision: BY}]
    closed: [2026-12-24]
"""


def test_a_calendar_is_read_with_its_holidays_and_closed_days() -> None:
    office = load_policy(OURS).calendars["office"]
    assert office.open.mon == ("09:00-12:00", "13:00-17:00")
    assert office.open.tue == ("08:00-18:00",), "what is not said is as in the base"
    assert [place.subdivision for place in office.holidays] == ["BY"]
    assert office.closed == (date(2026, 12, 24),)


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ("Europe/Berlin", "Berlin", "calendars.office.time_zone: expected an IANA zone such as"),
        ("Europe/Berlin", "../Berlin", "calendars.office.time_zone: expected an IANA zone such as"),
        ("country: DE", "country: Germany", "calendars.office.holidays[0].country: expected a c"),
        ("subdivision: BY", "subdivision: XY", "calendars.office.holidays[0].subdivision: there"),
        ('["09:00-12:00", "13', '["09:00-14:00", "13', "calendars.office.open.mon: expected risin"),
        ("09:00-12:00", "9-12", "calendars.office.open.mon[0]: expected opening hours of one day"),
        ("09:00-12:00", "22:00-06:00", "calendars.office.open.mon[0]: expected opening hours of"),
        ("2026-12-24", "Christmas", "calendars.office.closed[0]: "),
        ("open: {mon:", "open: {monday:", "calendars.office.open.monday: there is no such key"),
    ],
)
def test_a_calendar_that_cannot_work_is_refused(written: str, instead: str, complaint: str) -> None:
    assert written in OURS
    with pytest.raises(PolicyError) as refused:
        load_policy(OURS.replace(written, instead, 1))
    assert str(refused.value).startswith(complaint)


def test_a_calendar_that_never_opens_is_refused() -> None:
    closed = "".join(f"      {day}: []\n" for day in WEEK)
    text = f"based_on: default\nname: ours\nversion: 1\ncalendars:\n  chat:\n    open:\n{closed}"
    with pytest.raises(PolicyError, match=r"calendars\.chat\.open: expected an opening within sev"):
        load_policy(text)


@pytest.mark.parametrize(
    ("written", "instead", "complaint"),
    [
        ("  office:", "  offices:", "sla.calendar.email: there is no 'office', did you mean offic"),
        (
            "    calendar: always",
            "    calendar: never",
            "segments[0].calendar: there is no 'never'",
        ),
        (
            " 5m\n    calendar: always",
            " 5m\n    calendar: day",
            "routes[0].calendar: there is no 'day",
        ),
    ],
)
def test_a_clock_by_a_calendar_that_is_not_there_is_refused(
    written: str, instead: str, complaint: str
) -> None:
    text = shipped_text("default")
    assert written in text
    with pytest.raises(PolicyError) as refused:
        load_policy(text.replace(written, instead, 1))
    assert str(refused.value).startswith(complaint)
