"""What types cannot say of a policy: each complaint is a path and what is wrong with it."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import asdict

from detectors.labels import CATEGORIES
from detectors.matters import HOW_TO, INCIDENTS
from schemas.records import Mode
from streams.core.policy.check_anomalies import anomaly_complaints
from streams.core.policy.check_calendars import calendar_complaints
from streams.core.policy.check_clocks import clock_complaints
from streams.core.policy.check_rules import rule_complaints
from streams.core.policy.limits import numbers_in
from streams.core.policy.model import Policy
from streams.core.policy.section import Section
from streams.core.policy.segments import Segment
from streams.core.policy.shape import unknown
from streams.core.policy.triggers import ComplexityRule, Exemption, SignalRule
from streams.core.reasons import NEVER_RELAXED, Code

NEVER_ABOVE: Final = 0.5
"""The highest threshold of what may never be relaxed: that of the shipped policy."""

NEVER_ASKED: Final = ("password", "api_key", "token", "card")
"""What the AI asks no customer for: who was taught to answer that tells it to a thief, too."""


def complaints(policy: Policy) -> Iterator[str]:
    """Everything that is wrong with a policy whose types fit."""
    yield from _of_triggers(policy)
    yield from _of_segments(policy.segments)
    yield from _of_routes(policy)
    yield from calendar_complaints(policy)
    yield from rule_complaints(policy)
    yield from anomaly_complaints(policy.anomalies)
    yield from _of_modes(policy)
    yield from _of_stopped(policy)
    segments = tuple(segment.name for segment in policy.segments)
    yield from unknown(policy.outreach.owners, segments, "outreach.owners")
    steps = list(policy.escalations.relax_preferred_after)
    if steps != sorted(set(steps)):
        yield "escalations.relax_preferred_after: expected rising durations such as [10m, 30m]"
    if policy.retention.stub < policy.retention.durable:
        yield "retention.stub: expected at least durable, what is forgotten cannot be reopened"
    yield from clock_complaints(policy)


def _of_triggers(policy: Policy) -> Iterator[str]:
    segments = tuple(segment.name for segment in policy.segments)
    for code in policy.triggers.__struct_fields__:
        rule, path = getattr(policy.triggers, code), f"triggers.{code}"
        yield from unknown(getattr(rule, "categories", ()), CATEGORIES, f"{path}.categories")
        yield from unknown(getattr(rule, "segments", ()), segments, f"{path}.segments")
        if isinstance(rule, SignalRule) and code in NEVER_RELAXED:
            yield from _of_never_relaxed(rule, path)
    yield from _of_exempt(policy.triggers.security.exempt)
    yield from _of_complexity(policy.triggers.complex_troubleshooting)
    stakes = policy.triggers.high_stakes_account
    path = "triggers.high_stakes_account"
    yield from unknown(stakes.problem_categories, CATEGORIES, f"{path}.problem_categories")
    if stakes.tier_alone > stakes.tier_with_problem:
        yield f"{path}.tier_alone: expected at most tier_with_problem"


def _of_complexity(rule: ComplexityRule) -> Iterator[str]:
    plain = {"review_from": rule.review_from, "handoff_from": rule.handoff_from}
    found = {"": plain}
    for kind, owns in (("categories", rule.categories), ("segments", rule.segments)):
        found |= {f"{kind}.{name}.": plain | numbers_in(own) for name, own in owns.items()}
    for where, own in found.items():
        if own["review_from"] > own["handoff_from"]:
            path = f"triggers.complex_troubleshooting.{where}review_from"
            yield f"{path}: expected at most handoff_from"


def _of_never_relaxed(rule: SignalRule, path: str) -> Iterator[str]:
    if rule.tier != 2:
        yield f"{path}.tier: expected 2, this trigger is never relaxed"
    own = {"threshold": rule.threshold}
    for kind, owns in (("categories", rule.categories), ("segments", rule.segments)):
        for name, numbers in owns.items():
            where = f"{kind}.{name}.threshold" if isinstance(numbers, Section) else f"{kind}.{name}"
            own[where] = numbers_in(numbers).get("threshold", rule.threshold)
    for name, line in own.items():
        if line > NEVER_ABOVE:
            yield f"{path}.{name}: expected at most {NEVER_ABOVE}, this trigger is never relaxed"


def _of_exempt(exempt: tuple[Exemption, ...]) -> Iterator[str]:
    known = [one.sub_reason for one in exempt]
    for place, one in enumerate(exempt):
        path = f"triggers.security.exempt[{place}]"
        if one.sub_reason in INCIDENTS:
            yield (
                f"{path}.sub_reason: {one.sub_reason} is never exempt, only a question of how "
                f"something is done can be: {', '.join(HOW_TO)}"
            )
        else:
            yield from unknown([one.sub_reason], HOW_TO, f"{path}.sub_reason")
        if one.sub_reason in known[:place]:
            yield f"{path}.sub_reason: {one.sub_reason} is exempt already"
        for key, word in (("by", one.by), ("reason", one.reason)):
            if not word.strip():
                yield f"{path}.{key}: expected a text, got nothing"


def _of_segments(segments: tuple[Segment, ...]) -> Iterator[str]:
    names = [segment.name for segment in segments]
    if not names or len(set(names)) < len(names):
        yield "segments: expected at least one, and every name once"
        return
    taken: set[str] = set()
    line = float("inf")
    for place, segment in enumerate(segments):
        value = float("inf") if segment.contract_value is None else segment.contract_value
        conditions = set(segment.tiers)
        conditions |= {flag for flag in ("vip", "churn_flag") if getattr(segment, flag)}
        has_any = bool(conditions) or segment.contract_value is not None
        if place == len(segments) - 1:
            if has_any:
                yield f"segments[{place}]: expected no condition, the last takes every account"
        elif not has_any:
            yield f"segments[{place}]: never matches, give it a condition such as vip: true"
        elif conditions <= taken and value >= line:
            yield f"segments[{place}]: never matches, earlier segments take all its accounts"
        taken |= conditions
        line = min(line, value)


def _of_routes(policy: Policy) -> Iterator[str]:
    names = [route.name for route in policy.routes]
    if len(set(names)) < len(names):
        yield "routes: expected every name once"
    taken: dict[str, str] = {}
    for place, route in enumerate(policy.routes):
        path = f"routes[{place}]"
        yield from unknown(route.categories, CATEGORIES, f"{path}.categories")
        for one in route.collect:
            if one in NEVER_ASKED:
                yield f"{path}.collect: the AI may not ask a customer for {one}"
        catches_all = not route.reasons and not route.categories
        if catches_all != (place == len(names) - 1):
            yield f"{path}: only the last takes all, with no reasons and no categories"
        for kind, wanted in (("reasons", route.reasons), ("categories", route.categories)):
            for one in wanted:
                if (earlier := taken.setdefault(f"{kind}.{one}", route.name)) != route.name:
                    yield f"{path}.{kind}: {one} never comes here, {earlier} takes it before"
    for reason in NEVER_RELAXED:
        if f"reasons.{reason}" not in taken:
            yield f"routes: expected one with reasons: [{reason}], so that those come who can help"
    if not names:
        yield "routes: expected at least the one that takes what is left"
    if policy.escalations.lead_route not in names:
        yield f"escalations.lead_route: expected one of {', '.join(names)}"


def _of_modes(policy: Policy) -> Iterator[str]:
    modes, always = policy.modes, {"mode": Mode.ENFORCE, "percent": 100}
    triggers = (*policy.triggers.__struct_fields__, Code.POLICY_RULE)
    known = {
        "triggers": tuple(str(code) for code in triggers),
        "segments": tuple(segment.name for segment in policy.segments),
        "routes": tuple(route.name for route in policy.routes),
    }
    for kind, names in known.items():
        yield from unknown(getattr(modes, kind), names, f"modes.{kind}")
    fixed = {route.name for route in policy.routes if set(route.reasons) & set(NEVER_RELAXED)}
    for kind, never in (("triggers", set(NEVER_RELAXED)), ("routes", fixed)):
        for name, binding in getattr(modes, kind).items():
            if name in never and asdict(binding) != always:
                yield f"modes.{kind}.{name}: expected no mode, it always binds"


def _of_stopped(policy: Policy) -> Iterator[str]:
    stopped = policy.stopped
    routes = tuple(route.name for route in policy.routes)
    segments = tuple(segment.name for segment in policy.segments)
    yield from unknown(stopped.routes, routes, "stopped.routes")
    yield from unknown(stopped.segments, segments, "stopped.segments")
    yield from unknown(stopped.categories, CATEGORIES, "stopped.categories")
