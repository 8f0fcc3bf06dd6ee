"""Technical variables that a customer names one after another, in messages about one problem."""

from typing import Final

from detectors.complexity import together
from detectors.signals import Signals
from schemas.records import ConversationMessage
from streams.core.tickets.handling import Handling
from streams.core.tickets.state import KNOWN_VARIABLES, Ticket

PLAIN: Final = 2
"""As many variables as names alone may say of a message that did not seem complex."""
SHARED_WORDS: Final = 2
"""Words that carry the matter and come again: the message is about the same."""


def linked(handling: Handling, message: ConversationMessage) -> int:
    """How many linked variables the customer has named with this message.

    What it adds to the problem told before counts with what was named there; what was named
    already, and another matter, add nothing. Asked before the message leaves its own traces.
    """
    ticket, signals = handling.ticket, handling.signals
    own, names = signals.complexity, signals.variables
    if handling.thanked:
        ticket.variables, ticket.linked = (), 0
        return own
    answers = ticket.ai_asked and "?" not in message.text
    if ticket.linked and (answers or _is_about_the_same(ticket, signals)):
        known = ticket.variables
        ticket.variables = tuple(dict.fromkeys(known + names))[:KNOWN_VARIABLES]
        added = together(ticket.variables) - together(known)
        ticket.linked = max(own, ticket.linked + added)
        return ticket.linked if added else own
    if own:
        ticket.variables, ticket.linked = names, max(own, min(together(names), PLAIN))
    return own


def _is_about_the_same(ticket: Ticket, signals: Signals) -> bool:
    if not signals.complexity:
        return False
    gist = set(signals.gist)
    return not set(signals.variables).isdisjoint(ticket.variables) or any(
        len(gist.intersection(earlier.gist)) >= SHARED_WORDS for earlier in ticket.questions
    )
