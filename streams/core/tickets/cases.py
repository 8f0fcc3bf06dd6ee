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
    SlaDue,
    TicketUpdate,
)
from streams.core.policy.routes import Route
from streams.core.routing import route_named
from streams.core.tickets.handling import Handling, Handoff
from streams.core.tickets.open_escalations import dues_of, write_open_escalation
from streams.core.tickets.parts import Case
from streams.core.tickets.skills import armed, preferred

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
    consult: tuple[str, ...]


def change(
    handling: Handling, case: Case, kind: EscalationChange, **told: Unpack[Told]
) -> tuple[SlaDue, ...]:
    """Put `case` in force under the next revision and tell its desk; when its clocks run out."""
    ticket, spoken, before = handling.ticket, handling.appended, handling.ticket.case
    route = route_named(handling.policy, case.route)
    case = armed(handling, replace(case, revision=case.revision + 1), route)
    ticket.case = case
    due = dues_of(ticket)
    relaxed = kind is EscalationChange.SKILLS
    handling.outputs.append(
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
            due=due,
            required_skills=route.required_skills if relaxed else (),
            preferred_skills=preferred(handling, case, route) if relaxed else (),
            anomaly=ticket.anomaly,
            **told,
        )
    )
    if kind is EscalationChange.CLOSED:
        ticket.case = None
        handling.outputs.append(Tombstone(OPEN_ESCALATIONS, ticket.ticket_id))
    else:
        write_open_escalation(handling, case, due)
    return due


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
    handling.outputs.append(
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
    escalation_id = update.escalation_id or ticket.escalation_id(episode)
    handling.outputs.append(
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


def handoff(
    handling: Handling,
    revision: int,
    route: Route,
    notice: CustomerNotice | None,
    due: tuple[SlaDue, ...],
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
        due=due,
        notice=notice,
        page_on_call=page_on_call,
    )
