"""What each kind of message does to a ticket."""

from typing import Final

from schemas.records import (
    Action,
    ActivityKind,
    Cause,
    ConversationMessage,
    EscalationChange,
    EscalationUpdate,
    MessageStatus,
    Role,
    SlaEventKind,
    Visibility,
)
from streams.core.reasons import Code
from streams.core.routing import route_named
from streams.core.tickets import cases, clocks
from streams.core.tickets.assess import Found, assess, assess_message
from streams.core.tickets.decisions import write_decision
from streams.core.tickets.episodes import belongs_to_people, reopen
from streams.core.tickets.gate import is_against_decision
from streams.core.tickets.handling import Event, Handling, Subject
from streams.core.tickets.heard_rules import hear_rules
from streams.core.tickets.lines import write_down
from streams.core.tickets.observe import hear_ai, hear_customer
from streams.core.tickets.reports import write_activity, write_message, write_problem_report
from streams.core.tickets.settle import NOTHING, hand_over, settle, settle_fired
from streams.core.tickets.state import Owner
from streams.core.tickets.triggers import ON_DRAFT, group
from streams.core.tickets.waits import await_answer

_ON_TAKEOVER = group(Code.HUMAN_TAKEOVER)
_ON_AI_SENT = group(Code.AI_GAVE_UP)
_ON_RETURN = group(Code.REOPENED)
# A member looked up in its enum costs as much as a call.
_AI: Final = Role.AI
_PUBLIC: Final = Visibility.PUBLIC
_DRAFT: Final = MessageStatus.DRAFT
_MESSAGE: Final = Cause.MESSAGE
_OF_CLOSED: Final = Owner.CLOSED
_OF_HUMAN: Final = Owner.HUMAN
_OF_AI: Final = Owner.AI
_OF_REVIEW: Final = Owner.REVIEW


def is_customer_turn(event: Event) -> bool:
    """Whether the event is a public customer message: analysed, and answered by a decision."""
    return speaks_as(event, Role.CUSTOMER)


def is_draft(event: Event) -> bool:
    """Whether the event is an answer that the AI would like to send."""
    return (
        isinstance(event, ConversationMessage)
        and event.status is _DRAFT
        and event.role is _AI
        and is_spoken(event.visibility, automated=event.automated)
    )


def speaks_as(event: Event, role: Role) -> bool:
    """Whether the event is a public message of somebody in that role, not of a machine."""
    return (
        isinstance(event, ConversationMessage)
        and event.role is role
        and is_spoken(event.visibility, automated=event.automated)
    )


def is_spoken(visibility: Visibility, *, automated: bool) -> bool:
    """Whether a message is public and not of a machine."""
    return visibility is _PUBLIC and not automated


def subject_of(event: ConversationMessage) -> Subject:
    """What a decision on this message answers."""
    if is_customer_turn(event):
        return Subject(Cause.MESSAGE, event.message_id, event.message_id)
    if is_draft(event):
        return Subject(Cause.DRAFT, event.draft_id or event.message_id, event.in_reply_to)
    return Subject(Cause.UPDATE, event.message_id, event.in_reply_to)


def on_customer(handling: Handling, message: ConversationMessage) -> None:
    """A customer's message is weighed and answered by a decision."""
    ticket = handling.ticket
    ticket.channel, ticket.language = message.channel, message.language or ticket.language
    write_down(handling, message)
    goes_on = ticket.owner is not _OF_CLOSED
    for_people = not goes_on and belongs_to_people(handling)
    if not goes_on and not handling.thanked:
        reopen(handling)
    hear_customer(handling, message)
    hear_rules(handling, message)
    ticket.anomaly = handling.incidents(ticket, message, handling.signals)
    terms = handling.terms()
    found = assess_message(handling, terms)
    if ticket.owner is _OF_CLOSED and found.reasons:
        reopen(handling)
    if for_people and ticket.owner is not _OF_CLOSED:
        found = returned(handling, found)
    settle(handling, Subject(_MESSAGE, message.message_id, message.message_id), found)
    if ticket.owner is _OF_HUMAN:
        _await_person(handling)
    elif ticket.owner is _OF_AI:
        await_answer(handling, terms)
    if (problem := handling.signals.fingerprint) is not None:
        write_problem_report(handling, message, problem)
    write_message(handling, message)


def _await_person(handling: Handling) -> None:
    """The desk hears what the customer says: in the package, or in an update after it."""
    ticket = handling.ticket
    clocks.resume_resolution(handling)
    if ticket.case is None:
        return
    if ticket.clock is None:
        clocks.start_response(handling, route_named(handling.policy, ticket.case.route))
        cases.change(handling, ticket.case, EscalationChange.CLOCK)
    elif handling.handoff is None and not _is_told(handling):
        cases.change(handling, ticket.case, EscalationChange.MESSAGE)


def _is_told(handling: Handling) -> bool:
    """Whether an update of this step has the message already."""
    outputs = handling.outputs
    return any(isinstance(one, EscalationUpdate) and one.messages for one in outputs)


def returned(handling: Handling, found: Found) -> Found:
    """What was found, and that the ticket came back to people."""
    return found.joined(assess(handling, _ON_RETURN).reasons)


def on_draft(handling: Handling, message: ConversationMessage) -> None:
    """A draft is judged; it is void when the customer has written since, when it answers a message
    that never came, or a person has it.

    Where a review let another draft out, this one has to pass a review, too.
    """
    ticket = handling.ticket
    subject = subject_of(message)
    asked, waiting = message.in_reply_to, ticket.customer_message_id
    if ticket.owner is _OF_HUMAN:
        settle(handling, subject, NOTHING)
    elif asked is not None and asked != waiting:
        write_decision(handling, subject, NOTHING, Action.NONE, 0)
    else:
        subject = Subject(subject.cause, subject.id, asked or waiting)
        found = assess(handling, ON_DRAFT)
        if subject.message_id is not None and subject.message_id == ticket.cleared_message_id:
            found = found.joined(tuple(one for one in ticket.reasons if one.tier == 1))
        settle(handling, subject, found)
    if ticket.owner is not _OF_AI:
        write_down(handling, message)


def on_ai(handling: Handling, message: ConversationMessage) -> None:
    """An answer the AI has sent is a round; against the decision it is counted as a violation. One
    that says it cannot help goes to a person, also while another draft is reviewed.
    """
    ticket = handling.ticket
    write_down(handling, message)
    if is_against_decision(handling, message):
        ticket.violations += 1
        ticket.contract_broken = True
    if hear_ai(handling, message):
        ticket.answer_due = ticket.open_due = None
        if ticket.owner is _OF_AI:
            ticket.quiet_due = handling.now + handling.policy.retention.silence
    if not message.gave_up:
        return
    if ticket.owner is _OF_AI:
        settle_fired(handling, subject_of(message), assess(handling, _ON_AI_SENT))
    elif ticket.owner is _OF_REVIEW and (found := assess(handling, _ON_AI_SENT)).tier == 2:
        settle(handling, subject_of(message), found)


def on_human(handling: Handling, message: ConversationMessage) -> None:
    """A person has answered; unasked, that is a takeover."""
    write_down(handling, message)
    if message.status is MessageStatus.SENT:
        on_human_reply(handling, subject_of(message), message.author_id)


def on_note(handling: Handling, message: ConversationMessage) -> None:
    """Kept in the transcript; counts for nothing."""
    write_down(handling, message)


def on_human_reply(handling: Handling, subject: Subject, person: str | None) -> None:
    """A person has answered the customer: the clock that runs is met."""
    ticket = handling.ticket
    if ticket.owner is _OF_CLOSED:
        return
    take_over(handling, subject, person)
    ticket.last_word, ticket.last_at = Role.HUMAN, handling.now
    ticket.human_replies += 1
    if ticket.human_replied_at is None:
        ticket.human_replied_at = handling.now
    if ticket.clock is not None:
        waited = handling.now - ticket.clock.started_at
        # Replies are counted anew in each episode.
        name = f"{ticket.episode}/{ticket.human_replies}"
        write_activity(handling, ActivityKind.ANSWERED, name, waited)
    clocks.stop_response(handling, SlaEventKind.MET)


def take_over(handling: Handling, subject: Subject, person: str | None) -> None:
    """A person has the ticket; when the AI had it, that is a decision: silence from now on."""
    if handling.ticket.owner in (Owner.AI, Owner.REVIEW):
        found = assess(handling, _ON_TAKEOVER)
        hand_over(handling, subject, found, action=Action.SILENT, owner_id=person)
