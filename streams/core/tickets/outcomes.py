"""How the episodes of a ticket ended."""

from msgspec.structs import replace

from schemas.records import Csat, TicketOutcome, Verdict
from streams.core.tickets.handling import Handling
from streams.core.tickets.state import KNOWN_SCORES, Owner


def write_outcome(handling: Handling) -> None:
    """How the episode ended."""
    ticket = handling.ticket
    began, replied = ticket.escalated_at, ticket.human_replied_at
    outcome = TicketOutcome(
        outcome_id=f"{ticket.ticket_id}/o/{ticket.episode}",
        ticket_id=ticket.ticket_id,
        episode=ticket.episode,
        category=ticket.category,
        ended_at=handling.now if ticket.owner is not Owner.CLOSED else ticket.closed_at or 0,
        tenant=ticket.tenant,
        account_id=ticket.account_id,
        requester_id=ticket.requester_id,
        segment=handling.segment.name,
        channel=ticket.channel,
        route=ticket.route,
        tier=ticket.tier,
        outcome=ticket.outcome or "unknown",
        resolution_path=ticket.resolution_path,
        policy=handling.policy.reference,
        reasons=ticket.reasons,
        verdict=ticket.verdict,
        csat=ticket.csat,
        reopened=ticket.reopened,
        opened_at=ticket.opened_at,
        escalated_at=began,
        first_human_reply_at=replied,
        time_to_human=None if began is None or replied is None else replied - began,
        ai_rounds=ticket.rounds,
        human_replies=ticket.human_replies,
        mode=handling.policy.mode,
        escalation_id=None if began is None else ticket.escalation_id(ticket.episode),
        reviews=ticket.reviews,
        hand_backs=ticket.hand_backs,
        contract_violations=ticket.violations,
    )
    ticket.last_outcome = outcome
    handling.outputs.append(outcome)


def amend_outcome(handling: Handling, verdict: Verdict | None, csat: Csat | None) -> None:
    """Tell the outcome of the episode that ended last again, with what came later."""
    ticket, outcome = handling.ticket, handling.ticket.last_outcome
    if outcome is None:
        return
    ticket.last_outcome = replace(
        outcome,
        verdict=verdict or outcome.verdict,
        csat=outcome.csat if csat is None else (*outcome.csat[1 - KNOWN_SCORES :], csat),
        revision=outcome.revision + 1,
    )
    handling.outputs.append(ticket.last_outcome)
