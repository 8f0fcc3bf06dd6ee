"""What a policy implies, worked out once: thresholds by segment and category, rules compiled."""

from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from schemas.records import Mode
from streams.core.calendars import BusinessHours, hours_of
from streams.core.policy.model import Policy
from streams.core.policy.modes import Modes, Stopped
from streams.core.policy.routes import Route
from streams.core.policy.rules import Rules
from streams.core.policy.segments import Segment
from streams.core.policy.triggers import BillingRule, DoubtRule, SignalRule

Limits = Mapping[str, float]
"""The threshold of every trigger on a signal, by its code."""

DISPUTE = "billing_dispute"
"""The sub-reason of billing that has a threshold of its own."""

KEPT = 64
"""Policies whose plans are kept; each is held in memory."""


class Plan(NamedTuple):
    """A policy made ready to decide with."""

    reference: str
    routes: Mapping[str, Route]
    by_segment: Mapping[str, Limits]
    by_category: Mapping[tuple[str, str], Limits]
    on_message: Rules
    on_draft: Rules
    stops: bool
    """Whether the AI is switched off anywhere."""
    divides: bool
    """Whether anything binds less than fully."""
    calendars: Mapping[str, BusinessHours]

    def limits(self, segment: str, category: str) -> Limits:
        """The thresholds that hold for a ticket."""
        found = self.by_category.get((segment, category)) if self.by_category else None
        return self.by_segment[segment] if found is None else found


@lru_cache(maxsize=KEPT)
def plan_of(policy: Policy) -> Plan:
    """The plan of a policy, made when it is first asked for."""
    rules = signal_rules(policy)
    categories = sorted({category for rule in rules.values() for category in rule.categories})
    stopped = policy.stopped
    return Plan(
        policy.reference,
        {route.name: route for route in policy.routes},
        {segment.name: _limits(rules, segment, None) for segment in policy.segments},
        {
            (segment.name, category): _limits(rules, segment, category)
            for segment in policy.segments
            for category in categories
        },
        Rules(rule for rule in policy.rules if rule.when.confidence_below is None),
        Rules(rule for rule in policy.rules if rule.when.confidence_below is not None),
        stopped != Stopped(),
        policy.mode is not Mode.ENFORCE or policy.modes != Modes(),
        {name: hours_of(calendar) for name, calendar in policy.calendars.items()},
    )


def signal_rules(policy: Policy) -> dict[str, SignalRule]:
    """The triggers that hold a signal against a threshold, by their codes."""
    rules = {code: getattr(policy.triggers, code) for code in policy.triggers.__struct_fields__}
    return {code: rule for code, rule in rules.items() if isinstance(rule, SignalRule)}


def _limits(rules: Mapping[str, SignalRule], segment: Segment, category: str | None) -> Limits:
    limits = {code: _limit(rule, segment, category) for code, rule in rules.items()}
    for rule in rules.values():
        if isinstance(rule, BillingRule):
            limits[DISPUTE] = rule.dispute_threshold * segment.sensitivity
    return limits


def _limit(rule: SignalRule, segment: Segment, category: str | None) -> float:
    sensitivity = 1.0 if isinstance(rule, DoubtRule) else segment.sensitivity
    own = [rule.segments[segment.name]] if segment.name in rule.segments else []
    if category in rule.categories:
        own.append(rule.categories[category] * sensitivity)
    return min(own, default=rule.threshold * sensitivity)
