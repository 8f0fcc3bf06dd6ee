"""What people at their desks do with an open escalation: take it, move it, give it back."""

from msgspec.structs import replace

from schemas.records import Action, EscalationChange, Role, TicketUpdate
from streams.core.tickets import cases, moves
from streams.core.tickets.decisions import write_decision
from streams.core.tickets.episodes import hand_back
from streams.core.tickets.handling import Handling
from streams.core.tickets.messages import take_over
from streams.core.tickets.parts import Case
from streams.core.tickets.settle import NOTHING
from streams.core.tickets.staffing import pages_on_call
from streams.core.tickets.updates import about, moot
from streams.core.tickets.waits import await_answer

_LONGEST_INSTRUCTIONS = 2_000


def on_assigned(handling: Handling, update: TicketUpdate) -> None:
    """The platform gave it to a person: a takeover. Assigned to nobody, nothing changes."""
    if update.actor_id is None:
        moot(handling, update)
    else:
        take_over(handling, about(handling, update), update.actor_id)


def on_reassigned(handling: Handling, update: TicketUpdate) -> None:
    """The platform's own word on who has the ticket; nobody means that it is free again."""
    person, case = update.actor_id, handling.ticket.case
    if case is None or person == case.owner_id:
        moot(handling, update)
        return
    kind = EscalationChange.REOPENED if person is None else EscalationChange.ACCEPTED
    cases.change(handling, replace(case, owner_id=person), kind, note=update.reason)


def on_accepted(handling: Handling, update: TicketUpdate) -> None:
    """The first who accepts what lies on this route has it; others are refused, and so is who
    names a revision that never was.
    """
    case, person = handling.ticket.case, update.actor_id
    if case is None:
        on_accepted_too_late(handling, update)
        return
    if person is not None and person == case.owner_id:
        moot(handling, update)
        return
    seen = case.revision if update.revision is None else update.revision
    is_there = case.placed <= seen <= case.revision
    if case.owner_id is not None or not is_there or person is None:
        cases.refuse(handling, case, update.update_id)
    else:
        cases.change(handling, replace(case, owner_id=person), EscalationChange.ACCEPTED)


def on_accepted_too_late(handling: Handling, update: TicketUpdate) -> None:
    """There is no open escalation: the acceptance is refused on the queue it was read from."""
    cases.refuse_closed(handling, update)
    moot(handling, update)


def on_declined(handling: Handling, update: TicketUpdate) -> None:
    """The person does not take it: it is free again, or goes to the queue they name. Of somebody
    else's it is refused.
    """
    case = handling.ticket.case
    if case is None:
        moot(handling, update)
    elif _is_of_another(case, update):
        _refuse_as_breach(handling, update)
    elif update.route is not None:
        _move(handling, case, update)
    else:
        free = replace(case, owner_id=None)
        cases.change(handling, free, EscalationChange.DECLINED, note=update.reason)


def on_transferred(handling: Handling, update: TicketUpdate) -> None:
    """It goes to another queue, with everything, whoever has it: a lead moves what others have.
    After the policy's number of moves it goes to the lead.
    """
    if handling.ticket.case is None:
        moot(handling, update)
    else:
        _move(handling, handling.ticket.case, update)


def _move(handling: Handling, case: Case, update: TicketUpdate) -> None:
    """The decision `none` keeps how the new queue stands: on call is paged where it is shut."""
    route = moves.destination(handling, case, update.route)
    codes = {reason.code for reason in handling.ticket.reasons}
    pages = route.name != case.route and pages_on_call(handling, route, codes)
    subject = about(handling, update)
    write_decision(handling, subject, NOTHING, Action.NONE, handling.ticket.tier, route=route.name)
    moves.move(handling, case, route, update.reason, pages=pages)


def on_handed_back(handling: Handling, update: TicketUpdate) -> None:
    """Back to the AI with the person's instructions; past the policy's limit it is refused, and so
    is what somebody else's ticket is handed back with.
    """
    ticket, subject = handling.ticket, about(handling, update)
    if ticket.case is not None and _is_of_another(ticket.case, update):
        _refuse_as_breach(handling, update)
        return
    if ticket.hand_backs >= handling.policy.escalations.max_hand_backs:
        _refuse(handling, update)
        return
    hand_back(handling)
    ticket.instructions = (update.instructions or "")[:_LONGEST_INSTRUCTIONS] or None
    write_decision(handling, subject, NOTHING, Action.REPLY, 0)
    if ticket.last_word is Role.CUSTOMER:
        await_answer(handling, handling.terms())


def _is_of_another(case: Case, update: TicketUpdate) -> bool:
    """Whether somebody has it, and somebody else speaks; a platform's word names nobody."""
    return None not in (case.owner_id, update.actor_id) and update.actor_id != case.owner_id


def _refuse_as_breach(handling: Handling, update: TicketUpdate) -> None:
    """Who has it keeps it, and the decision tells of the breach of contract."""
    handling.ticket.contract_broken = True
    _refuse(handling, update)


def _refuse(handling: Handling, update: TicketUpdate) -> None:
    """It stays with people, where it is."""
    subject, route = about(handling, update), handling.ticket.route
    write_decision(handling, subject, NOTHING, Action.SILENT, 2, route=route)
