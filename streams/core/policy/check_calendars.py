"""What is wrong with a policy's calendars, and with the clocks that go by them."""

from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Final
from zoneinfo import available_timezones

from streams.core.policy.calendar import Calendar, PublicHolidays
from streams.core.policy.model import Policy
from streams.core.policy.shape import unknown

LONGEST_CLOSED: Final = 31
"""Days on end; nobody would answer for so long."""


def calendar_complaints(policy: Policy) -> Iterator[str]:
    """Calendars that cannot be kept or never open, and clocks whose calendar is not there."""
    for name, calendar in policy.calendars.items():
        yield from _of_calendar(calendar, f"calendars.{name}")
    known = tuple(policy.calendars)
    for path, named in _uses(policy):
        yield from unknown([named], known, path)


def _uses(policy: Policy) -> Iterator[tuple[str, str]]:
    by_channel = {
        "sla": policy.sla.calendar,
        "reviews": policy.reviews.calendar,
        "triggers.open_time": policy.triggers.open_time.calendar,
    }
    for section, calendars in by_channel.items():
        for channel in calendars.__struct_fields__:
            yield f"{section}.calendar.{channel}", getattr(calendars, channel)
    named = {f"segments[{place}]": one.calendar for place, one in enumerate(policy.segments)}
    named |= {f"routes[{place}]": one.calendar for place, one in enumerate(policy.routes)}
    for owner, calendar in named.items():
        if calendar is not None:
            yield f"{owner}.calendar", calendar


def _of_calendar(calendar: Calendar, path: str) -> Iterator[str]:
    if calendar.time_zone not in _time_zones():
        zone = calendar.time_zone
        yield f"{path}.time_zone: expected an IANA zone such as Europe/Berlin, got {zone!r}"
    week = [getattr(calendar.open, weekday) for weekday in calendar.open.__struct_fields__]
    if not any(week):
        yield f"{path}.open: expected an opening within seven days, nobody would ever answer"
    for weekday, openings in zip(calendar.open.__struct_fields__, week, strict=True):
        hours = [opening.minutes for opening in openings]
        if any(earlier[1] > later[0] for earlier, later in pairwise(hours)):
            yield f"{path}.open.{weekday}: expected rising hours that do not overlap"
    days = sorted(set(calendar.closed))
    for first, last in zip(days, days[LONGEST_CLOSED:], strict=False):
        if (last - first).days == LONGEST_CLOSED:
            yield f"{path}.closed: more than {LONGEST_CLOSED} days on end from {first} on"
            break
    for place, holidays in enumerate(calendar.holidays):
        yield from _of_holidays(holidays, f"{path}.holidays[{place}]")


def _of_holidays(holidays: PublicHolidays, path: str) -> Iterator[str]:
    parts = _countries().get(holidays.country)
    if parts is None:
        country = holidays.country
        yield f"{path}.country: expected a country such as DE (ISO 3166-1), got {country!r}"
    elif holidays.subdivision is not None:
        yield from unknown([holidays.subdivision], parts, f"{path}.subdivision")


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@cache
def _countries() -> dict[str, tuple[str, ...]]:
    from holidays import list_supported_countries  # see streams.core.calendars

    return {country: tuple(parts) for country, parts in list_supported_countries().items()}
