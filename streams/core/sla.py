"""Response clocks: how long a person may take, and what is told while the time runs."""

from collections.abc import Iterator

from schemas.records import DurationMillis, Millis, SlaClock, SlaEventKind
from streams.core.policy.model import Policy, Route, Segment, Sla
from streams.core.tickets.state import Clock


def target_of(
    policy: Policy, clock: SlaClock, route: Route, segment: Segment, channel: str
) -> DurationMillis:
    """How long the clock may run, in milliseconds.

    A first response is due in the route's own time, or else in the shorter of segment's and
    channel's.
    """
    if clock is not SlaClock.FIRST_RESPONSE:
        return policy.sla.next_response.of(channel)
    if route.first_response is not None:
        return route.first_response
    by_channel = policy.sla.first_response.of(channel)
    return min(by_channel, segment.first_response or by_channel)


def start(sla: Sla, clock: SlaClock, now: Millis, target: DurationMillis) -> Clock:
    """A clock that begins to run."""
    return _with_next(sla, Clock(clock, now, now + target, None))


def ring(sla: Sla, clock: Clock, now: Millis) -> tuple[Clock, list[tuple[SlaEventKind, int]]]:
    """The clock after `now`, and what is to be told: a kind and the percentage reached."""
    told = [mark for at, mark in list(_marks(sla, clock))[clock.rung :] if at <= now]
    rung = Clock(clock.clock, clock.started_at, clock.due_at, None, clock.rung + len(told))
    return _with_next(sla, rung), told


def _with_next(sla: Sla, clock: Clock) -> Clock:
    following = [at for at, _ in _marks(sla, clock)][clock.rung : clock.rung + 1]
    next_at = following[0] if following else None
    return Clock(clock.clock, clock.started_at, clock.due_at, next_at, clock.rung)


def _marks(sla: Sla, clock: Clock) -> Iterator[tuple[Millis, tuple[SlaEventKind, int]]]:
    target = clock.due_at - clock.started_at
    for percent in sla.warn_at:
        yield clock.started_at + target * percent // 100, (SlaEventKind.WARNED, percent)
    yield clock.due_at, (SlaEventKind.BREACHED, 100)
