"""What each kind of message does to a ticket."""

from schemas.records import (
    Action,
    ActivityKind,
    Cause,
    ConversationMessage,
    MessageStatus,
    Role,
    SlaClock,
    SlaEventKind,
    Visibility,
)
from streams.core.reasons import Code
from streams.core.routing import route_named
from streams.core.tickets import cases
from streams.core.tickets.assess import assess
from streams.core.tickets.episodes import reopen
from streams.core.tickets.handling import Event, Handling, Subject
from streams.core.tickets.lifecycle import Turn, next_owner
from streams.core.tickets.observe import hear_ai, hear_confidence, hear_customer, write_down
from streams.core.tickets.outputs import write_activity, write_decision, write_problem_report
from streams.core.tickets.settle import NOTHING, hand_over, settle, settle_fired, stay_silent
from streams.core.tickets.state import Owner
from streams.core.tickets.triggers import ON_CUSTOMER_MESSAGE, ON_DRAFT, group

_ON_TAKEOVER = group(Code.HUMAN_TAKEOVER)
_ON_AI_SENT = group(Code.AI_GAVE_UP)


def is_customer_turn(event: Event) -> bool:
    """Whether the event is a public customer message: analysed, and answered by a decision."""
    return _speaks_as(event, Role.CUSTOMER)


def subject_of(event: ConversationMessage) -> Subject:
    """What a decision on this message answers."""
    if is_customer_turn(event):
        return Subject(Cause.MESSAGE, event.message_id, event.message_id)
    if _is_draft(event):
        return Subject(Cause.DRAFT, event.draft_id or event.message_id, event.in_reply_to)
    return Subject(Cause.UPDATE, event.message_id, event.in_reply_to)


def on_message(handling: Handling, message: ConversationMessage) -> None:
    """Customers are answered, drafts judged, sent answers and people's replies noted."""
    if handling.ticket.erased:
        if is_customer_turn(message) or _is_draft(message):
            write_decision(handling, subject_of(message), NOTHING, Action.NONE, 0)
    elif is_customer_turn(message):
        _on_customer(handling, message)
    elif _is_draft(message):
        _on_draft(handling, message)
    else:
        write_down(handling, message)
        if _speaks_as(message, Role.AI):
            _on_ai(handling, message)
        elif _speaks_as(message, Role.HUMAN) and message.status is MessageStatus.SENT:
            on_human_reply(handling, subject_of(message), message.author_id)


def _speaks_as(event: Event, role: Role) -> bool:
    return (
        isinstance(event, ConversationMessage)
        and event.role is role
        and event.visibility is Visibility.PUBLIC
        and not event.automated
    )


def _is_draft(event: Event) -> bool:
    return (
        isinstance(event, ConversationMessage)
        and event.status is MessageStatus.DRAFT
        and _speaks_as(event, Role.AI)
    )


def _on_customer(handling: Handling, message: ConversationMessage) -> None:
    ticket = handling.ticket
    ticket.channel, ticket.language = message.channel, message.language or ticket.language
    if ticket.owner is Owner.CLOSED and not handling.thanked:
        reopen(handling)
    write_down(handling, message)
    hear_customer(handling, message)
    found = assess(handling, ON_CUSTOMER_MESSAGE)
    if ticket.owner is Owner.CLOSED and found.reasons:
        reopen(handling)
    subject = Subject(Cause.MESSAGE, message.message_id, message.message_id)
    settle(handling, subject, found)
    if ticket.owner is Owner.HUMAN and ticket.clock is None and ticket.case is not None:
        route = route_named(handling.policy, ticket.case.route)
        cases.start_clock(handling, SlaClock.NEXT_RESPONSE, route)
    elif ticket.owner is Owner.AI:
        _await_answer(handling)
    write_problem_report(handling, message)
    write_activity(handling, ActivityKind.MESSAGE, message.message_id)


def _await_answer(handling: Handling) -> None:
    ticket, triggers = handling.ticket, handling.rules
    ticket.answer_due = ticket.open_due = ticket.quiet_due = None
    if handling.thanked:
        ticket.quiet_due = handling.now + handling.policy.retention.silence
        return
    if triggers.ai_no_answer.tier:
        ticket.answer_due = handling.now + triggers.ai_no_answer.after.of(ticket.channel)
    limit = handling.segment.open_time.of(ticket.channel)
    open_due = ticket.open_since + ticket.paused + limit
    if triggers.open_time.tier and open_due > handling.now:
        ticket.open_due = open_due


def _on_draft(handling: Handling, message: ConversationMessage) -> None:
    ticket = handling.ticket
    subject = subject_of(message)
    asked, waiting = message.in_reply_to, ticket.customer_message_id
    hear_confidence(ticket, message)
    if ticket.owner is Owner.HUMAN:
        settle(handling, subject, NOTHING)
    elif asked is not None and waiting is not None and asked != waiting:
        # The customer has written since: this draft is void, another will come.
        write_decision(handling, subject, NOTHING, Action.NONE, 0)
    else:
        subject = Subject(subject.cause, subject.id, asked or waiting)
        settle(handling, subject, assess(handling, ON_DRAFT))
    if ticket.owner is not Owner.AI:
        write_down(handling, message)


def _on_ai(handling: Handling, message: ConversationMessage) -> None:
    ticket = handling.ticket
    if ticket.owner in (Owner.HUMAN, Owner.REVIEW):
        ticket.ai_against_decision = True
    hear_ai(handling, message)
    ticket.answer_due = ticket.open_due = None
    if ticket.owner is not Owner.AI:
        return
    ticket.quiet_due = handling.now + handling.policy.retention.silence
    found = assess(handling, _ON_AI_SENT)
    settle_fired(handling, subject_of(message), found)


def on_human_reply(handling: Handling, subject: Subject, person: str | None) -> None:
    """A person has answered the customer; unasked, that is a takeover."""
    ticket = handling.ticket
    if ticket.owner is Owner.CLOSED:
        return
    take_over(handling, subject, person)
    ticket.last_word, ticket.last_at = Role.HUMAN, handling.now
    ticket.human_replies += 1
    if ticket.human_replied_at is None:
        ticket.human_replied_at = handling.now
    cases.stop_clock(handling, SlaEventKind.MET)


def take_over(handling: Handling, subject: Subject, person: str | None) -> None:
    """A person has the ticket; when the AI had it, that is a decision: silence from now on."""
    if handling.ticket.owner in (Owner.AI, Owner.REVIEW):
        found = assess(handling, _ON_TAKEOVER)
        if handling.enforced:
            hand_over(handling, subject, found, action=Action.SILENT, owner_id=person)
        else:
            handling.ticket.owner = next_owner(handling.ticket.owner, Turn.ESCALATED)
            stay_silent(handling, subject, found)
