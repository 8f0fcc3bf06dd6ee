"""What a policy implies, worked out once: thresholds by segment and category, rules compiled."""

from collections.abc import Mapping
from functools import lru_cache

import msgspec

from schemas.records import Mode
from streams.core.calendars import BusinessHours, hours_of
from streams.core.policy.limits import Limits, limits_of
from streams.core.policy.model import Policy
from streams.core.policy.modes import Modes, Stopped
from streams.core.policy.routes import Route
from streams.core.policy.rules import Rules
from streams.core.policy.segments import Segment

KEPT = 64
"""Policies whose plans are kept; each is held in memory."""


class Plan(msgspec.Struct, frozen=True):
    """A policy made ready to decide with."""

    reference: str
    routes: Mapping[str, Route]
    segments: Mapping[str, Segment]
    by_segment: Mapping[str, Limits]
    by_category: Mapping[tuple[str, str], Limits]
    on_message: Rules
    on_draft: Rules
    stops: bool
    """Whether the AI is switched off anywhere."""
    asks: bool
    """Whether every customer's message has to be held against rules, or against such stops."""
    divides: bool
    """Whether anything binds less than fully."""
    calendars: Mapping[str, BusinessHours]
    attributes: tuple[str, ...]
    """The names of the attributes that the team's rules ask for."""

    def limits(self, segment: str, category: str) -> Limits:
        """The thresholds that hold for a ticket."""
        found = self.by_category.get((segment, category)) if self.by_category else None
        return self.by_segment[segment] if found is None else found


@lru_cache(maxsize=KEPT)
def plan_of(policy: Policy) -> Plan:
    """The plan of a policy, made when it is first asked for."""
    triggers, stopped = policy.triggers, policy.stopped
    rules = [getattr(triggers, code) for code in triggers.__struct_fields__]
    categories = sorted({name for rule in rules for name in getattr(rule, "categories", ())})
    on_message = Rules(rule for rule in policy.rules if rule.when.confidence_below is None)
    stops = stopped != Stopped()
    return Plan(
        policy.reference,
        {route.name: route for route in policy.routes},
        {segment.name: segment for segment in policy.segments},
        {segment.name: limits_of(triggers, segment, None) for segment in policy.segments},
        {
            (segment.name, category): limits_of(triggers, segment, category)
            for segment in policy.segments
            for category in categories
        },
        on_message,
        Rules(rule for rule in policy.rules if rule.when.confidence_below is not None),
        stops,
        stops or bool(on_message),
        policy.mode is not Mode.ENFORCE or policy.modes != Modes(),
        {name: hours_of(calendar) for name, calendar in policy.calendars.items()},
        tuple(sorted({name for rule in policy.rules for name in rule.when.attributes})),
    )
