"""What a policy says for a ticket of one segment, category and channel: worked out once."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec

from schemas.records import DurationMillis, SignalScore
from streams.core.calendars import MINUTE, BusinessHours
from streams.core.policy.limits import ANSWER_WITHIN, DISPUTE, ROUNDS, Limits
from streams.core.policy.model import Policy
from streams.core.policy.plan import plan_of
from streams.core.reasons import Code
from streams.core.tickets.sla import hours_on

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
)
"""What is measured on every customer's message, in the order of scores and thresholds."""

STATED: Final = 1.0
"""The threshold of what is or is not: a score of 1 or 0."""

KEPT: Final = 1_024
"""Combinations of policy, segment, category and channel whose terms are kept."""


class Terms(msgspec.Struct, frozen=True):
    """The numbers that hold for a ticket as it stands."""

    limits: Limits
    thresholds: tuple[float, ...]
    """Of `GLANCED`, in its order. None is 0: what has no score fires nothing."""
    silent: tuple[SignalScore, ...]
    """Each of them where nothing is measured."""
    dispute: float
    """From where on a charge is contested."""
    rounds: float
    """How many rounds are too many in all."""
    answer_within: DurationMillis
    open_time: DurationMillis
    """How long the ticket may be open, in `open_hours`."""
    open_hours: BusinessHours


@lru_cache(maxsize=KEPT)
def terms_of(policy: Policy, segment: str, category: str, channel: str) -> Terms:
    """What holds for such a ticket, worked out when it is first asked for."""
    plan, rule = plan_of(policy), policy.triggers.open_time
    limits = plan.limits(segment, category)
    open_time = plan.segments[segment].open_time.of(channel)
    held: Mapping[str, float] = {**limits, Code.OPEN_TIME: open_time / MINUTE}
    thresholds = tuple(held.get(code, STATED) for code in GLANCED)
    return Terms(
        limits,
        thresholds,
        # 0 of the threshold's kind: some count, the others are shares.
        tuple(map(SignalScore, GLANCED, [0 * line for line in thresholds], thresholds)),
        limits[DISPUTE],
        limits[ROUNDS],
        int(limits[ANSWER_WITHIN.get(channel, ANSWER_WITHIN["other"])]),
        int(open_time),
        hours_on(plan.calendars, rule.calendar.of(channel)),
    )
