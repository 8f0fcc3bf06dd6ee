"""How an episode of a ticket ends, and how the next one begins."""

from typing import Final

from msgspec.structs import replace

from schemas.records import ActivityKind, Csat, EscalationChange, ReviewState, Role, SlaEventKind
from streams.core.tickets import cases, clocks
from streams.core.tickets.carried import erase_elsewhere
from streams.core.tickets.handling import Handling
from streams.core.tickets.observe import calm
from streams.core.tickets.outcomes import write_outcome
from streams.core.tickets.reports import write_activity, write_erased_reports
from streams.core.tickets.reviews import end_review
from streams.core.tickets.state import Owner, Ticket
from streams.core.tickets.waits import stop_waiting

_RESOLVED: Final = ("resolved", "confirmed", "assumed")


def close(handling: Handling, outcome: str, path: str | None = None) -> None:
    """The ticket is done: resolved, merged away, erased, or silent for long."""
    ticket = handling.ticket
    _end(handling, outcome, path)
    ticket.owner = Owner.CLOSED
    ticket.closed_at = handling.now
    stop_waiting(handling)
    ticket.forget_due = handling.now + handling.policy.retention.transcript
    ticket.moods = calm(ticket.moods)
    write_outcome(handling)
    write_activity(handling, ended_as(ticket), str(ticket.episode))


def ended_as(ticket: Ticket) -> ActivityKind:
    """What the history of an account says of a ticket that is closed."""
    return ActivityKind.RESOLVED if ticket.outcome in _RESOLVED else ActivityKind.CLOSED


def quiet_outcome(ticket: Ticket) -> str:
    """What a long silence means: the customer said thanks, never came back, or needs no more."""
    if ticket.last_word is Role.CUSTOMER and ticket.paused_since is None:
        return "confirmed"
    left = ticket.paused_since is not None and not ticket.ai_asked
    return "abandoned" if left or not ticket.rounds else "assumed"


def hand_back(handling: Handling) -> None:
    """The person gives the ticket back to the AI, and has seen what was said: it calls nobody again
    when more is known of the account.
    """
    ticket = handling.ticket
    _end(handling, "handed_back", None)
    write_outcome(handling)
    ticket.owner = Owner.AI
    ticket.hand_backs += 1
    ticket.heard, ticket.ruled = (), ()
    _begin(handling, reopened=False)


def reopen(handling: Handling) -> None:
    """A closed ticket goes on with the AI, until it is assessed. What was resolved for long is
    not reopened: it is another matter.
    """
    ticket = handling.ticket
    recent = _is_recent(handling)
    ticket.owner = Owner.AI
    ticket.closed_at = ticket.forget_due = None
    _begin(handling, reopened=recent)
    write_activity(handling, ActivityKind.REOPENED, str(ticket.episode))


def belongs_to_people(handling: Handling) -> bool:
    """Whether a closed ticket goes on with a person: one ended it, and gave it to the AI neither
    then nor by so long a silence that it is another matter; or it may not be given back any more.
    """
    ticket, most = handling.ticket, handling.policy.escalations.max_hand_backs
    if ticket.escalated_at is None:
        return False
    return _is_recent(handling) or ticket.hand_backs >= most


def _is_recent(handling: Handling) -> bool:
    closed_at = handling.ticket.closed_at or 0
    return handling.now < closed_at + handling.policy.retention.durable


def _end(handling: Handling, outcome: str, path: str | None) -> None:
    ticket = handling.ticket
    ticket.outcome, ticket.resolution_path = outcome, path
    end_review(handling, ReviewState.SUPERSEDED)
    done = SlaEventKind.MET if outcome in _RESOLVED else SlaEventKind.CANCELLED
    clocks.stop_all(handling, done)
    if ticket.case is not None:
        cases.change(handling, ticket.case, EscalationChange.CLOSED, note=outcome)


def _begin(handling: Handling, *, reopened: bool) -> None:
    ticket, now = handling.ticket, handling.now
    ticket.episode += 1
    ticket.merged_into = None
    ticket.reopened = reopened
    ticket.open_since, ticket.paused, ticket.paused_since = now, 0, None
    ticket.rounds = ticket.stalled = ticket.repeats = ticket.human_replies = 0
    ticket.ai_asked = False
    ticket.questions, ticket.moods = (), calm(ticket.moods)
    ticket.variables, ticket.linked = (), 0
    ticket.earlier_route = ticket.route or ticket.earlier_route
    ticket.tier, ticket.reasons, ticket.route = 0, (), None
    ticket.allowed_draft = ticket.cleared_message_id = ticket.instructions = None
    ticket.violations = ticket.reviews = 0
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


def forget_at_once(handling: Handling) -> None:
    """A closed ticket goes as a whole, but for the marker of one that was erased."""
    ticket, now = handling.ticket, handling.now
    until = (ticket.closed_at or now) + handling.policy.retention.stub
    handling.dropped = not ticket.erased or now >= until
    ticket.forget_due = until


def keep_words_for_a_while(handling: Handling) -> None:
    """What is still said of a closed ticket, thanks or a note, goes as soon as what was said before
    its end did.
    """
    ticket = handling.ticket
    if ticket.forget_due is not None and not ticket.erased:
        until = handling.now + handling.policy.retention.transcript
        ticket.forget_due = min(ticket.forget_due, until)


def forget_text(ticket: Ticket) -> None:
    """Nothing that a customer has written stays."""
    ticket.transcript_from = ticket.transcript_to
    ticket.given, ticket.questions, ticket.moods, ticket.context = (), (), (), ()
    ticket.attempts, ticket.csat = (), tuple(_without_comment(one) for one in ticket.csat)
    ticket.heard, ticket.ruled, ticket.variables = (), (), ()
    ticket.complexity = ticket.linked = 0
    ticket.issue_message_id = ticket.instructions = None
    # Its title may be what this customer has quoted.
    ticket.anomaly = None
    if (outcome := ticket.last_outcome) is not None:
        scores = tuple(_without_comment(one) for one in outcome.csat)
        ticket.last_outcome = replace(outcome, csat=scores)


def _without_comment(score: Csat) -> Csat:
    return replace(score, comment=None)


def erase(handling: Handling) -> None:
    """Keep a marker without text that refuses what comes later."""
    ticket = handling.ticket
    write_activity(handling, ActivityKind.ERASED, "1")
    write_erased_reports(handling)
    erase_elsewhere(handling)
    forget_text(ticket)
    ticket.requester_id = ticket.account_id = None
    if ticket.owner is not Owner.CLOSED:
        close(handling, "erased")
    else:
        ticket.outcome = "erased"
        write_outcome(handling)
    ticket.last_outcome = None
    ticket.erased = True
