"""Two tickets become one: an update on each key, harmless alone and in either order.

What Baton knows of the source goes to the target's key with the source's own update, so a bare
word of the platform on the target's key adds nothing. All that the target takes over is a minimum,
a maximum or a union: the order of merges does not matter.
"""

from schemas.records import (
    Action,
    ContextSection,
    MergedTicket,
    Role,
    TicketUpdate,
    UpdateKind,
)
from streams.core.routing import route_named
from streams.core.tickets import clocks, sla
from streams.core.tickets.assess import Found
from streams.core.tickets.decisions import write_decision
from streams.core.tickets.episodes import close, reopen
from streams.core.tickets.handling import Handling
from streams.core.tickets.settle import settle
from streams.core.tickets.state import KNOWN_CONTEXT, Owner
from streams.core.tickets.updates import about, moot
from streams.core.tickets.waits import await_answer


def on_merged_into(handling: Handling, update: TicketUpdate) -> None:
    """It ends here and goes on in another ticket, which is told what is open: reasons, clock, and
    who waits.
    """
    ticket, target = handling.ticket, update.other_ticket_id
    if target is None or target == ticket.ticket_id:
        moot(handling, update)
        return
    told = _open_of(handling)
    if ticket.owner is Owner.CLOSED:
        moot(handling, update)
    else:
        close(handling, "merged", target)
    handling.emit(
        TicketUpdate(
            update_id=f"{ticket.ticket_id}/merged/{ticket.episode}",
            ticket_id=target,
            kind=UpdateKind.MERGED_FROM,
            occurred_at=handling.now,
            tenant=ticket.tenant,
            other_ticket_id=ticket.ticket_id,
            merged=told,
        )
    )


def _open_of(handling: Handling) -> MergedTicket:
    ticket, case, clock = handling.ticket, handling.ticket.case, handling.ticket.clock
    if ticket.owner is Owner.CLOSED:
        return MergedTicket(ticket.ticket_id, ticket.opened_at, category=ticket.category)
    waits = ticket.last_word is Role.CUSTOMER and ticket.quiet_due is None
    return MergedTicket(
        ticket.ticket_id,
        ticket.opened_at,
        ticket.tier if case is not None or ticket.review is not None else 0,
        ticket.category,
        ticket.route,
        None if case is None else case.escalation_id,
        ticket.escalated_at,
        None if clock is None else clock.due_at,
        ticket.reasons,
        ticket.last_at if waits else None,
    )


def on_merged_from(handling: Handling, update: TicketUpdate) -> None:
    """Another ticket goes on here: the earliest clock, the strictest tier and one escalation stay.

    A closed ticket is reopened when something of the other was open.
    """
    ticket, merged = handling.ticket, update.merged
    if merged is None or merged.ticket_id == ticket.ticket_id:
        moot(handling, update)
        return
    was_open = merged.tier > 0 or merged.customer_wrote_at is not None
    if ticket.owner is Owner.CLOSED and was_open:
        reopen(handling)
    ticket.opened_at = min(ticket.opened_at, merged.opened_at)
    ticket.open_since = min(ticket.open_since, merged.opened_at)
    _name_source(handling, merged)
    subject = about(handling, update)
    if merged.tier == 0 or ticket.owner is Owner.CLOSED:
        write_decision(handling, subject, Found((), (), 0), Action.NONE, ticket.tier)
    else:
        settle(handling, subject, Found(merged.reasons, (), min(merged.tier, 2)))
    if ticket.owner is Owner.HUMAN:
        _keep_earliest_clock(handling, merged)
    elif ticket.owner is Owner.AI and merged.customer_wrote_at is not None:
        ticket.last_word = Role.CUSTOMER
        await_answer(handling)


def _name_source(handling: Handling, merged: MergedTicket) -> None:
    ticket, source = handling.ticket, f"ticket {merged.ticket_id}"
    fields = {"ticket": merged.ticket_id, "category": merged.category or "general"}
    section = ContextSection(source, handling.now, "Merged ticket", fields)
    others = tuple(one for one in ticket.context if one.source != source)
    ticket.context = (*others[1 - KNOWN_CONTEXT :], section)


def _keep_earliest_clock(handling: Handling, merged: MergedTicket) -> None:
    ticket, case, due_at = handling.ticket, handling.ticket.case, merged.first_response_due_at
    if due_at is None or case is None:
        return
    if ticket.clock is None:
        clocks.start_response(handling, route_named(handling.policy, case.route))
    clock = ticket.clock
    if clock is not None and due_at < clock.due_at:
        started = min(clock.started_at, merged.escalated_at or clock.started_at, due_at)
        rules, calendars = handling.policy.sla, handling.plan.calendars
        ticket.clock = sla.brought_forward(rules, calendars, clock, started, due_at)
        clocks.ring(handling)
