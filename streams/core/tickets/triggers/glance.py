"""What the triggers on a customer's message measure, at a glance.

Most messages fire nothing. So the plain scores are read off all at once, and a trigger is only
asked where its score reaches its threshold, or takes more than a glance.
"""

from functools import lru_cache
from typing import Final

from streams.core.policy.limits import DISPUTE, ROUNDS
from streams.core.policy.model import Policy
from streams.core.policy.plan import plan_of
from streams.core.reasons import Code
from streams.core.tickets.handling import Handling
from streams.core.tickets.triggers.conversation import FEW_SAMPLES, MINUTE

GLANCED: Final = (
    Code.SAFETY,
    Code.SECURITY,
    Code.LEGAL_COMPLIANCE,
    Code.BILLING,
    Code.HUMAN_REQUEST,
    Code.NEGATIVE_SENTIMENT,
    Code.SENTIMENT_DROP,
    Code.URGENCY,
    Code.COMPLEX_TROUBLESHOOTING,
    Code.HIGH_STAKES_ACCOUNT,
    Code.AI_LOOP,
    Code.REPEATED_QUESTION,
    Code.AI_GAVE_UP,
    Code.OPEN_TIME,
    Code.UNREADABLE,
    Code.OUT_OF_PATTERN,
    Code.POLICY_RULE,
    Code.AI_STOPPED,
    Code.ANOMALY_LINK,
)
"""What may fire on a customer's message, in the order of a glance's scores and thresholds."""

ASK: Final = float("inf")
"""In place of a score: the trigger has to be asked."""

STATED: Final = 1.0
"""The threshold of what is or is not: a score of 1 or 0."""

KEPT: Final = 1_024
"""Combinations of policy, segment, category and channel whose thresholds are kept."""

Glance = tuple[tuple[float, ...], tuple[float, ...]]
"""Scores, and the thresholds they are held against."""


def glance(handling: Handling) -> Glance:
    """The score and the threshold of every code in `GLANCED`."""
    signals, ticket, message = handling.signals, handling.ticket, handling.message
    moods = ticket.moods
    dispute, rounds, thresholds = _thresholds(
        handling.policy, handling.segment.name, ticket.category, ticket.channel
    )
    contested = signals.billing_dispute.score >= dispute
    plain = message is not None and not (message.attachments or handling.arrival.truncated)
    just_opened = ticket.open_since == handling.now and ticket.open_due is None
    return (
        signals.safety.score,
        signals.security.score,
        signals.legal_compliance.score,
        ASK if contested or signals.matters else signals.billing.score,
        signals.human_request.score,
        max([signals.negative.score, *[mood.level for mood in moods]]),
        ASK if moods and moods[-1].earlier >= FEW_SAMPLES else 0.0,
        signals.urgency.score,
        max(signals.complexity, ticket.complexity),
        0.0 if handling.account is None else ASK,
        ASK if handling.thanked or ticket.rounds >= rounds else ticket.stalled,
        ticket.repeats,
        signals.ai_failed.score if ticket.attempts else 0.0,
        0.0 if just_opened else ASK,
        0.0 if plain and not signals.unreadable else ASK,
        signals.unfamiliar.score,
        ASK,
        ASK,
        ASK,
    ), thresholds


@lru_cache(maxsize=KEPT)
def _thresholds(
    policy: Policy, segment: str, category: str, channel: str
) -> tuple[float, float, tuple[float, ...]]:
    """The threshold of a contested charge, the rounds that are too many in all, and the thresholds
    of `GLANCED`.
    """
    [open_time] = [one.open_time for one in policy.segments if one.name == segment]
    thresholds: dict[str, float] = {
        **plan_of(policy).limits(segment, category),
        Code.OPEN_TIME: open_time.of(channel) / MINUTE,
    }
    glanced = tuple(thresholds.get(code, STATED) for code in GLANCED)
    return thresholds[DISPUTE], thresholds[ROUNDS], glanced
