"""Clocks that are there and might as well not be: a target so far off that nobody comes."""

from collections.abc import Iterator
from typing import Final

from streams.core.policy.calendar import Calendar
from streams.core.policy.duration import UNITS
from streams.core.policy.model import Policy
from streams.core.policy.routes import Route
from streams.core.reasons import NEVER_RELAXED

WEEK: Final = 7 * UNITS["d"]
LONGEST: Final = {"first_response": 14, "next_response": 14, "resolution": 366}
"""Days that a target may take, nights and weekends of its calendar included."""
LONGEST_NEVER_RELAXED: Final = 3
"""Days for the first response where safety, security or legal matters go."""
LONGEST_DRAFT, LONGEST_REVIEW = 1, 7
"""Days that a review waits for its draft, and for a person."""


def clock_complaints(policy: Policy) -> Iterator[str]:
    """Targets, reviews and warnings that leave a ticket without anybody."""
    warn_at = policy.sla.warn_at
    if not warn_at or list(warn_at) != sorted(set(warn_at)):
        yield "sla.warn_at: expected rising percentages such as [50, 80]"
    if policy.reviews.draft_within > LONGEST_DRAFT * UNITS["d"]:
        yield f"reviews.draft_within: expected at most {LONGEST_DRAFT}d"
    for channel in ("chat", "email", "other"):
        yield from _of_channel(policy, channel)
    for kind, days in LONGEST.items():
        for place, segment in enumerate(policy.segments):
            for calendar in {segment.calendar or one for one in _by_channel(policy)}:
                target = getattr(segment, kind)
                yield from _too_long(policy, target, calendar, days, f"segments[{place}].{kind}")
        for place, route in enumerate(policy.routes):
            yield from _of_route(policy, route, kind, f"routes[{place}].{kind}")


def _of_channel(policy: Policy, channel: str) -> Iterator[str]:
    """The channel's own targets; they hold where neither route nor segment has others."""
    sla, reviews = policy.sla, policy.reviews
    for kind, days in LONGEST.items():
        target, path = getattr(sla, kind).of(channel), f"sla.{kind}.{channel}"
        yield from _too_long(policy, target, sla.calendar.of(channel), days, path)
    judged, path = reviews.judged_within.of(channel), f"reviews.judged_within.{channel}"
    yield from _too_long(policy, judged, reviews.calendar.of(channel), LONGEST_REVIEW, path)


def _of_route(policy: Policy, route: Route, kind: str, path: str) -> Iterator[str]:
    """A route's own target, or the channels' ones by the route's calendar."""
    grave = kind == "first_response" and not set(route.reasons).isdisjoint(NEVER_RELAXED)
    days = LONGEST_NEVER_RELAXED if grave else LONGEST[kind]
    for channel in ("chat", "email", "other"):
        target = getattr(route, kind) or getattr(policy.sla, kind).of(channel)
        calendar = route.calendar or policy.sla.calendar.of(channel)
        if wrong := list(_too_long(policy, target, calendar, days, path)):
            yield from wrong
            return


def _by_channel(policy: Policy) -> tuple[str, ...]:
    calendar = policy.sla.calendar
    return calendar.chat, calendar.email, calendar.other


def _too_long(
    policy: Policy, target: int | None, calendar: str, days: int, path: str
) -> Iterator[str]:
    if target is None or calendar not in policy.calendars:
        return
    open_share = _open_share(policy.calendars[calendar])
    if open_share and target / open_share > days * UNITS["d"]:
        yield f"{path}: expected at most {days}d with the nights and weekends of {calendar}"


def _open_share(calendar: Calendar) -> float:
    """The share of a week that is open, 0-1."""
    week = [getattr(calendar.open, weekday) for weekday in calendar.open.__struct_fields__]
    minutes = [opening.minutes for openings in week for opening in openings]
    open_minutes: int = sum(closes - opens for opens, closes in minutes)
    return open_minutes * UNITS["m"] / WEEK
