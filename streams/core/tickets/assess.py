"""From triggers to reasons: what fired, what did not, and how far the ticket must go."""

from collections.abc import Iterable
from itertools import repeat
from typing import Final

import msgspec
from msgspec.structs import replace

from schemas.records import Evidence, Mode, Reason, SignalScore
from streams.core.tickets.binding import divided
from streams.core.tickets.handling import Handling
from streams.core.tickets.triggers import ON_CUSTOMER_MESSAGE, TriggerGroup
from streams.core.tickets.triggers.glance import ASK, glance
from streams.core.tickets.triggers.seen import Seen

_ENFORCE: Final = Mode.ENFORCE


class Found(msgspec.Struct, frozen=True, gc=False):
    """The reasons that fired and bind, every other signal, and the strictest tier.

    `advised` are told with the decision and change nothing, `shadowed` go where nothing obeys them.
    """

    reasons: tuple[Reason, ...]
    signals: tuple[SignalScore, ...]
    tier: int
    advised: tuple[Reason, ...] = ()
    shadowed: tuple[Reason, ...] = ()

    @property
    def codes(self) -> frozenset[str]:
        """The codes that fired."""
        return frozenset([reason.code for reason in self.reasons])

    def joined(self, earlier: tuple[Reason, ...]) -> "Found":
        """With reasons that still stand; a code that fired again keeps its new evidence."""
        codes = self.codes
        standing = tuple(reason for reason in earlier if reason.code not in codes)
        tier = max((self.tier, *(reason.tier for reason in standing)))
        return replace(self, reasons=self.reasons + standing, tier=tier)


def assess_message(handling: Handling) -> Found:
    """Measure what may fire on a customer's message."""
    return assess(handling, ON_CUSTOMER_MESSAGE, *glance(handling))


def assess(
    handling: Handling,
    triggers: TriggerGroup,
    scores: Iterable[float] = repeat(ASK),
    thresholds: Iterable[float] = repeat(0.0),
) -> Found:
    """Measure every trigger of the group, in full where a glance at it was not enough."""
    reasons: list[Reason] = []
    signals: list[SignalScore] = []
    handling.fired = reasons
    handling.limits = handling.plan.limits(handling.segment.name, handling.ticket.category)
    for (code, measure), score, threshold in zip(triggers, scores, thresholds, strict=False):
        if score < threshold:
            signals.append(SignalScore(code, score, threshold))
            continue
        seen = measure(handling)
        if seen is None:
            continue
        if seen.score >= seen.threshold and not seen.excepted:
            reasons.append(_reason(handling, code, seen))
        else:
            signals.append(SignalScore(code, seen.score, seen.threshold))
    if not (reasons and handling.plan.divides):
        return Found(tuple(reasons), tuple(signals), strictest(reasons))
    binding, advised, shadowed = divided(handling, tuple(reasons))
    signals += [SignalScore(one.code, one.score, one.threshold) for one in shadowed]
    return Found(binding, tuple(signals), strictest(binding), advised, shadowed)


def strictest(reasons: Iterable[Reason]) -> int:
    """The highest tier of the reasons, 0 without any."""
    return max([reason.tier for reason in reasons], default=0)


def _reason(handling: Handling, code: str, seen: Seen) -> Reason:
    return Reason(
        code,
        seen.tier,
        seen.score,
        seen.threshold,
        seen.sub_reason,
        _ENFORCE,
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
