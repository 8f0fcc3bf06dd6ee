"""The decision on an event, and what would have been decided without a shadow."""

from typing import Final

from schemas.records import Action, CustomerNotice, Decision, Mode
from streams.core.routing import place_of
from streams.core.tickets.assess import Found, strictest
from streams.core.tickets.handling import Handling, Subject
from streams.core.tickets.state import Owner
from streams.core.tickets.used import used_by

ACTIONS: Final = (Action.REPLY, Action.REVIEW, Action.HANDOFF)
"""What follows from a tier."""
_FOR_THE_AI: Final = (Action.REPLY, Action.REVIEW)
_ENFORCE: Final = Mode.ENFORCE
_AFTERWARDS: Final = (Action.SILENT, Action.NONE)


def write_decision(
    handling: Handling,
    subject: Subject,
    found: Found,
    action: Action,
    tier: int,
    route: str | None = None,
    notice: CustomerNotice | None = None,
    collect: tuple[str, ...] = (),
) -> Decision:
    """Decide: the next in the ticket's sequence, and from now on the one in force."""
    ticket = handling.ticket
    ticket.sequence += 1
    # In the order of the fields: naming so many costs more than all else of a decision.
    decision = Decision(
        f"{ticket.ticket_id}/d/{ticket.sequence}",
        ticket.ticket_id,
        subject.cause,
        subject.id,
        ticket.sequence,
        handling.now,
        action,
        tier,
        ticket.category,
        used_by(handling),
        ticket.tenant,
        ticket.account_id,
        subject.message_id,
        _ENFORCE,
        route,
        found.reasons + found.advised,
        found.signals,
        ticket.episode,
        None if ticket.case is None else ticket.case.escalation_id,
        None if ticket.review is None else ticket.review.review_id,
        None if ticket.anomaly is None else ticket.anomaly.anomaly_id,
        collect,
        notice,
        ticket.contract_broken,
        ticket.instructions if action in _FOR_THE_AI else None,
        handling.changed,
        ticket.erased,
    )
    ticket.contract_broken = False
    handling.outputs.append(decision)
    if found.shadowed and (action not in _AFTERWARDS or ticket.owner in (Owner.AI, Owner.REVIEW)):
        write_shadow(handling, subject, found)
    return decision


def write_shadow(handling: Handling, subject: Subject, found: Found) -> None:
    """What would have been decided if all that is in shadow were enforced; nothing obeys it."""
    ticket, reasons = handling.ticket, found.reasons + found.shadowed
    tier = strictest(reasons)
    route, _ = place_of(handling.policy, reasons, ticket.category)
    handling.outputs.append(
        Decision(
            decision_id=f"{ticket.ticket_id}/shadow/{subject.cause}/{subject.id}",
            ticket_id=ticket.ticket_id,
            cause=subject.cause,
            subject_id=subject.id,
            sequence=ticket.sequence,
            decided_at=handling.now,
            action=ACTIONS[tier],
            tier=tier,
            category=ticket.category,
            used=used_by(handling),
            tenant=ticket.tenant,
            account_id=ticket.account_id,
            message_id=subject.message_id,
            mode=Mode.SHADOW,
            route=route.name if tier else None,
            reasons=reasons,
            signals=found.signals,
            episode=ticket.episode,
        )
    )
