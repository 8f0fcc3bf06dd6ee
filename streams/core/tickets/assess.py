"""From triggers to reasons: what fired, what did not, and how far the ticket must go."""

from collections.abc import Iterable
from itertools import compress
from typing import Final

import msgspec
from msgspec.structs import replace

from schemas.records import Evidence, Mode, Reason, SignalScore
from streams.core.reasons import Code
from streams.core.tickets.binding import divided
from streams.core.tickets.handling import Handling
from streams.core.tickets.terms import GLANCED, Terms
from streams.core.tickets.triggers import AT_A_GLANCE, BESIDE, Trigger, TriggerGroup
from streams.core.tickets.triggers.glance import glance
from streams.core.tickets.triggers.seen import Seen

_PLACES: Final = range(len(GLANCED))
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

    def codes(self) -> frozenset[str]:
        """The codes that fired."""
        return frozenset([reason.code for reason in self.reasons])

    def joined(self, earlier: tuple[Reason, ...]) -> "Found":
        """With reasons that still stand; a code that fired again keeps its new evidence."""
        codes = self.codes()
        standing = tuple(reason for reason in earlier if reason.code not in codes)
        tier = max((self.tier, *(reason.tier for reason in standing)))
        return replace(self, reasons=self.reasons + standing, tier=tier)


def assess_message(handling: Handling, terms: Terms) -> Found:
    """Measure what may fire on a customer's message, in full where a glance is not enough."""
    scores, thresholds = glance(handling, terms), terms.thresholds
    told = list(terms.silent)
    asked = []
    for place in compress(_PLACES, scores):
        score, threshold = scores[place], thresholds[place]
        if score >= threshold:
            asked.append(place)
        else:
            told[place] = SignalScore(GLANCED[place], score, threshold)
    beside = BESIDE if handling.plan.asks or handling.ticket.anomaly is not None else ()
    if not (asked or beside):
        return Found((), tuple(told), 0)
    handling.fired = ()
    signals: list[SignalScore | None] = [*told]
    for place in asked:
        code, measure = AT_A_GLANCE[place]
        signals[place] = _measured(handling, code, measure)
    return _found(handling, signals + _each(handling, beside))


def assess(handling: Handling, triggers: TriggerGroup) -> Found:
    """Measure every trigger of the group."""
    handling.fired = ()
    return _found(handling, _each(handling, triggers))


def _each(handling: Handling, triggers: TriggerGroup) -> list[SignalScore | None]:
    return [_measured(handling, code, measure) for code, measure in triggers]


def _measured(handling: Handling, code: Code, measure: Trigger) -> SignalScore | None:
    """The score of what does not fire; what does joins the reasons that have."""
    seen = measure(handling)
    if seen is None:
        return None
    if seen.score >= seen.threshold and not seen.excepted:
        handling.fired += (_reason(handling, code, seen),)
        return None
    return SignalScore(code, seen.score, seen.threshold)


def _found(handling: Handling, signals: list[SignalScore | None]) -> Found:
    told = tuple(filter(None, signals))
    reasons = handling.fired
    if not reasons:
        return Found((), told, 0)
    if not handling.plan.divides:
        return Found(reasons, told, strictest(reasons))
    binding, advised, shadowed = divided(handling, reasons)
    told += tuple(SignalScore(one.code, one.score, one.threshold) for one in shadowed)
    return Found(binding, told, strictest(binding), advised, shadowed)


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
