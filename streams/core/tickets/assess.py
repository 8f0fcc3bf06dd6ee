"""From triggers to reasons: what fired, what did not, and how far the ticket must go."""

import msgspec

from schemas.records import Evidence, Reason, SignalScore
from streams.core.tickets.handling import Handling
from streams.core.tickets.triggers import TriggerGroup
from streams.core.tickets.triggers.seen import Seen


class Found(msgspec.Struct, frozen=True):
    """The reasons that fired, every other signal, and the strictest tier."""

    reasons: tuple[Reason, ...]
    signals: tuple[SignalScore, ...]
    tier: int

    @property
    def codes(self) -> frozenset[str]:
        """The codes that fired."""
        return frozenset(reason.code for reason in self.reasons)

    def joined(self, earlier: tuple[Reason, ...]) -> "Found":
        """With reasons that still stand; a code that fired again keeps its new evidence."""
        codes = self.codes
        standing = tuple(reason for reason in earlier if reason.code not in codes)
        tier = max((self.tier, *(reason.tier for reason in standing)))
        return Found(self.reasons + standing, self.signals, tier)


def assess(handling: Handling, triggers: TriggerGroup) -> Found:
    """Measure every trigger of the group."""
    reasons: list[Reason] = []
    signals: list[SignalScore] = []
    tier = 0
    handling.limits = handling.plan.limits(handling.segment.name, handling.ticket.category)
    for code, measure in triggers:
        seen = measure(handling)
        if seen is None:
            continue
        if seen.score >= seen.threshold:
            reasons.append(_reason(handling, code, seen))
            tier = max(tier, seen.tier)
        else:
            signals.append(SignalScore(code, seen.score, seen.threshold))
    return Found(tuple(reasons), tuple(signals), tier)


def _reason(handling: Handling, code: str, seen: Seen) -> Reason:
    mode = handling.policy.mode
    return Reason(
        code,
        seen.tier,
        seen.score,
        seen.threshold,
        seen.sub_reason,
        mode,
        _evidence(handling, seen),
    )


def _evidence(handling: Handling, seen: Seen) -> tuple[Evidence, ...]:
    message = handling.message
    last = handling.ticket.customer_message_id if seen.span is not None else None
    message_id = seen.message_id or (last if message is None else message.message_id)
    if message_id is None:
        return ()
    whole = message is not None and message.message_id == message_id
    length = len(message.text) if whole and message is not None else 0
    start, end = seen.span or (0, length)
    return (Evidence(message_id, start, end),)
