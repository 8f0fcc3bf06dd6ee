"""How an account is doing, as lines for people."""

from collections.abc import Iterator

from schemas.records import AccountHealth, HealthReason, Opportunity, TicketSummary
from streams.console.lines import minute


def lines_of(health: AccountHealth) -> Iterator[str]:
    """The score and its parts, the suggestion to reach out, the last tickets."""
    level, at = health.level.replace("_", " "), minute(health.updated_at)
    yield f"{health.account_id}: {level}, health {health.score:.0f} of 100, {at}"
    for reason in health.reasons:
        yield _reason(reason)
    if health.opportunity is not None:
        yield from _opportunity(health.opportunity)
    for ticket in health.recent_tickets:
        yield _ticket(ticket)


def _reason(reason: HealthReason) -> str:
    usual = "" if reason.baseline is None else f", usual {reason.baseline:.1f} a week"
    shown = f"  ({', '.join(reason.ticket_ids)})" if reason.ticket_ids else ""
    return f"  -{reason.value:<4.0f} {reason.code.replace('_', ' ')}{usual}{shown}"


def _opportunity(made: Opportunity) -> Iterator[str]:
    who = made.owner_id or "nobody is named"
    taken = "" if made.accepted_at is None else f", accepted {minute(made.accepted_at)}"
    yield f"Reach out ({who}, priority {made.priority}{taken}): {made.reason}"


def _ticket(ticket: TicketSummary) -> str:
    marks = [name for name in ("escalated", "reopened") if getattr(ticket, name)]
    mood = "" if ticket.sentiment is None else f"negative {ticket.sentiment:.1f}"
    outcome = ticket.outcome or ("open" if ticket.closed_at is None else "closed")
    told = (mood, ticket.category or "", outcome, *marks)
    return f"  {minute(ticket.opened_at)}  {ticket.ticket_id}: {', '.join(filter(None, told))}"
