"""What each kind of update does to a ticket."""

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from schemas.records import (
    Action,
    Cause,
    DraftOutcome,
    EscalationChange,
    Role,
    TicketUpdate,
    UpdateKind,
)
from streams.core.reasons import Code
from streams.core.tickets import cases
from streams.core.tickets.assess import assess
from streams.core.tickets.episodes import close, erase, hand_back, reopen
from streams.core.tickets.handling import Handling, Subject
from streams.core.tickets.lifecycle import Turn, next_owner
from streams.core.tickets.messages import on_human_reply, take_over
from streams.core.tickets.outputs import write_decision, write_outcome
from streams.core.tickets.settle import NOTHING, settle
from streams.core.tickets.state import KNOWN_CONTEXT, Owner
from streams.core.tickets.triggers import group

_ON_ACCOUNT = group(Code.HIGH_STAKES_ACCOUNT)
_ON_GATE = group(Code.GATE_TIMEOUT)
_ON_REJECTED = group(Code.REVIEW_REJECTED)
_ON_EXPIRED = group(Code.REVIEW_UNANSWERED)


def on_update(handling: Handling, update: TicketUpdate) -> None:
    """Handle an update; one that does not fit the ticket's state changes nothing."""
    handler = HANDLERS.get(update.kind)
    if handler is not None and not handling.ticket.erased:
        handler(handling, update)


def _subject(handling: Handling, update: TicketUpdate) -> Subject:
    about = update.message_id or handling.ticket.customer_message_id
    return Subject(Cause.UPDATE, update.update_id, about)


def _account(handling: Handling, update: TicketUpdate) -> None:
    """Decide again with what is now known; a review needs a customer message that waits."""
    subject = _subject(handling, update)
    found = assess(handling, _ON_ACCOUNT)
    ticket = handling.ticket
    waits = ticket.last_word is Role.CUSTOMER and not handling.thanked
    if ticket.case is not None:
        cases.change(handling, ticket.case, EscalationChange.PACKAGE)
    if ticket.owner is Owner.HUMAN or found.tier <= ticket.tier or (found.tier == 1 and not waits):
        write_decision(handling, subject, found, Action.NONE, ticket.tier)
    else:
        settle(handling, subject, found)


def _identified(handling: Handling, update: TicketUpdate) -> None:
    handling.ticket.account_id = update.account_id or handling.ticket.account_id
    handling.ticket.requester_id = update.requester_id or handling.ticket.requester_id
    _account(handling, update)


def _pending(handling: Handling, _update: TicketUpdate) -> None:
    """The customer's turn: without a word from them the ticket resolves softly."""
    if _pause(handling):
        handling.ticket.quiet_due = handling.now + handling.policy.retention.silence


def _on_hold(handling: Handling, update: TicketUpdate) -> None:
    """Somebody else's turn: once the hold has ended the AI owes an answer."""
    if _pause(handling) and update.until is not None:
        handling.ticket.answer_due = max(handling.now + 1, update.until)


def _pause(handling: Handling) -> bool:
    ticket = handling.ticket
    if ticket.owner is not Owner.AI:
        return False
    if ticket.paused_since is None:
        ticket.paused_since = handling.now
    ticket.answer_due = ticket.open_due = ticket.quiet_due = None
    return True


def _assigned(handling: Handling, update: TicketUpdate) -> None:
    """The platform's own word on who has the ticket; nobody means that it is free again."""
    person, case = update.actor_id, handling.ticket.case
    if case is None:
        if person is not None:
            take_over(handling, _subject(handling, update), person)
    elif person != case.owner_id:
        kind = EscalationChange.REOPENED if person is None else EscalationChange.ACCEPTED
        cases.change(handling, replace(case, owner_id=person), kind, note=update.reason)


def _accepted(handling: Handling, update: TicketUpdate) -> None:
    """The first who accepts what lies on this route has it; others are refused."""
    case, person = handling.ticket.case, update.actor_id
    if case is None or (person is not None and person == case.owner_id):
        return
    outdated = update.revision is not None and update.revision < case.placed
    if case.owner_id is not None or outdated or person is None:
        cases.refuse(handling, case, update.update_id)
    else:
        cases.change(handling, replace(case, owner_id=person), EscalationChange.ACCEPTED)


def _declined(handling: Handling, update: TicketUpdate) -> None:
    case = handling.ticket.case
    if case is None:
        return
    if update.route is not None:
        cases.move(handling, case, update.route, update.reason)
    else:
        free = replace(case, owner_id=None)
        cases.change(handling, free, EscalationChange.DECLINED, note=update.reason)


def _transferred(handling: Handling, update: TicketUpdate) -> None:
    if handling.ticket.case is not None:
        cases.move(handling, handling.ticket.case, update.route, update.reason)


def _gate_timeout(handling: Handling, update: TicketUpdate) -> None:
    if handling.ticket.owner in (Owner.AI, Owner.REVIEW):
        settle(handling, _subject(handling, update), assess(handling, _ON_GATE))


def _human_replied(handling: Handling, update: TicketUpdate) -> None:
    on_human_reply(handling, _subject(handling, update), update.actor_id)


def _draft_reviewed(handling: Handling, update: TicketUpdate) -> None:
    """Only the draft that waits now can be judged; an older one was superseded."""
    ticket, review, word = handling.ticket, handling.ticket.review, update.draft
    if review is None or word is None or word.draft_id != review.draft_id:
        return
    subject = Subject(Cause.UPDATE, update.update_id, review.message_id)
    if word.outcome in (DraftOutcome.APPROVED, DraftOutcome.EDITED):
        write_decision(handling, subject, NOTHING, Action.REPLY, 1, route=review.route)
        ticket.owner, ticket.review = next_owner(ticket.owner, Turn.CLEARED), None
        after = handling.rules.ai_no_answer.after.of(ticket.channel)
        ticket.answer_due = handling.now + after
    elif word.outcome is DraftOutcome.REJECTED:
        settle(handling, subject, assess(handling, _ON_REJECTED))
    else:
        settle(handling, subject, assess(handling, _ON_EXPIRED))


def _handed_back(handling: Handling, update: TicketUpdate) -> None:
    """Back to the AI, which may answer the customer who waits; past the limit it is refused."""
    ticket, subject = handling.ticket, _subject(handling, update)
    if ticket.owner is not Owner.HUMAN:
        return
    if ticket.hand_backs >= handling.policy.escalations.max_hand_backs:
        write_decision(handling, subject, NOTHING, Action.SILENT, 2, route=ticket.route)
        return
    hand_back(handling)
    write_decision(handling, subject, NOTHING, Action.REPLY, 0)
    if ticket.last_word is Role.CUSTOMER:
        after = handling.rules.ai_no_answer.after.of(ticket.channel)
        ticket.answer_due, ticket.quiet_due = handling.now + after, None


def _verdict(handling: Handling, update: TicketUpdate) -> None:
    handling.ticket.verdict = update.verdict or handling.ticket.verdict
    _outcome_again(handling)


def _csat(handling: Handling, update: TicketUpdate) -> None:
    if update.csat is not None:
        handling.ticket.csat = (*handling.ticket.csat[-3:], update.csat)
        _outcome_again(handling)


def _outcome_again(handling: Handling) -> None:
    if handling.ticket.owner is Owner.CLOSED:
        write_outcome(handling)


def _resolved(handling: Handling, update: TicketUpdate) -> None:
    if handling.ticket.owner is not Owner.CLOSED:
        close(handling, "resolved", update.resolution_path)


def _merged_into(handling: Handling, update: TicketUpdate) -> None:
    if handling.ticket.owner is not Owner.CLOSED:
        close(handling, "merged", update.other_ticket_id)


def _reopened(handling: Handling, _update: TicketUpdate) -> None:
    if handling.ticket.owner is Owner.CLOSED:
        reopen(handling)


def _context(handling: Handling, update: TicketUpdate) -> None:
    """A section from another system; the newest of each source is kept."""
    ticket, section = handling.ticket, update.context
    if section is None:
        return
    others = tuple(one for one in ticket.context if one.source != section.source)
    ticket.context = (*others[1 - KNOWN_CONTEXT :], section)
    if ticket.case is not None:
        cases.change(handling, ticket.case, EscalationChange.CONTEXT, context=(section,))


def _erased(handling: Handling, _update: TicketUpdate) -> None:
    erase(handling)


HANDLERS: Final[dict[UpdateKind, Callable[[Handling, TicketUpdate], None]]] = {
    UpdateKind.IDENTIFIED: _identified,
    UpdateKind.ACCOUNT_CHANGED: _account,
    UpdateKind.PENDING_ON_CUSTOMER: _pending,
    UpdateKind.ON_HOLD: _on_hold,
    UpdateKind.ASSIGNED: _assigned,
    UpdateKind.ACCEPTED: _accepted,
    UpdateKind.DECLINED: _declined,
    UpdateKind.TRANSFERRED: _transferred,
    UpdateKind.GATE_TIMEOUT: _gate_timeout,
    UpdateKind.HUMAN_REPLIED: _human_replied,
    UpdateKind.DRAFT_REVIEWED: _draft_reviewed,
    UpdateKind.HANDED_BACK: _handed_back,
    UpdateKind.VERDICT: _verdict,
    UpdateKind.CSAT: _csat,
    UpdateKind.CONTEXT: _context,
    UpdateKind.RESOLVED: _resolved,
    UpdateKind.REOPENED: _reopened,
    UpdateKind.MERGED_INTO: _merged_into,
    UpdateKind.ERASED: _erased,
}
