"""What follows from an assessment: reply, review, handoff, or silence while a person has it."""

from typing import Final

from schemas.records import (
    Action,
    ActivityKind,
    Cause,
    ReviewState,
)
from streams.core.policy.routes import Route
from streams.core.reasons import Code
from streams.core.routing import place_of, route_named
from streams.core.tickets import cases, clocks, moves
from streams.core.tickets.assess import Found
from streams.core.tickets.decisions import write_decision, write_shadow
from streams.core.tickets.gate import fields_to_collect
from streams.core.tickets.handling import Handling, Subject
from streams.core.tickets.open_escalations import dues_of, write_open_escalation
from streams.core.tickets.parts import Case
from streams.core.tickets.reports import write_activity
from streams.core.tickets.reviews import ask_review, end_review
from streams.core.tickets.skills import armed
from streams.core.tickets.staffing import notice, pages_on_call, relieved
from streams.core.tickets.state import Owner
from streams.core.tickets.waits import stop_waiting

_CLOSED: Final = Owner.CLOSED
_HUMAN: Final = Owner.HUMAN
_DRAFT: Final = Cause.DRAFT
_REPLY: Final = Action.REPLY
_HANDOFF: Final = Action.HANDOFF
NOTHING: Final = Found((), (), 0)
_ENDS: Final = {
    Code.REVIEW_REJECTED: ReviewState.ANSWERED,
    Code.REVIEW_UNANSWERED: ReviewState.EXPIRED,
}


def settle(handling: Handling, subject: Subject, found: Found) -> None:
    """Write exactly one decision, and what it entails."""
    ticket = handling.ticket
    if ticket.owner is _CLOSED:
        write_decision(handling, subject, found, Action.NONE, 0)
        return
    if ticket.owner is _HUMAN:
        stay_silent(handling, subject, found)
        return
    if found.reasons:
        found = relieved(handling, found)
    if found.tier == 2:
        hand_over(handling, subject, found)
    elif found.tier == 1 or ticket.review is not None:
        ask_review(handling, subject, found)
    else:
        if subject.cause is _DRAFT:
            ticket.allowed_draft = subject.id
        write_decision(handling, subject, found, _REPLY, 0)


def settle_fired(handling: Handling, subject: Subject, found: Found) -> None:
    """Settle what only counts when something fired; what fired in shadow is only recorded."""
    if found.reasons or found.advised:
        settle(handling, subject, found)
    elif found.shadowed:
        write_shadow(handling, subject, found)


def stay_silent(handling: Handling, subject: Subject, found: Found) -> None:
    """A person holds the ticket; what fires now joins their escalation.

    Until somebody has taken it the AI may ask for what the route wants to know.
    """
    case, joins = handling.ticket.case, moves.joining(handling, found)
    asks = subject.cause in (Cause.MESSAGE, Cause.DRAFT)
    fields = fields_to_collect(handling) if asks else ()
    action = Action.COLLECT if fields else Action.SILENT
    route = None if case is None else case.route
    write_decision(handling, subject, found, action, 2, route=route, collect=fields)
    if joins is not None:
        moves.join(handling, found, joins)


def hand_over(
    handling: Handling,
    subject: Subject,
    found: Found,
    *,
    action: Action = _HANDOFF,
    owner_id: str | None = None,
) -> None:
    """A person takes over: one escalation an episode, its clock running, its package to come."""
    ticket = handling.ticket
    if ticket.review is not None:
        found = found.joined(ticket.review.reasons)
    route, priority = _place(handling, found)
    ticket.owner = _HUMAN
    stop_waiting(handling)
    ticket.escalated_at, ticket.route = handling.now, route.name
    ticket.keep_reasons(found.reasons, found.tier)
    paged = pages_on_call(handling, route, found.codes())
    ticket.case = case = _case(handling, route, priority, owner_id, paged=paged)
    told = notice(handling, route, paged=paged) if action is _HANDOFF else None
    fields = fields_to_collect(handling) if action is _HANDOFF else ()
    write_decision(
        handling, subject, found, action, 2, route=route.name, notice=told, collect=fields
    )
    if ticket.review is not None:
        end_review(handling, _end_of_review(found))
    clocks.start_handoff(handling, route)
    due = dues_of(ticket)
    write_open_escalation(handling, case, due)
    write_activity(handling, ActivityKind.ESCALATED, str(ticket.episode))
    handling.handoff = cases.handoff(handling, case.revision, route, told, due, page_on_call=paged)


def _case(
    handling: Handling, route: Route, priority: int, owner_id: str | None, *, paged: bool
) -> Case:
    """The episode's case as it opens; whoever is of a segment goes before all others."""
    ticket, now = handling.ticket, handling.now
    in_segment = handling.segment is not handling.policy.segments[-1]
    case = Case(
        ticket.escalation_id(ticket.episode),
        route.name,
        cases.pressing(handling, max(1, priority - in_segment)),
        now,
        1,
        1,
        now,
        owner_id,
        paged=paged,
    )
    return armed(handling, case, route)


def _end_of_review(found: Found) -> ReviewState:
    codes = found.codes()
    return next((end for code, end in _ENDS.items() if code in codes), ReviewState.SUPERSEDED)


def _place(handling: Handling, found: Found) -> tuple[Route, int]:
    """By reasons and category; what came back for no other reason goes where it was."""
    policy, ticket = handling.policy, handling.ticket
    route, priority = place_of(policy, found.reasons, ticket.category)
    if ticket.earlier_route and route is policy.routes[-1] and Code.REOPENED in found.codes():
        route = route_named(policy, ticket.earlier_route)
        return route, min(route.priority, priority)
    return route, priority
