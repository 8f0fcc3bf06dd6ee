"""The whole way of an event: what is known, what it changes, what is decided."""

from typing import Final

from msgspec.structs import replace

from detectors.signals import Signals
from schemas.records import (
    AccountSnapshot,
    ActivityKind,
    Cause,
    ConversationMessage,
    Role,
    TicketUpdate,
    UpdateKind,
)
from streams.core.policy.model import Policy
from streams.core.policy.plan import plan_of
from streams.core.reasons import Code
from streams.core.routing import segment_of
from streams.core.tickets.assess import assess
from streams.core.tickets.belonging import belong
from streams.core.tickets.episodes import forget_at_once, keep_words_for_a_while, reopen
from streams.core.tickets.handling import (
    Arrival,
    Due,
    Event,
    Handling,
    Incidents,
    Statuses,
    Step,
    Subject,
    unlinked,
    unstaffed,
)
from streams.core.tickets.known import came_before, fingerprint, remember
from streams.core.tickets.lifecycle import act_on
from streams.core.tickets.messages import subject_of
from streams.core.tickets.observe import says_thanks
from streams.core.tickets.repeats import on_changed
from streams.core.tickets.reports import write_activity
from streams.core.tickets.settle import settle
from streams.core.tickets.state import Owner, Ticket
from streams.core.tickets.timers import put_off
from streams.core.tickets.triggers import group

_NOT_ANALYSED = Signals(unreadable=True)
_ON_ERROR = group(Code.INTERNAL_ERROR)
_CUSTOMER: Final = Role.CUSTOMER
_IDENTIFIED: Final = UpdateKind.IDENTIFIED
_OPENED: Final = ActivityKind.OPENED


def decide(
    state: Ticket | None,
    event: Event,
    signals: Signals | None,
    account: AccountSnapshot | None,
    policy: Policy,
    arrival: Arrival,
    *,
    model: str = "unknown",
    statuses: Statuses = unstaffed,
    incidents: Incidents = unlinked,
) -> Step:
    """What follows from an event, given all that came before it on its ticket.

    Pure, and defined for every valid event in every order: the same arguments give the same step,
    and none raises. An event whose id is among the ticket's latest is known already and leads to
    nothing, unless it says something else now (see `repeats`). `signals` belong to a public
    customer message; one without them counts as unreadable. `model` is the version of the
    detectors, as decisions name it; `statuses` tells how queues stand, where that is known,
    and `incidents` which open anomaly a message belongs to.
    """
    # Not `isinstance`: it asks the records' metaclass, and takes five times as long.
    if type(event) is Due:
        return _decide_due(state, event, account, policy, arrival, model, statuses)

    known, changed = fingerprint(event), False
    if state is not None and came_before(state, known):
        if known in state.seen:
            return Step(state)
        changed = True
    handling = _begin(
        state, event, signals, account, policy, arrival, model, changed, statuses, incidents
    )
    remember(handling.ticket, known)
    if changed:
        on_changed(handling, event)
    else:
        _join(handling, event, state)
        act_on(handling.ticket, event)(handling, event)
    keep_words_for_a_while(handling)
    return handling.step()


def _decide_due(
    state: Ticket | None,
    due: Due,
    account: AccountSnapshot | None,
    policy: Policy,
    arrival: Arrival,
    model: str,
    statuses: Statuses,
) -> Step:
    """A timer: nothing follows from one that has been put off since."""
    if state is None or state.deadline is None or state.deadline > arrival.now:
        return Step(state)
    handling = _begin(state, due, None, account, policy, arrival, model, statuses=statuses)
    act_on(handling.ticket, due)(handling, due)
    return handling.step()


def internal_error(
    event: Event,
    state: Ticket | None,
    policy: Policy,
    arrival: Arrival,
    *,
    model: str = "unknown",
) -> Step:
    """Give the ticket of an event that could not be handled to a person.

    `state` is the one before the event. The event itself is not read beyond its ids, and gets
    the one decision it would have had. A closed ticket whose timer fails was to be forgotten: it
    is, at once, and nobody gets it.
    """
    handling = _begin(state, event, None, None, policy, arrival, model)
    _join(handling, event, state)
    ticket = handling.ticket
    if isinstance(event, Due):
        if ticket.owner is Owner.CLOSED:
            forget_at_once(handling)
            return handling.step()
        subject = Subject(Cause.TIMER, f"{Code.INTERNAL_ERROR}@{arrival.now}")
        put_off(handling)
    else:
        remember(ticket, fingerprint(event))
        subject = (
            subject_of(event)
            if isinstance(event, ConversationMessage)
            else Subject(Cause.UPDATE, event.update_id)
        )
    if ticket.owner is Owner.CLOSED and not ticket.erased:
        reopen(handling)
    found = assess(handling, _ON_ERROR)
    settle(handling, subject, found)
    return handling.step()


def _begin(
    state: Ticket | None,
    event: Event,
    signals: Signals | None,
    account: AccountSnapshot | None,
    policy: Policy,
    arrival: Arrival,
    model: str,
    changed: bool = False,
    statuses: Statuses = unstaffed,
    incidents: Incidents = unlinked,
) -> Handling:
    ticket = _new(event, policy, arrival) if state is None else replace(state)
    read = _NOT_ANALYSED if signals is None else signals
    if read.quoted is not None and ticket.customer_message_id is None:
        # Nobody has seen yet what the first message quotes.
        read = read.quoted
    message = event if isinstance(event, ConversationMessage) else None
    if message is None and isinstance(event, TicketUpdate) and not changed:
        account, ticket.verified = event.account or account, _verified(ticket, event)
    return Handling(
        ticket,
        arrival.now,
        read,
        account,
        policy,
        policy.triggers,
        segment_of(policy, account, ticket.verified),
        plan_of(policy),
        arrival,
        model,
        message is not None and message.role is _CUSTOMER and says_thanks(read),
        message,
        changed,
        statuses,
        incidents,
    )


def _join(handling: Handling, event: Event, before: Ticket | None) -> None:
    """The ticket is opened, or more is known of whose it is."""
    ticket = handling.ticket
    if before is None:
        write_activity(handling, _OPENED, "1")
    elif type(event) is not Due and not ticket.erased:
        corrects = (
            handling.message is None
            and isinstance(event, TicketUpdate)
            and event.kind is _IDENTIFIED
        )
        if corrects or not (ticket.account_id and ticket.requester_id):
            belong(handling, event.account_id, event.requester_id, corrects=corrects)


def _verified(ticket: Ticket, update: TicketUpdate) -> bool | None:
    """Whether the account is who it claims; another account does not inherit it."""
    if update.kind is not _IDENTIFIED:
        return ticket.verified
    if update.account_id not in (None, ticket.account_id):
        return update.verified
    return ticket.verified if update.verified is None else update.verified


def _new(event: Event, policy: Policy, arrival: Arrival) -> Ticket:
    now = arrival.now
    ticket = Ticket(event.ticket_id, "default", now)
    ticket.last_at = ticket.open_since = now
    ticket.quiet_due = now + policy.retention.silence
    if type(event) is not Due:
        ticket.tenant = event.tenant
        ticket.account_id, ticket.requester_id = event.account_id, event.requester_id
    return ticket
