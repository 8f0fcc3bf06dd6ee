"""The numbers that triggers hold something against, as they are for a segment and a category."""

from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, Final

from streams.core.policy.section import Section
from streams.core.policy.segments import Segment
from streams.core.policy.triggers import DoubtRule, Triggers
from streams.core.policy.values import ByChannel
from streams.core.reasons import Code

Limits = Mapping[str, float]
"""The number of every trigger by its code; a second one has a name of its own."""

DISPUTE: Final = "billing_dispute"
"""From where on a charge is contested."""
HANDOFF_FROM: Final = "complex_troubleshooting.handoff_from"
ROUNDS: Final = "ai_loop.rounds"
SIMILARITY: Final = "repeated_question.similarity"
CONTRACT_VALUE: Final = "high_stakes_account.contract_value"
PROBLEM: Final = "high_stakes_account.problem_threshold"
ANSWER_WITHIN: Final = {
    channel: f"ai_no_answer.{channel}" for channel in ByChannel.__struct_fields__
}
"""By the kind of channel, in milliseconds."""

_FIRST: Final = ("threshold", "review_from", "rounds_without_progress", "repeats")
_OTHERS: Final = {
    "dispute_threshold": DISPUTE,
    "handoff_from": HANDOFF_FROM,
    "rounds": ROUNDS,
    "similarity": SIMILARITY,
    "contract_value": CONTRACT_VALUE,
    "problem_threshold": PROBLEM,
}
_SENSITIVE: Final = ("threshold", "dispute_threshold")


def _itself(value: float) -> float:
    return value


def limits_of(triggers: Triggers, segment: Segment, category: str | None) -> Limits:
    """Every number for a segment and a category, None for any that has no numbers of its own.

    The segment's sensitivity multiplies thresholds of signals, not those that are the segment's
    own. Where segment and category both have one, the lower holds: it is the stricter.
    """
    found: dict[str, float] = {}
    for code in triggers.__struct_fields__:
        rule = getattr(triggers, code)
        for name in rule.__struct_fields__:
            if name in _FIRST or name in _OTHERS:
                found[_OTHERS.get(name, code)] = _limit(rule, name, segment, category)
    for channel, key in ANSWER_WITHIN.items():
        rule, of = triggers.ai_no_answer, attrgetter(channel)
        found[key] = _limit(rule, "after", segment, category, of)
    complexity = Code.COMPLEX_TROUBLESHOOTING
    found[complexity] = min(found[complexity], found[HANDOFF_FROM])
    return found


def _limit(
    rule: Any,
    name: str,
    segment: Segment,
    category: str | None,
    of: Callable[[Any], float] = _itself,
) -> float:
    scales = name in _SENSITIVE and not isinstance(rule, DoubtRule)
    factor = segment.sensitivity if scales else 1
    own = numbers_in(rule.segments.get(segment.name)).get(name)
    of_category = numbers_in(rule.categories.get(category)).get(name)
    values = [] if own is None else [of(own)]
    if of_category is not None:
        values.append(of(of_category) * factor)
    return min(values, default=of(getattr(rule, name)) * factor)


def numbers_in(own: float | Section | None) -> dict[str, Any]:
    """What a category or segment has of its own, by name; a bare number is a threshold."""
    if isinstance(own, Section):
        named = {name: getattr(own, name) for name in own.__struct_fields__}
        return {name: value for name, value in named.items() if value is not None}
    return {} if own is None else {"threshold": own}
