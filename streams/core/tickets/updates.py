"""What each kind of update does to a ticket, where it fits."""

from msgspec.structs import replace

from schemas.records import (
    Action,
    Cause,
    ContextSection,
    ConversationMessage,
    DraftOutcome,
    EscalationChange,
    ReviewState,
    Role,
    TicketUpdate,
)
from streams.core.calendars import DAY
from streams.core.reasons import Code
from streams.core.tickets import cases, clocks, moves
from streams.core.tickets.assess import Found, assess
from streams.core.tickets.carried import pass_on, refuse_words
from streams.core.tickets.decisions import write_decision
from streams.core.tickets.episodes import belongs_to_people, close, erase, reopen
from streams.core.tickets.handling import Handling, Subject
from streams.core.tickets.messages import (
    is_customer_turn,
    is_draft,
    on_human_reply,
    returned,
    subject_of,
)
from streams.core.tickets.observe import count_repeats_anew, says_thanks, signals_heard
from streams.core.tickets.outcomes import amend_outcome
from streams.core.tickets.reviews import end_review
from streams.core.tickets.settle import NOTHING, settle
from streams.core.tickets.state import KNOWN_CONTEXT, KNOWN_SCORES, Owner, Ticket
from streams.core.tickets.triggers import ON_ACCOUNT, ON_WAITING, group
from streams.core.tickets.waits import await_answer, hasten_answer, stop_waiting

_ON_GATE = group(Code.GATE_TIMEOUT)
_ON_REJECTED = group(Code.REVIEW_REJECTED)
_ON_EXPIRED = group(Code.REVIEW_UNANSWERED)


def about(handling: Handling, update: TicketUpdate) -> Subject:
    """What a decision on this update answers."""
    message_id = update.message_id or handling.ticket.customer_message_id
    return Subject(Cause.UPDATE, update.update_id, message_id)


def moot(handling: Handling, update: TicketUpdate) -> None:
    """It does not fit the ticket as it stands: nothing changes, and a decision `none` says so."""
    write_decision(handling, about(handling, update), NOTHING, Action.NONE, handling.ticket.tier)


def refuse(handling: Handling, event: ConversationMessage | TicketUpdate) -> None:
    """An erased ticket keeps nothing of what comes later; a decision `none` says that it came. That
    another one is erased, too, is heard by those that it was merged into; one that is merged into
    this one hears that it is erased.
    """
    if isinstance(event, TicketUpdate):
        moot(handling, event)
        if event.merged is not None and event.merged.erased:
            pass_on(handling, event)
        elif event.merged is not None:
            refuse_words(handling, event.merged)
    elif is_customer_turn(event) or is_draft(event):
        write_decision(handling, subject_of(event), NOTHING, Action.NONE, 0)
    else:
        subject = Subject(Cause.UPDATE, event.message_id)
        write_decision(handling, subject, NOTHING, Action.NONE, 0)


def on_opened(handling: Handling, update: TicketUpdate) -> None:
    """How the customer writes is known before their first message."""
    handling.ticket.channel = update.channel or handling.ticket.channel


def on_account(handling: Handling, update: TicketUpdate) -> None:
    """Decide again with what is now known; a review needs a customer message that waits. The time
    that the AI has may be less than before.
    """
    subject, ticket = about(handling, update), handling.ticket
    _tell_of_flood(handling, update)
    handling.signals = signals_heard(ticket)
    count_repeats_anew(handling)
    waits = ticket.last_word is Role.CUSTOMER
    asks = waits and not says_thanks(handling.signals)
    found = assess(handling, ON_ACCOUNT + ON_WAITING if asks else ON_ACCOUNT)
    if ticket.owner is Owner.HUMAN:
        _on_account_of_person(handling, subject, found)
    elif found.tier <= ticket.tier or (found.tier == 1 and not waits):
        write_decision(handling, subject, found, Action.NONE, ticket.tier)
    else:
        settle(handling, subject, found)
    hasten_answer(handling)


def _on_account_of_person(handling: Handling, subject: Subject, found: Found) -> None:
    ticket, pages = handling.ticket, False
    if found.codes() - {reason.code for reason in ticket.reasons}:
        settle(handling, subject, found)
    else:
        pages = moves.pages_for_account(handling)
        write_decision(handling, subject, found, Action.NONE, ticket.tier)
    moves.follow_account(handling, pages=pages)


FLOOD = "flood"
"""The source of the section of context that says a ticket is one of many of its requester."""


def _tell_of_flood(handling: Handling, update: TicketUpdate) -> None:
    """Who gets the ticket sees that it is one of a burst, and which; once it is over, no more."""
    ticket, flood = handling.ticket, None if update.account is None else update.account.flood
    others = tuple(one for one in ticket.context if one.source != FLOOD)
    if flood is None:
        if update.account is not None:
            ticket.context = others
        return
    fields = {"requester": flood.requester_id, "tickets": str(flood.tickets)}
    section = ContextSection(FLOOD, flood.since, "One of many tickets of this requester", fields)
    ticket.context = (*others[1 - KNOWN_CONTEXT :], section)
    if ticket.case is not None:
        cases.change(handling, ticket.case, EscalationChange.CONTEXT, context=(section,))


def on_pending(handling: Handling, _update: TicketUpdate) -> None:
    """The customer's turn: without a word from them the ticket resolves softly."""
    _pause(handling)
    handling.ticket.ai_asked = False
    handling.ticket.quiet_due = handling.now + handling.policy.retention.silence


def on_pending_of_person(handling: Handling, update: TicketUpdate) -> None:
    """The person waits for the customer: the time to the end stands still until they write."""
    if not clocks.pause_resolution(handling):
        moot(handling, update)


def on_hold(handling: Handling, update: TicketUpdate) -> None:
    """Somebody else's turn: once the hold has ended, at the latest after a day, the AI owes an
    answer.
    """
    _pause(handling)
    until = handling.now + handling.policy.retention.silence
    if update.until is not None:
        until = max(handling.now + 1, update.until)
    handling.ticket.answer_due = until


def _pause(handling: Handling) -> None:
    if handling.ticket.paused_since is None:
        handling.ticket.paused_since = handling.now
    stop_waiting(handling)


def on_gate_timeout(handling: Handling, update: TicketUpdate) -> None:
    """The platform waited in vain for a decision: a person takes over."""
    settle(handling, about(handling, update), assess(handling, _ON_GATE))


def on_human_replied(handling: Handling, update: TicketUpdate) -> None:
    """As a person's message: the clock is met; unasked, it is a takeover."""
    on_human_reply(handling, about(handling, update), update.actor_id)


def on_draft_reviewed(handling: Handling, update: TicketUpdate) -> None:
    """A person's word on the draft that waits: it goes out, or a person takes over. A word on
    another draft, which a newer one or a newer message has superseded, changes nothing.
    """
    ticket, review, word = handling.ticket, handling.ticket.review, update.draft
    if review is None or word is None or word.draft_id != review.draft_id:
        moot(handling, update)
        return
    subject = Subject(Cause.UPDATE, update.update_id, review.message_id)
    if word.outcome is DraftOutcome.REJECTED:
        settle(handling, subject, assess(handling, _ON_REJECTED))
    elif word.outcome is DraftOutcome.EXPIRED:
        settle(handling, subject, assess(handling, _ON_EXPIRED))
    else:
        write_decision(handling, subject, NOTHING, Action.REPLY, 1, route=review.route)
        ticket.owner = Owner.AI
        ticket.allowed_draft, ticket.cleared_message_id = word.draft_id, review.message_id
        end_review(handling, ReviewState.ANSWERED)
        await_answer(handling, handling.terms())


def on_verdict(handling: Handling, update: TicketUpdate) -> None:
    """It joins the escalation it names, else the one that is open, else the last that ended. One
    on an escalation whose outcome is no longer known joins none.
    """
    ticket, last, verdict = handling.ticket, handling.ticket.last_outcome, update.verdict
    if verdict is None:
        moot(handling, update)
        return
    named = last is not None and update.escalation_id in (None, last.escalation_id)
    if named and (ticket.case is None or update.escalation_id is not None):
        amend_outcome(handling, verdict, None)
    elif _is_of_earlier(ticket, update.escalation_id):
        moot(handling, update)
    else:
        ticket.verdict = verdict


def _is_of_earlier(ticket: Ticket, escalation_id: str | None) -> bool:
    """Whether an escalation is that of another episode of the ticket than the one that runs."""
    own = ticket.escalation_id(ticket.episode)
    return (
        escalation_id is not None
        and escalation_id != own
        and escalation_id.startswith(own.removesuffix(str(ticket.episode)))
    )


def on_csat(handling: Handling, update: TicketUpdate) -> None:
    """It joins the episode that runs, or the one that ended last where none does."""
    ticket, score = handling.ticket, update.csat
    if score is None:
        moot(handling, update)
    elif ticket.owner is Owner.CLOSED:
        amend_outcome(handling, None, score)
    else:
        ticket.csat = (*ticket.csat[1 - KNOWN_SCORES :], score)


def on_context(handling: Handling, update: TicketUpdate) -> None:
    """A section from another system; the newest of each source is kept, and told to the desk. One
    that is dated more than a day ahead is of now, or it would stay for good.
    """
    ticket, section = handling.ticket, update.context
    known = {one.source: one.as_of for one in ticket.context}
    if section is None or section.as_of < known.get(section.source, section.as_of):
        moot(handling, update)
        return
    if section.as_of > handling.now + DAY:
        section = replace(section, as_of=handling.now)
    others = tuple(one for one in ticket.context if one.source != section.source)
    ticket.context = (*others[1 - KNOWN_CONTEXT :], section)
    if ticket.case is not None:
        cases.change(handling, ticket.case, EscalationChange.CONTEXT, context=(section,))


def on_resolved(handling: Handling, update: TicketUpdate) -> None:
    """The ticket is done: clocks end, the outcome is told."""
    close(handling, "resolved", update.resolution_path)


def on_reopened(handling: Handling, update: TicketUpdate) -> None:
    """It goes on with whom it was: a person who had resolved it within a week, or else the AI."""
    ticket, subject = handling.ticket, about(handling, update)
    for_people = belongs_to_people(handling)
    reopen(handling)
    settle(handling, subject, returned(handling, NOTHING) if for_people else NOTHING)
    if ticket.owner is Owner.AI and ticket.last_word is Role.CUSTOMER:
        await_answer(handling, handling.terms())


def on_erased(handling: Handling, update: TicketUpdate) -> None:
    """Nothing that anybody wrote stays; a marker without text refuses what comes later."""
    erase(handling)
    write_decision(handling, Subject(Cause.UPDATE, update.update_id), NOTHING, Action.NONE, 0)
