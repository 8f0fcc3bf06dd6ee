"""Response clocks: how long people may take, in time of a calendar, and what is told meanwhile."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

from msgspec.structs import replace

from schemas.records import DurationMillis, Millis, SlaClock, SlaEventKind
from streams.core.calendars import ALWAYS, BusinessHours
from streams.core.policy.clocks import Sla
from streams.core.policy.model import Policy
from streams.core.policy.plan import plan_of
from streams.core.policy.routes import Route
from streams.core.policy.segments import Segment
from streams.core.tickets.parts import Clock

KEPT: Final = 4_096
"""Combinations of policy, clock, route, segment and channel whose targets are kept."""

Calendars = Mapping[str, BusinessHours]

_BREACH: Final = (SlaEventKind.BREACHED, 100)


def hours_on(calendars: Calendars, name: str) -> BusinessHours:
    """The calendar of that name; round the clock when the policy no longer has it."""
    return calendars.get(name, ALWAYS)


def calendar_of(policy: Policy, route: Route, channel: str) -> str:
    """The calendar of the people on a route: its own, or the channel's."""
    return route.calendar or policy.sla.calendar.of(channel)


def start(
    policy: Policy,
    kind: SlaClock,
    route: Route,
    segment: Segment,
    channel: str,
    now: Millis,
    number: int,
) -> Clock:
    """A clock that begins to run; `number` tells it from others of its kind on the ticket.

    A route's own target goes before all. Else of the channel's and the segment's the one that is
    due earlier counts, each on its own calendar.
    """
    ends = [
        (hours.add(now, target), target, calendar, hours)
        for target, calendar, hours in promised(policy, kind, route.name, segment.name, channel)
    ]
    due_at, target, calendar, hours = min(ends)
    marks = policy.sla.warn_at
    next_at = hours.add(now, target * marks[0] // 100) if marks else due_at
    return Clock(kind, now, due_at, next_at, 0, target, calendar, number=number)


@lru_cache(maxsize=KEPT)
def promised(
    policy: Policy, kind: SlaClock, route: str, segment: str, channel: str
) -> tuple[tuple[int, str, BusinessHours], ...]:
    """The shortest target on each calendar: worked out when it is first asked for."""
    plan, shortest = plan_of(policy), dict[str, int]()
    held = plan.routes[route], plan.segments[segment]
    for target, calendar in offers(policy, kind, *held, channel):
        shortest[calendar] = int(min(target, shortest.get(calendar, target)))
    return tuple(
        (target, calendar, hours_on(plan.calendars, calendar))
        for calendar, target in shortest.items()
    )


def offers(
    policy: Policy, kind: SlaClock, route: Route, segment: Segment, channel: str
) -> Iterator[tuple[DurationMillis, str]]:
    """The targets that could hold, each with the name of its calendar."""
    calendar = calendar_of(policy, route, channel)
    own: DurationMillis | None = getattr(route, kind)
    if own is not None:
        yield own, calendar
        return
    yield getattr(policy.sla, kind).of(channel), calendar
    theirs: DurationMillis | None = getattr(segment, kind)
    if theirs is not None:
        yield theirs, route.calendar or segment.calendar or calendar


def ring(
    sla: Sla, calendars: Calendars, clock: Clock, now: Millis
) -> tuple[Clock, list[tuple[SlaEventKind, int]]]:
    """The clock after `now`, and what is to be told: a kind and the percentage reached."""
    marks = [*((SlaEventKind.WARNED, percent) for percent in sla.warn_at), _BREACH]
    rung = _rung(sla, clock)
    ahead = range(rung, len(marks))
    told = [marks[one] for one in ahead if _reached_at(sla, calendars, clock, one) <= now]
    return _with_next(sla, calendars, replace(clock, rung=rung + len(told))), told


def _rung(sla: Sla, clock: Clock) -> int:
    """The marks that a clock has passed which has not breached: however many warnings an earlier
    policy had, the breach is yet to be told.
    """
    return min(clock.rung, len(sla.warn_at))


def spent(calendars: Calendars, clock: Clock, now: Millis) -> DurationMillis:
    """The time of its calendar that a clock has run, without its pauses."""
    if clock.paused:
        return clock.used
    return clock.used + hours_on(calendars, clock.calendar).between(clock.runs_since(), now)


def pause(calendars: Calendars, clock: Clock, now: Millis) -> Clock:
    """The clock standing still."""
    used = spent(calendars, clock, now)
    return replace(clock, paused=True, used=used, next_at=None, pauses=clock.pauses + 1)


def resume(sla: Sla, calendars: Calendars, clock: Clock, now: Millis) -> Clock:
    """The clock running on with the time it had left."""
    left = clock.span() - clock.used
    running = replace(clock, paused=False, resumed_at=now)
    if left > 0:
        due_at = hours_on(calendars, clock.calendar).add(now, left)
        running = replace(running, due_at=due_at, rung=_rung(sla, clock))
    return _with_next(sla, calendars, running)


def brought_forward(
    sla: Sla, calendars: Calendars, clock: Clock, started_at: Millis, due_at: Millis
) -> Clock:
    """The clock as if it had begun earlier and were due earlier."""
    target = hours_on(calendars, clock.calendar).between(started_at, due_at)
    rung = clock.rung if clock.next_at is None else _rung(sla, clock)
    earlier = replace(clock, started_at=started_at, due_at=due_at, target=target, rung=rung)
    return _with_next(sla, calendars, earlier)


def _with_next(sla: Sla, calendars: Calendars, clock: Clock) -> Clock:
    at = None
    if clock.rung <= len(sla.warn_at):
        at = _reached_at(sla, calendars, clock, clock.rung)
    return replace(clock, next_at=at)


def _reached_at(sla: Sla, calendars: Calendars, clock: Clock, mark: int) -> Millis:
    """When the clock reaches a warning or, after the last of them, its end."""
    if mark == len(sla.warn_at):
        return clock.due_at
    left = clock.span() * sla.warn_at[mark] // 100 - clock.used
    return min(hours_on(calendars, clock.calendar).add(clock.runs_since(), left), clock.due_at)
