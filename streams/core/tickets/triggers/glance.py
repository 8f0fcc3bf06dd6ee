"""What the triggers on a customer's message measure, at a glance.

Most messages fire nothing. So the plain scores are read off all at once, and a trigger is only
asked where its score reaches its threshold, or takes more than a glance.
"""

from typing import Final

from schemas.records import Role
from streams.core.calendars import MINUTE
from streams.core.tickets.handling import Handling
from streams.core.tickets.terms import Terms
from streams.core.tickets.triggers.conversation import FEW_SAMPLES
from streams.core.tickets.waits import open_for

ASK: Final = float("inf")
"""In place of a score: the trigger has to be asked."""

_CUSTOMER: Final = Role.CUSTOMER


def glance(handling: Handling, terms: Terms) -> tuple[float, ...]:
    """The score of every code in `GLANCED`."""
    signals, ticket, message = handling.signals, handling.ticket, handling.message
    moods = ticket.moods
    contested = signals.billing_dispute.score >= terms.dispute
    negative = signals.negative.score
    for mood in moods:
        if mood.level > negative:
            negative = mood.level
    plain = message is not None and not (message.attachments or handling.arrival.truncated)
    just_opened = ticket.open_since == handling.now and ticket.open_due is None
    return (
        signals.safety.score,
        signals.security.score,
        signals.legal_compliance.score,
        ASK if contested or signals.matters else signals.billing.score,
        signals.human_request.score,
        negative,
        _drop(handling) if moods and moods[-1].earlier >= FEW_SAMPLES else 0.0,
        signals.urgency.score,
        signals.complexity if signals.complexity > ticket.complexity else ticket.complexity,
        0.0 if handling.account is None else ASK,
        ASK if ticket.rounds >= terms.rounds else 0 if handling.thanked else ticket.stalled,
        ticket.repeats,
        signals.ai_failed.score if ticket.attempts else 0.0,
        0.0 if just_opened else _open_minutes(handling, terms),
        0.0 if plain and not signals.unreadable else ASK,
        signals.unfamiliar.score,
    )


def _drop(handling: Handling) -> float:
    below = handling.signals.negative.score - handling.ticket.moods[-1].baseline
    return 0.0 if handling.thanked else max(0.0, below)


def _open_minutes(handling: Handling, terms: Terms) -> float:
    ticket = handling.ticket
    if ticket.last_word is not _CUSTOMER or handling.thanked:
        return 0.0
    is_due = ticket.open_due is not None and ticket.open_due <= handling.now
    return ASK if is_due else open_for(handling, terms.open_hours) / MINUTE
