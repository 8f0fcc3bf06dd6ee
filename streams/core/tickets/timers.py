"""What happens to a ticket when nothing happens."""

from msgspec.structs import replace

from schemas.records import Cause, Millis
from streams.core.reasons import Code
from streams.core.tickets.assess import assess
from streams.core.tickets.cases import relax
from streams.core.tickets.clocks import ring
from streams.core.tickets.episodes import close, forget, quiet_outcome
from streams.core.tickets.handling import Due, Handling, Subject
from streams.core.tickets.parts import Clock
from streams.core.tickets.settle import settle_fired
from streams.core.tickets.triggers import group


def on_due(handling: Handling, _due: Due) -> None:
    """What is due happens: the AI's silence, a ticket open for too long or a review nobody judges
    goes to a person; a response clock warns; a long silence closes, and in the end forgets.
    """
    ticket, now = handling.ticket, handling.now
    ring(handling)
    relax(handling)
    if ticket.forget_due is not None and ticket.forget_due <= now:
        forget(handling)
    if ticket.quiet_due is not None and ticket.quiet_due <= now:
        close(handling, quiet_outcome(ticket))
    _run_out(handling)


def put_off(handling: Handling) -> None:
    """What is due and cannot be handled is not due at once again; what is due later stays."""
    ticket, now = handling.ticket, handling.now
    ticket.clock, ticket.resolution = (
        _mute(clock, now) for clock in (ticket.clock, ticket.resolution)
    )
    case = ticket.case
    if case is not None and case.relax_at is not None and case.relax_at <= now:
        ticket.case = replace(case, relax_at=None)


def _mute(clock: Clock | None, now: Millis) -> Clock | None:
    """It runs on, and rings no more."""
    if clock is None or clock.next_at is None or clock.next_at > now:
        return clock
    return replace(clock, next_at=None)


def _run_out(handling: Handling) -> None:
    ticket, review, now = handling.ticket, handling.ticket.review, handling.now
    waits = (
        (Code.AI_NO_ANSWER, ticket.answer_due),
        (Code.OPEN_TIME, ticket.open_due),
        (Code.REVIEW_UNANSWERED, None if review is None else review.due_at),
    )
    due = [code for code, at in waits if at is not None and at <= now]
    if not due:
        return
    found = assess(handling, group(*due))
    if Code.AI_NO_ANSWER in due:
        ticket.answer_due = None
    if Code.OPEN_TIME in due:
        ticket.open_due = None
    subject = Subject(Cause.TIMER, f"{due[0]}@{now}", ticket.customer_message_id)
    settle_fired(handling, subject, found)
