"""What a trigger measures."""

import msgspec

from detectors.signals import Signal, Span
from streams.core.policy.triggers import SignalRule
from streams.core.reasons import Code
from streams.core.tickets.handling import Handling


class Seen(msgspec.Struct, frozen=True, gc=False):
    """A measurement in the trigger's own unit. Without a message id it is about this message."""

    score: float
    threshold: float
    tier: int
    span: Span | None = None
    sub_reason: str | None = None
    message_id: str | None = None
    excepted: bool = False
    """Whether the policy has an exception for it: told with its score, and no reason."""


def of_signal(handling: Handling, code: Code, signal: Signal, rule: SignalRule) -> Seen:
    """A detector's signal held against the threshold for the account's segment and category."""
    return Seen(signal.score, handling.terms().limits[code], rule.tier, signal.span)


def of_last_message(handling: Handling, score: float, threshold: float, tier: int) -> Seen:
    """Something about the customer message that waits for an answer."""
    return Seen(score, threshold, tier, None, None, handling.ticket.customer_message_id)
