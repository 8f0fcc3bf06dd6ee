"""What happens to the clocks of a ticket is told on `support.sla`."""

from typing import Final

from schemas.records import SlaEvent, SlaEventKind
from streams.core.tickets.handling import Handling
from streams.core.tickets.parts import Clock
from streams.core.tickets.sla import spent

_PAUSES: Final = (SlaEventKind.PAUSED, SlaEventKind.RESUMED)


def write_sla_event(
    handling: Handling,
    clock: Clock,
    kind: SlaEventKind,
    percent: int | None = None,
    *,
    promised_by: str | None = None,
) -> None:
    """Something happened to a response clock; `promised_by` is its route where the ticket does not
    lie there yet.
    """
    ticket, case = handling.ticket, handling.ticket.case
    number = clock.number or clock.started_at
    # Joined, for to format a member of an enum takes as long as all the rest.
    name = "/".join((ticket.ticket_id, "s", str(ticket.episode), clock.clock, str(number), kind))
    if percent is not None:
        name += f"/{percent}"
    elif kind in _PAUSES:
        name += f"/{clock.pauses}"
    handling.outputs.append(
        SlaEvent(
            event_id=name,
            ticket_id=ticket.ticket_id,
            clock=clock.clock,
            kind=kind,
            at=handling.now,
            due_at=clock.due_at,
            target=clock.span(),
            tenant=ticket.tenant,
            account_id=ticket.account_id,
            escalation_id=None if case is None else case.escalation_id,
            route=promised_by or (None if case is None else case.route),
            segment=handling.segment.name,
            percent=percent,
            elapsed=handling.now - clock.started_at,
            elapsed_business=spent(handling.plan.calendars, clock, handling.now),
        )
    )
