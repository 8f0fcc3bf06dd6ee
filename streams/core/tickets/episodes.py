"""How an episode of a ticket ends, and how the next one begins."""

from schemas.records import ActivityKind, EscalationChange, SlaEventKind
from streams.core.tickets import cases
from streams.core.tickets.handling import Handling
from streams.core.tickets.lifecycle import Turn, next_owner
from streams.core.tickets.observe import calm
from streams.core.tickets.outputs import write_activity, write_outcome
from streams.core.tickets.state import Owner, Ticket


def close(handling: Handling, outcome: str, path: str | None = None) -> None:
    """The ticket is done: resolved, merged away, erased, or silent for long."""
    ticket = handling.ticket
    _end(handling, outcome, path)
    ticket.owner = next_owner(ticket.owner, Turn.CLOSED)
    ticket.closed_at = handling.now
    ticket.answer_due = ticket.open_due = ticket.quiet_due = None
    ticket.forget_due = handling.now + handling.policy.retention.transcript
    ticket.moods = calm(ticket.moods)
    write_outcome(handling)
    kind = ActivityKind.RESOLVED if outcome in ("resolved", "assumed") else ActivityKind.CLOSED
    write_activity(handling, kind, str(ticket.episode))


def hand_back(handling: Handling) -> None:
    """The person gives the ticket back to the AI."""
    ticket = handling.ticket
    _end(handling, "handed_back", None)
    write_outcome(handling)
    ticket.owner = next_owner(ticket.owner, Turn.HANDED_BACK)
    ticket.hand_backs += 1
    _begin(handling, reopened=False)


def reopen(handling: Handling) -> None:
    """A closed ticket goes on, with the AI."""
    ticket = handling.ticket
    ticket.owner = next_owner(ticket.owner, Turn.REOPENED)
    ticket.closed_at = ticket.forget_due = None
    _begin(handling, reopened=True)
    write_activity(handling, ActivityKind.REOPENED, str(ticket.episode))


def _end(handling: Handling, outcome: str, path: str | None) -> None:
    ticket = handling.ticket
    ticket.outcome, ticket.resolution_path = outcome, path
    ticket.review = None
    cases.stop_clock(handling, SlaEventKind.CANCELLED)
    if ticket.case is not None:
        cases.change(handling, ticket.case, EscalationChange.CLOSED, note=outcome)


def _begin(handling: Handling, *, reopened: bool) -> None:
    ticket, now = handling.ticket, handling.now
    ticket.episode += 1
    ticket.reopened = reopened
    ticket.open_since, ticket.paused, ticket.paused_since = now, 0, None
    ticket.rounds = ticket.stalled = ticket.repeats = ticket.human_replies = 0
    ticket.ai_asked = False
    ticket.questions, ticket.moods = (), calm(ticket.moods)
    ticket.tier, ticket.reasons, ticket.route = 0, (), None
    ticket.escalated_at = ticket.human_replied_at = None
    ticket.outcome = ticket.resolution_path = ticket.verdict = None
    ticket.csat = ()
    ticket.quiet_due = now + handling.policy.retention.silence


def forget(handling: Handling) -> None:
    """A closed ticket first loses its transcript and what was taken from it, then all."""
    ticket, retention = handling.ticket, handling.policy.retention
    closed_at = ticket.closed_at or handling.now
    if handling.now >= closed_at + retention.stub:
        handling.dropped = True
    else:
        forget_text(ticket)
        ticket.forget_due = closed_at + retention.stub


def forget_text(ticket: Ticket) -> None:
    """Nothing that a customer has written stays."""
    ticket.transcript_from = ticket.transcript_to
    ticket.given, ticket.questions, ticket.moods, ticket.context = (), (), (), ()
    ticket.attempts, ticket.csat = (), ()
    ticket.issue_message_id = None


def erase(handling: Handling) -> None:
    """Keep a marker without text that refuses what comes later."""
    ticket = handling.ticket
    if ticket.owner is not Owner.CLOSED:
        close(handling, "erased")
    forget_text(ticket)
    ticket.requester_id = ticket.account_id = None
    ticket.erased = True
