"""The send gate: which words of the AI were sent against the decision in force."""

from typing import Final

from schemas.records import ConversationMessage
from streams.core.routing import route_named
from streams.core.tickets.handling import Handling
from streams.core.tickets.state import Owner

_REVIEW: Final = Owner.REVIEW
_HUMAN: Final = Owner.HUMAN


def is_against_decision(handling: Handling, message: ConversationMessage) -> bool:
    """Whether an answer the AI has sent broke the contract.

    While a person has the ticket or checks the draft, every answer does, unless it may still
    collect. Otherwise one does that answers an earlier customer message than the last, or that
    was a draft which no decision let out. What was sent before the customer's last message came
    is not held against the AI: it could not know.
    """
    ticket = handling.ticket
    if ticket.owner is _REVIEW:
        return True
    if ticket.owner is _HUMAN:
        return not fields_to_collect(handling)
    if message.sent_at < ticket.last_at:
        return False
    waiting, asked = ticket.customer_message_id, message.in_reply_to
    is_void = asked is not None and waiting is not None and asked != waiting
    return is_void or (message.draft_id is not None and message.draft_id != ticket.allowed_draft)


def fields_to_collect(handling: Handling) -> tuple[str, ...]:
    """What the AI may still ask for on a person's ticket: until somebody has taken it, what the
    route wants to know and the customer has not given.
    """
    ticket, case = handling.ticket, handling.ticket.case
    if case is None or case.owner_id is not None or ticket.human_replied_at is not None:
        return ()
    given = {item.kind for item in ticket.given}
    wanted = route_named(handling.policy, case.route).collect
    return tuple(field for field in wanted if field not in given)
