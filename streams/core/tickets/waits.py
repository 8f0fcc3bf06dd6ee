"""How long the AI may take before its silence is noticed."""

from streams.core.tickets.handling import Handling


def await_answer(handling: Handling) -> None:
    """The customer waits for the AI; after thanks only for silence."""
    ticket, triggers = handling.ticket, handling.rules
    ticket.answer_due = ticket.open_due = ticket.quiet_due = None
    if handling.thanked:
        ticket.quiet_due = handling.now + handling.policy.retention.silence
        return
    if triggers.ai_no_answer.tier:
        ticket.answer_due = handling.now + triggers.ai_no_answer.after.of(ticket.channel)
    limit = handling.segment.open_time.of(ticket.channel)
    open_due = ticket.open_since + ticket.paused + limit
    if triggers.open_time.tier and open_due > handling.now:
        ticket.open_due = open_due


def stop_waiting(handling: Handling) -> None:
    """Nobody waits for the AI any more."""
    ticket = handling.ticket
    ticket.answer_due = ticket.open_due = ticket.quiet_due = None
