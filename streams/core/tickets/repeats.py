"""An event whose id came before, but which says something else now."""

from schemas.records import Action, Cause, ConversationMessage, TicketUpdate
from streams.core.tickets.assess import assess_message
from streams.core.tickets.decisions import write_decision
from streams.core.tickets.episodes import reopen
from streams.core.tickets.handling import Handling, Subject
from streams.core.tickets.heard_rules import hear_rules
from streams.core.tickets.lines import write_down
from streams.core.tickets.merge import on_customer_of_closed
from streams.core.tickets.messages import is_customer_turn, is_draft, on_draft, subject_of
from streams.core.tickets.settle import NOTHING, settle
from streams.core.tickets.state import Owner


def on_changed(handling: Handling, event: ConversationMessage | TicketUpdate) -> None:
    """Nothing is counted twice, and nothing is lost: a decision says `changed_duplicate`.

    A customer's other words are kept and weighed, and may make the decision stricter. A draft's
    other words are another draft. Of all else what came first stays in force.
    """
    if handling.ticket.erased or isinstance(event, TicketUpdate):
        _note(handling, event)
    elif is_draft(event):
        on_draft(handling, event)
    elif is_customer_turn(event):
        _weigh(handling, event)
    else:
        write_down(handling, event)
        _note(handling, event)


def _weigh(handling: Handling, message: ConversationMessage) -> None:
    ticket = handling.ticket
    if ticket.merged_into is not None:
        on_customer_of_closed(handling, message)
        return
    write_down(handling, message)
    of_last = ticket.ruled
    hear_rules(handling, message)
    found = assess_message(handling, handling.terms())
    if message.message_id != ticket.customer_message_id:
        ticket.ruled = of_last
    if found.tier == 0:
        _note(handling, message)
        return
    if ticket.owner is Owner.CLOSED:
        reopen(handling)
    settle(handling, Subject(Cause.UPDATE, message.message_id, message.message_id), found)


def _note(handling: Handling, event: ConversationMessage | TicketUpdate) -> None:
    name = event.update_id if isinstance(event, TicketUpdate) else event.message_id
    subject = Subject(Cause.UPDATE, name, handling.ticket.customer_message_id)
    if isinstance(event, ConversationMessage) and is_draft(event):
        subject = subject_of(event)
    write_decision(handling, subject, NOTHING, Action.NONE, handling.ticket.tier)
