"""What happens to an open escalation: every change has a revision, the highest is in force."""

from typing import Final, TypedDict, Unpack

from msgspec.structs import replace

from schemas.codec import Tombstone
from schemas.records import (
    ContextSection,
    CustomerNotice,
    EscalationChange,
    EscalationUpdate,
    Reason,
    TicketUpdate,
)
from streams.core.policy.routes import Route
from streams.core.reasons import PASS_COOL_DOWN
from streams.core.routing import place_of, route_named
from streams.core.tickets.assess import Found
from streams.core.tickets.handling import Handling, Handoff
from streams.core.tickets.open_escalations import dues_of, write_open_escalation
from streams.core.tickets.skills import armed, preferred
from streams.core.tickets.state import Case

OPEN_ESCALATIONS: Final = "support.open-escalations"
LEAD: Final = "lead"


def pressing(handling: Handling, priority: int) -> int:
    """The priority of an escalation, raised where its problem is an open incident."""
    least = handling.rules.anomaly_link.priority
    if handling.ticket.anomaly is None or least is None:
        return priority
    return min(priority, least)


class Told(TypedDict, total=False):
    """What an update tells beside how the escalation stands now."""

    reasons: tuple[Reason, ...]
    context: tuple[ContextSection, ...]
    previous_route: str | None
    note: str | None
    notify: tuple[str, ...]


def change(handling: Handling, case: Case, kind: EscalationChange, **told: Unpack[Told]) -> None:
    """Put `case` in force under the next revision and tell its desk."""
    ticket, spoken, before = handling.ticket, handling.appended, handling.ticket.case
    route = route_named(handling.policy, case.route)
    case = armed(handling, replace(case, revision=case.revision + 1), route)
    ticket.case = case
    relaxed = kind is EscalationChange.SKILLS
    handling.emit(
        EscalationUpdate(
            update_id=f"{case.escalation_id}/u/{case.revision}",
            escalation_id=case.escalation_id,
            ticket_id=ticket.ticket_id,
            revision=case.revision,
            change=kind,
            route=case.route,
            changed_at=handling.now,
            tenant=ticket.tenant,
            owner_id=case.owner_id,
            messages=() if spoken is None else (spoken,),
            priority=None if before and before.priority == case.priority else case.priority,
            due=dues_of(ticket),
            required_skills=route.required_skills if relaxed else (),
            preferred_skills=preferred(handling, case, route) if relaxed else (),
            anomaly=ticket.anomaly,
            **told,
        )
    )
    if kind is EscalationChange.CLOSED:
        ticket.case = None
        handling.emit(Tombstone(OPEN_ESCALATIONS, ticket.ticket_id))
    else:
        write_open_escalation(handling, case)


def signal(handling: Handling, found: Found) -> None:
    """Later reasons join the open escalation, the same ones again only after the cool-down.

    While nobody has taken it, a reason whose queue goes before the present one moves it there;
    whoever has taken it keeps it, and the lead is called.
    """
    ticket, case = handling.ticket, handling.ticket.case
    if case is None or not found.reasons:
        return
    known = {reason.code for reason in ticket.reasons}
    new = tuple(reason for reason in found.reasons if reason.code not in known)
    cooled = handling.now >= case.signalled_at + handling.policy.escalations.cool_down
    if new or cooled or found.codes & PASS_COOL_DOWN:
        ticket.reasons += new
        priority = pressing(handling, case.priority)
        case = replace(case, signalled_at=handling.now, priority=priority)
        graver = _graver(handling, case) if new else None
        calls = (LEAD,) if graver is not None and case.owner_id is not None else ()
        change(handling, case, EscalationChange.SIGNALS, reasons=found.reasons, notify=calls)
        if graver is not None and ticket.case is not None and case.owner_id is None:
            _lay(handling, ticket.case, graver, None, moves=case.moves)


def _graver(handling: Handling, case: Case) -> Route | None:
    """The queue of all that has fired, if it goes before the present one in the policy's order."""
    policy, ticket = handling.policy, handling.ticket
    wanted, _ = place_of(policy, ticket.reasons, ticket.category)
    order = [route.name for route in policy.routes]
    if case.route not in order or order.index(wanted.name) >= order.index(case.route):
        return None
    return wanted


def relax(handling: Handling) -> None:
    """Nobody has taken it for so long that fewer skills are preferred; the desk is told."""
    case = handling.ticket.case
    if case is None or case.relax_at is None or case.relax_at > handling.now:
        return
    route = route_named(handling.policy, case.route)
    later = replace(case, relaxed=case.relaxed + 1, relax_at=None)
    if preferred(handling, later, route) != preferred(handling, case, route):
        change(handling, later, EscalationChange.SKILLS)
    else:
        handling.ticket.case = armed(handling, later, route)


def refuse(handling: Handling, case: Case, update_id: str) -> None:
    """An acceptance that came too late; names the owner. Nothing changes, so no new revision."""
    handling.emit(
        EscalationUpdate(
            update_id=f"{case.escalation_id}/refused/{update_id}",
            escalation_id=case.escalation_id,
            ticket_id=handling.ticket.ticket_id,
            revision=case.revision,
            change=EscalationChange.ACCEPT_REFUSED,
            route=case.route,
            changed_at=handling.now,
            tenant=handling.ticket.tenant,
            owner_id=case.owner_id,
        )
    )


def refuse_closed(handling: Handling, update: TicketUpdate) -> None:
    """An acceptance of what is no longer open; told on the queue where it last was."""
    ticket, policy = handling.ticket, handling.policy
    name = ticket.route or ticket.earlier_route or update.route or policy.escalations.lead_route
    episode = ticket.episode if ticket.escalated_at is not None else max(ticket.episode - 1, 1)
    escalation_id = update.escalation_id or f"{ticket.ticket_id}/e/{episode}"
    handling.emit(
        EscalationUpdate(
            update_id=f"{escalation_id}/refused/{update.update_id}",
            escalation_id=escalation_id,
            ticket_id=ticket.ticket_id,
            revision=update.revision or 0,
            change=EscalationChange.ACCEPT_REFUSED,
            route=route_named(policy, name).name,
            changed_at=handling.now,
            tenant=ticket.tenant,
        )
    )


def move(handling: Handling, case: Case, name: str | None, note: str | None) -> None:
    """To another queue: the old one is told, the new one gets the whole escalation.

    After the policy's number of moves, and for a queue nobody knows, it is the lead's.
    """
    rules = handling.policy.escalations
    wanted = rules.lead_route if case.moves >= rules.max_moves else name or rules.lead_route
    route = route_named(handling.policy, wanted)
    if route.name == case.route:
        change(handling, replace(case, owner_id=None), EscalationChange.REOPENED, note=note)
        return
    _lay(handling, case, route, note, moves=case.moves + 1)


def _lay(handling: Handling, case: Case, route: Route, note: str | None, *, moves: int) -> None:
    moved = replace(
        case,
        route=route.name,
        priority=min(case.priority, route.priority),
        owner_id=None,
        moves=moves,
        placed=case.revision + 1,
        relaxed=0,
        relax_at=None,
    )
    handling.ticket.route = route.name
    change(handling, moved, EscalationChange.MOVED, previous_route=case.route, note=note)
    handling.handoff = handoff(handling, moved.placed, route, None)


def handoff(
    handling: Handling,
    revision: int,
    route: Route,
    notice: CustomerNotice | None,
    *,
    page_on_call: bool = False,
) -> Handoff:
    """The escalation as the ticket stands, to be completed with its package."""
    ticket = handling.ticket
    return Handoff(
        ticket=ticket,
        decision_id=f"{ticket.ticket_id}/d/{ticket.sequence}",
        created_at=handling.now,
        revision=revision,
        route=route,
        reasons=ticket.reasons,
        segment=handling.segment,
        policy=handling.policy,
        arrival=handling.arrival,
        account=handling.account,
        due=dues_of(ticket),
        notice=notice,
        message_id=ticket.customer_message_id,
        page_on_call=page_on_call,
    )
