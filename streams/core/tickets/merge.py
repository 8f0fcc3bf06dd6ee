"""Two tickets become one: an update on each key, harmless alone and in either order.

What Baton knows of the source goes to the target's key with the source's own update, so a bare
word of the platform on the target's key adds nothing. All that the target takes over is a minimum,
a maximum or a union: the order of merges does not matter.
"""

from typing import Final

from msgspec.structs import replace

from schemas.records import (
    Action,
    ContextSection,
    ConversationMessage,
    EscalationChange,
    MergedTicket,
    Role,
    TicketUpdate,
)
from streams.core.routing import route_named
from streams.core.tickets import cases, clocks, sla
from streams.core.tickets.assess import Found
from streams.core.tickets.carried import (
    facts_of,
    forget_other,
    pass_on,
    source_of,
    told_by,
    words_of,
    write_words,
)
from streams.core.tickets.decisions import write_decision
from streams.core.tickets.episodes import close, reopen
from streams.core.tickets.handling import Handling
from streams.core.tickets.messages import on_customer, subject_of
from streams.core.tickets.observe import joined
from streams.core.tickets.settle import NOTHING, settle
from streams.core.tickets.state import KNOWN_CONTEXT, KNOWN_TARGETS, Owner
from streams.core.tickets.updates import about, moot, on_reopened
from streams.core.tickets.waits import await_answer, end_pause, hasten_answer, keep_longest_open

MERGED: Final = "merged"
"""The outcome of a ticket that was open until it went on in another."""


def on_merged_into(handling: Handling, update: TicketUpdate) -> None:
    """It ends here and goes on in another ticket, which is told what is open: reasons, clock, and
    who waits; and what was given and tried.
    """
    ticket, target = handling.ticket, update.other_ticket_id
    if target is None or target == ticket.ticket_id:
        moot(handling, update)
        return
    words = list(words_of(handling, _open_of(handling)))
    if ticket.owner is Owner.CLOSED:
        moot(handling, update)
    else:
        close(handling, MERGED, target)
    ticket.merged_into = target
    others = tuple(one for one in ticket.carried_to if one != target)
    ticket.carried_to = (*others[1 - KNOWN_TARGETS :], target)
    write_words(handling, target, words, str(ticket.episode))


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
        open_since=ticket.open_since,
        paused=ticket.paused,
        paused_since=ticket.paused_since,
    )


def on_merged_from(handling: Handling, update: TicketUpdate) -> None:
    """Another ticket goes on here: the earliest clock, the strictest tier and one escalation stay,
    and what the customer had given there is known; once that ticket is erased, no more.

    A closed ticket is reopened when something of the other was open. One that was itself merged
    away meanwhile passes it all on.
    """
    ticket, merged = handling.ticket, update.merged
    if merged is None or merged.ticket_id in (ticket.ticket_id, *ticket.forgotten):
        moot(handling, update)
        return
    if merged.erased:
        _forget(handling, update, merged.ticket_id)
        return
    if ticket.merged_into not in (None, merged.ticket_id):
        moot(handling, update)
        handling.outputs.append(replace(update, ticket_id=ticket.merged_into))
        return
    was_open = merged.tier > 0 or merged.customer_wrote_at is not None
    if ticket.owner is Owner.CLOSED and was_open:
        reopen(handling)
    ticket.opened_at = min(ticket.opened_at, merged.opened_at)
    ticket.merged_into = None
    keep_longest_open(handling, merged)
    section = _learn(handling, merged)
    subject = about(handling, update)
    if merged.tier == 0 or ticket.owner is Owner.CLOSED:
        write_decision(handling, subject, Found((), (), 0), Action.NONE, ticket.tier)
    else:
        settle(handling, subject, Found(merged.reasons, (), min(merged.tier, 2)))
    if ticket.owner is Owner.HUMAN:
        _keep_earliest_clock(handling, merged)
    elif ticket.owner is Owner.AI and merged.customer_wrote_at is not None:
        end_pause(handling)
        ticket.last_word = Role.CUSTOMER
        await_answer(handling, handling.terms(), weighed=False)
    else:
        hasten_answer(handling)
    if ticket.case is not None and handling.handoff is None:
        cases.change(handling, ticket.case, EscalationChange.CONTEXT, context=(section,))


def _forget(handling: Handling, update: TicketUpdate, other: str) -> None:
    """Here, and wherever this ticket has told it; a desk gets an empty section in its place. One
    that was to go on in the erased ticket goes on by itself.
    """
    ticket = handling.ticket
    was_to_go_on = ticket.merged_into == other
    if was_to_go_on and ticket.outcome == MERGED:
        on_reopened(handling, update)
    else:
        moot(handling, update)
    if was_to_go_on:
        ticket.merged_into = None
    forget_other(ticket, other)
    pass_on(handling, update)
    if ticket.case is not None:
        gone = ContextSection(source_of(other), handling.now, "Erased ticket")
        cases.change(handling, ticket.case, EscalationChange.CONTEXT, context=(gone,))


def _learn(handling: Handling, merged: MergedTicket) -> ContextSection:
    ticket, section = handling.ticket, told_by(merged, handling.now)
    ticket.given = joined(ticket.given, facts_of(merged))
    others = tuple(one for one in ticket.context if one.source != section.source)
    ticket.context = (*others[1 - KNOWN_CONTEXT :], section)
    return section


def on_customer_of_closed(handling: Handling, message: ConversationMessage) -> None:
    """The ticket goes on. Where it was merged away the message goes on in the other ticket, which
    answers it, and here the AI is silent.
    """
    target = handling.ticket.merged_into
    if target is None:
        on_customer(handling, message)
    else:
        write_decision(handling, subject_of(message), NOTHING, Action.SILENT, 0)
        handling.outputs.append(replace(message, ticket_id=target))


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
