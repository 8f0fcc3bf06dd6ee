"""A ticket's state without what the policy wants nobody to keep."""

from msgspec.structs import replace

from schemas.records import ConversationMessage
from streams.core.handoff.redact import Redactor
from streams.core.tickets.parts import Given
from streams.core.tickets.state import Ticket


def as_stored(ticket: Ticket, redactor: Redactor, message: ConversationMessage | None) -> Ticket:
    """The ticket as it is kept after an event: facts stay, what is personal goes.

    What was given in the message is hidden as its line is: a number alone does not say that it is a
    phone's. The redactor has no key, so that what it hides keeps its length.
    """
    if message is not None:
        text = message.translated_text or message.text
        hidden = redactor.text(text)
        given = tuple(
            _hidden(one, text, hidden) if one.message_id == message.message_id else one
            for one in ticket.given
        )
        ticket = replace(ticket, given=given)
    return redactor.record(ticket)


def _hidden(item: Given, text: str, hidden: str) -> Given:
    said, left = text[item.start : item.end], hidden[item.start : item.end]
    return item if said == left else replace(item, value=left)
