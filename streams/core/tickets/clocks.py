"""The clocks of a ticket that a person has: every one that starts ends, or still runs."""

from operator import attrgetter
from typing import Final

from msgspec.structs import replace

from schemas.records import EscalationChange, SlaClock, SlaEventKind
from streams.core.policy.routes import Route
from streams.core.routing import route_named
from streams.core.tickets import cases, sla
from streams.core.tickets.clock_events import write_sla_event
from streams.core.tickets.handling import Handling
from streams.core.tickets.parts import Clock

_due_at: Final = attrgetter("due_at")
# A member looked up in its enum costs as much as a call.
_FIRST_RESPONSE: Final = SlaClock.FIRST_RESPONSE
_NEXT_RESPONSE: Final = SlaClock.NEXT_RESPONSE
_RESOLUTION: Final = SlaClock.RESOLUTION
_ACTIVATED: Final = SlaEventKind.ACTIVATED
CALLED: Final = {SlaEventKind.WARNED: cases.LEAD, SlaEventKind.BREACHED: "on_call_manager"}
"""Who is called when required skills are still waited for: at the first warning, at the breach."""


def start_handoff(handling: Handling, route: Route) -> None:
    """A person takes over: the time to their first answer and to the end begins to run."""
    ticket = handling.ticket
    ticket.clock = _start(handling, _by(handling, _FIRST_RESPONSE, route), route)
    ticket.resolution = _start(handling, _by(handling, _RESOLUTION, route), route)


def start_response(handling: Handling, route: Route) -> None:
    """A customer has written to a person's ticket."""
    handling.ticket.clock = _start(handling, _by(handling, _NEXT_RESPONSE, route), route)


def start_graver(handling: Handling, route: Route, graver: Route) -> None:
    """They have written of something graver: what a handoff for that would promise holds, and what
    is promised where the ticket lies.
    """
    offered = _offered(handling, _NEXT_RESPONSE, graver, _FIRST_RESPONSE)
    clock = min(offered, _by(handling, _NEXT_RESPONSE, route), key=_due_at)
    handling.ticket.clock = _start(handling, clock, graver)


def _start(handling: Handling, clock: Clock, route: Route) -> Clock:
    write_sla_event(handling, clock, _ACTIVATED, promised_by=route.name)
    return clock


def _offered(handling: Handling, kind: SlaClock, route: Route, promised: SlaClock | None) -> Clock:
    """The clock that would begin now, by the target that is due earlier."""
    own = _by(handling, kind, route)
    if promised is None:
        return own
    return replace(min(own, _by(handling, promised, route), key=_due_at), clock=kind)


def _by(handling: Handling, target: SlaClock, route: Route) -> Clock:
    policy, segment, ticket = handling.policy, handling.segment, handling.ticket
    return sla.start(policy, target, route, segment, ticket.channel, handling.now, ticket.sequence)


def hasten(handling: Handling, route: Route, promised: SlaClock | None = None) -> None:
    """The running clocks by what the route and the segment promise from now on, where that is due
    earlier: a clock is never due later than it was. `promised` is another target that holds for
    the response, too. A clock that this decision has begun stays.
    """
    ticket = handling.ticket
    ticket.clock = _hastened(handling, ticket.clock, route, promised)
    ticket.resolution = _hastened(handling, ticket.resolution, route, None)


def _hastened(
    handling: Handling, clock: Clock | None, route: Route, promised: SlaClock | None
) -> Clock | None:
    """Another clock in its place, which is told with the time since the first one began."""
    if clock is None or clock.paused or clock.number == handling.ticket.sequence:
        return clock
    offered = _offered(handling, clock.clock, route, promised)
    if offered.due_at >= clock.due_at:
        return clock
    write_sla_event(handling, clock, SlaEventKind.CANCELLED)
    sooner = replace(offered, started_at=clock.started_at, resumed_at=handling.now)
    write_sla_event(handling, sooner, SlaEventKind.ACTIVATED, promised_by=route.name)
    return sooner


def stop_response(handling: Handling, kind: SlaEventKind) -> None:
    """The running response clock, if any, is met or cancelled."""
    ticket = handling.ticket
    if ticket.clock is not None:
        write_sla_event(handling, ticket.clock, kind)
        ticket.clock = None


def stop_all(handling: Handling, resolution: SlaEventKind) -> None:
    """The episode ends: nobody has to answer any more, and it was resolved or not."""
    ticket = handling.ticket
    stop_response(handling, SlaEventKind.CANCELLED)
    if ticket.resolution is not None:
        write_sla_event(handling, ticket.resolution, resolution)
        ticket.resolution = None


def pause_resolution(handling: Handling) -> bool:
    """It waits for the customer; false where no such clock runs."""
    clock = handling.ticket.resolution
    if clock is None or clock.paused:
        return False
    clock = sla.pause(handling.plan.calendars, clock, handling.now)
    handling.ticket.resolution = clock
    write_sla_event(handling, clock, SlaEventKind.PAUSED)
    return True


def resume_resolution(handling: Handling) -> None:
    """The customer has written; where the ticket was moved meanwhile, its queue may be faster."""
    ticket, clock = handling.ticket, handling.ticket.resolution
    if clock is None or not clock.paused:
        return
    clock = sla.resume(handling.policy.sla, handling.plan.calendars, clock, handling.now)
    write_sla_event(handling, clock, SlaEventKind.RESUMED)
    if ticket.case is not None:
        route = route_named(handling.policy, ticket.case.route)
        clock = _hastened(handling, clock, route, None)
    ticket.resolution = clock


def ring(handling: Handling) -> None:
    """Tell every mark that the running clocks have passed."""
    ticket = handling.ticket
    if ticket.clock is not None:
        ticket.clock, told = _ring(handling, ticket.clock)
        if ticket.clock.clock is SlaClock.FIRST_RESPONSE:
            _call(handling, told)
    if ticket.resolution is not None:
        ticket.resolution, _ = _ring(handling, ticket.resolution)


def _ring(handling: Handling, clock: Clock) -> tuple[Clock, list[SlaEventKind]]:
    if clock.next_at is None:
        return clock, []
    first = clock.rung == 0
    clock, told = sla.ring(handling.policy.sla, handling.plan.calendars, clock, handling.now)
    for kind, percent in told:
        write_sla_event(handling, clock, kind, percent)
    marks = [kind for kind, _ in told]
    # Only the first warning calls somebody.
    return clock, marks if first else [one for one in marks if one is SlaEventKind.BREACHED]


def _call(handling: Handling, told: list[SlaEventKind]) -> None:
    """Required skills never relax: people are called who can find somebody that has them."""
    case = handling.ticket.case
    if case is None or not route_named(handling.policy, case.route).required_skills:
        return
    called = tuple(who for kind, who in CALLED.items() if kind in told)
    if called:
        cases.change(handling, case, EscalationChange.CLOCK, notify=called)
