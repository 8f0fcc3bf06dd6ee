"""Which queue a ticket goes to, and which group an account belongs to."""

from collections.abc import Collection, Sequence, Set
from typing import Final

from schemas.records import AccountSnapshot, Reason
from streams.core.policy.limits import DISPUTE
from streams.core.policy.model import Policy
from streams.core.policy.plan import plan_of
from streams.core.policy.routes import Route
from streams.core.policy.segments import Segment
from streams.core.policy.team_rules import TeamRule
from streams.core.reasons import NEVER_RELAXED, Code

_POLICY_RULE: Final = Code.POLICY_RULE


def route_for(policy: Policy, codes: Set[str], category: str) -> Route:
    """The first route that knows one of the reason codes or the category; the last takes all."""
    for route in policy.routes:
        if category in route.categories or not codes.isdisjoint(route.reasons):
            return route
    return policy.routes[-1]


def place_of(policy: Policy, reasons: Collection[Reason], category: str) -> tuple[Route, int]:
    """Where a ticket goes, and how pressing it is: a team's rule goes before the routes' order.

    Safety, security and legal matters stay on their own route, and only become more pressing. A
    charge that is contested is one step more pressing than all else on its route.
    """
    codes = {reason.code for reason in reasons}
    route = route_for(policy, codes, category)
    rule = _rule_of(policy, reasons) if _POLICY_RULE in codes else None
    if rule is not None and rule.route is not None and codes.isdisjoint(NEVER_RELAXED):
        route = route_named(policy, rule.route)
    contested = DISPUTE in [reason.sub_reason for reason in reasons]
    priority = max(1, route.priority - contested)
    if rule is None or rule.priority is None:
        return route, priority
    return route, rule.priority if codes.isdisjoint(NEVER_RELAXED) else min(priority, rule.priority)


def consulted(policy: Policy, reasons: Collection[Reason]) -> tuple[str, ...]:
    """The teams to consult for any of the reasons, whichever queue the ticket lies on."""
    codes = {reason.code for reason in reasons}
    routes = [route for route in policy.routes if not codes.isdisjoint(route.reasons)]
    return tuple(dict.fromkeys(team for route in routes for team in route.consult))


def _rule_of(policy: Policy, reasons: Collection[Reason]) -> TeamRule | None:
    names = [reason.sub_reason for reason in reasons if reason.code == _POLICY_RULE]
    return next((rule for rule in policy.rules if rule.name in names), None)


def route_named(policy: Policy, name: str) -> Route:
    """The route of that name, or the lead's when the policy no longer has it."""
    routes = plan_of(policy).routes
    return routes.get(name) or routes[policy.escalations.lead_route]


def segment_of(
    policy: Policy, account: AccountSnapshot | None, verified: bool | None = None
) -> Segment:
    """The first segment that fits; an account that is unknown or unverified gets the last."""
    if account is None or verified is False:
        return policy.segments[-1]
    return first_fitting(policy.segments, account)


def first_fitting(segments: Sequence[Segment], account: AccountSnapshot) -> Segment:
    """The first segment that fits an account, or the last."""
    for segment in segments:
        if _fits(segment, account):
            return segment
    return segments[-1]


def _fits(segment: Segment, account: AccountSnapshot) -> bool:
    value, line = account.contract_value, segment.contract_value
    return (
        (segment.vip and account.vip)
        or (segment.churn_flag and account.may_leave)
        or account.tier in segment.tiers
        or (value is not None and line is not None and value >= line)
    )
