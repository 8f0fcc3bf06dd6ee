"""How long the customer waits, and how long the AI may take before its silence is noticed."""

from schemas.records import DurationMillis, MergedTicket, Role
from streams.core.calendars import BusinessHours
from streams.core.tickets.handling import Handling
from streams.core.tickets.terms import Terms


def await_answer(handling: Handling, terms: Terms, *, weighed: bool = True) -> None:
    """The customer waits for the AI; after thanks only for silence.

    A ticket that is open for too long already is due at once, unless that was `weighed` just now.
    """
    ticket, rule = handling.ticket, handling.rules.ai_no_answer
    if handling.thanked:
        ticket.answer_due = ticket.open_due = None
        ticket.quiet_due = handling.now + handling.policy.retention.silence
        return
    ticket.answer_due = handling.now + terms.answer_within if rule.tier else None
    ticket.quiet_due = None
    _keep_open_time(handling, terms, weighed)


def await_review(handling: Handling) -> None:
    """The customer waits for a person's word on the AI's: the AI's silence is not noticed, for a
    review has its own time. How long the ticket is open still is.
    """
    ticket, message = handling.ticket, handling.message
    ticket.answer_due = ticket.quiet_due = None
    if handling.thanked:
        ticket.open_due = None
    elif message is not None and message.role is Role.CUSTOMER:
        _keep_open_time(handling, handling.terms(), weighed=True)


def _keep_open_time(handling: Handling, terms: Terms, weighed: bool) -> None:
    ticket, now = handling.ticket, handling.now
    due = terms.open_hours.add(ticket.open_since, ticket.paused + terms.open_time)
    if not handling.rules.open_time.tier or (weighed and due <= now):
        ticket.open_due = None
    else:
        ticket.open_due = due if due > now else now


def hasten_answer(handling: Handling) -> None:
    """A customer waits for the AI, and by what is known now may have to wait less: nothing is due
    later than it was, and what is overdue is due at once.
    """
    ticket, terms, now = handling.ticket, handling.terms(), handling.now
    if ticket.answer_due is not None and ticket.paused_since is None:
        ticket.answer_due = min(ticket.answer_due, now + terms.answer_within)
    if ticket.open_due is not None:
        due = terms.open_hours.add(ticket.open_since, ticket.paused + terms.open_time)
        ticket.open_due = min(ticket.open_due, max(now, due))


def open_for(handling: Handling, hours: BusinessHours) -> DurationMillis:
    """How long the ticket is open without its pauses, in the hours that count."""
    ticket = handling.ticket
    until = handling.now if ticket.paused_since is None else ticket.paused_since
    return max(0, hours.between(ticket.open_since, until) - ticket.paused)


def keep_longest_open(handling: Handling, merged: MergedTicket) -> None:
    """The ticket is open for as long as the longer open of the two, and pauses while both do."""
    ticket, now, hours = handling.ticket, handling.now, handling.terms().open_hours
    since, paused_since = merged.open_since, merged.paused_since
    if since is None:
        return
    theirs = hours.between(since, now if paused_since is None else paused_since) - merged.paused
    longest = max(open_for(handling, hours), theirs)
    pauses = None not in (ticket.paused_since, paused_since)
    ticket.open_since = min(ticket.open_since, since)
    ticket.paused = max(0, hours.between(ticket.open_since, now) - longest)
    ticket.paused_since = now if pauses else None


def end_pause(handling: Handling) -> None:
    """The customer has written: the ticket is open again."""
    ticket = handling.ticket
    if ticket.paused_since is not None:
        ticket.paused += handling.terms().open_hours.between(ticket.paused_since, handling.now)
        ticket.paused_since = None


def stop_waiting(handling: Handling) -> None:
    """Nobody waits for the AI any more."""
    ticket = handling.ticket
    ticket.answer_due = ticket.open_due = ticket.quiet_due = None
