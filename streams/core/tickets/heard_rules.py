"""Which of the team's rules hold for what was said, whoever the account turns out to be."""

from collections.abc import Iterator

from schemas.records import ConversationMessage
from streams.core.policy.rules import Match, Rules
from streams.core.tickets.handling import Handling
from streams.core.tickets.parts import HeardRule


def hear_rules(handling: Handling, message: ConversationMessage) -> None:
    """Remember the rules that hold for a customer's message: its words are not there any more when
    an account becomes known.
    """
    ticket, plan = handling.ticket, handling.plan
    if plan.asks or ticket.ruled:
        ticket.ruled = tuple(
            HeardRule(one.rule.name, *one.span, one.attributes)
            for one in matches_of(handling, plan.on_message, message)
        )


def matches_of(handling: Handling, rules: Rules, message: ConversationMessage) -> Iterator[Match]:
    """The rules that hold for a message of the ticket."""
    ticket, signals = handling.ticket, handling.signals
    language = message.language or ticket.spoken or signals.language
    return rules.matches(message, signals, ticket.category, language)
