"""How long the customer waits, and how long the AI may take before its silence is noticed."""

from schemas.records import DurationMillis, Role
from streams.core.calendars import BusinessHours
from streams.core.policy.limits import ANSWER_WITHIN
from streams.core.tickets.handling import Handling
from streams.core.tickets.sla import hours_on


def await_answer(handling: Handling) -> None:
    """The customer waits for the AI; after thanks only for silence."""
    ticket, triggers = handling.ticket, handling.rules
    ticket.answer_due = ticket.open_due = ticket.quiet_due = None
    if handling.thanked:
        ticket.quiet_due = handling.now + handling.policy.retention.silence
        return
    if triggers.ai_no_answer.tier:
        limits = handling.plan.limits(handling.segment.name, ticket.category)
        within = ANSWER_WITHIN.get(ticket.channel, ANSWER_WITHIN["other"])
        ticket.answer_due = handling.now + int(limits[within])
    _keep_open_time(handling)


def await_review(handling: Handling) -> None:
    """The customer waits for a person's word on the AI's: the AI's silence is not noticed, for a
    review has its own time. How long the ticket is open still is.
    """
    ticket, message = handling.ticket, handling.message
    ticket.answer_due = ticket.quiet_due = None
    if handling.thanked:
        ticket.open_due = None
    elif message is not None and message.role is Role.CUSTOMER:
        _keep_open_time(handling)


def _keep_open_time(handling: Handling) -> None:
    ticket = handling.ticket
    limit = handling.segment.open_time.of(ticket.channel)
    due = open_hours(handling).add(ticket.open_since, ticket.paused + limit)
    ticket.open_due = due if handling.rules.open_time.tier and due > handling.now else None


def open_hours(handling: Handling) -> BusinessHours:
    """The hours that count for how long a ticket is open."""
    name = handling.rules.open_time.calendar.of(handling.ticket.channel)
    return hours_on(handling.plan.calendars, name)


def open_for(handling: Handling) -> DurationMillis:
    """How long the ticket is open without its pauses, in those hours."""
    ticket, hours = handling.ticket, open_hours(handling)
    until = handling.now if ticket.paused_since is None else ticket.paused_since
    return max(0, hours.between(ticket.open_since, until) - ticket.paused)


def end_pause(handling: Handling) -> None:
    """The customer has written: the ticket is open again."""
    ticket = handling.ticket
    if ticket.paused_since is not None:
        ticket.paused += open_hours(handling).between(ticket.paused_since, handling.now)
        ticket.paused_since = None


def stop_waiting(handling: Handling) -> None:
    """Nobody waits for the AI any more."""
    ticket = handling.ticket
    ticket.answer_due = ticket.open_due = ticket.quiet_due = None
