"""The escalations that are open now, and when their clocks run out."""

from operator import attrgetter
from typing import Final

from schemas.records import OpenEscalation, SlaDue
from streams.core.tickets.handling import Handling
from streams.core.tickets.parts import Case
from streams.core.tickets.state import Ticket

_due_at: Final = attrgetter("due_at")


def write_open_escalation(handling: Handling, case: Case, due: tuple[SlaDue, ...]) -> None:
    """The escalation as it stands, for desks that start late."""
    ticket = handling.ticket
    handling.outputs.append(
        OpenEscalation(
            ticket_id=ticket.ticket_id,
            escalation_id=case.escalation_id,
            route=case.route,
            revision=case.revision,
            priority=case.priority,
            opened_at=case.opened_at,
            category=ticket.category,
            reason_codes=tuple([reason.code for reason in ticket.reasons]),
            tenant=ticket.tenant,
            account_id=ticket.account_id,
            owner_id=case.owner_id,
            due=due,
            episode=ticket.episode,
            segment=handling.segment.name,
        )
    )


def dues_of(ticket: Ticket) -> tuple[SlaDue, ...]:
    """When the ticket's clocks run out, the earliest first."""
    clocks = sorted(ticket.clocks, key=_due_at)
    return tuple([SlaDue(clock.clock, clock.due_at, clock.span()) for clock in clocks])
