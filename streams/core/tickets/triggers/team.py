"""Triggers that the team has set itself: its rules, and where it has switched the AI off."""

from collections.abc import Iterable

from streams.core.policy.rules import Match
from streams.core.routing import place_of
from streams.core.tickets.binding import divided
from streams.core.tickets.handling import Handling
from streams.core.tickets.heard_rules import matches_of
from streams.core.tickets.triggers.seen import Seen


def rule_on_message(handling: Handling) -> Seen | None:
    """1 when a rule about customers' messages holds for the one that waits, by what is known of the
    account now; no measurement where there are none.
    """
    rules = handling.plan.on_message
    heard = ((rules.named.get(one.rule), one) for one in handling.ticket.ruled)
    matches = (Match(rule, (one.start, one.end), one.attributes) for rule, one in heard if rule)
    return _first(handling, matches) if rules else None


def rule_on_draft(handling: Handling) -> Seen | None:
    """1 when a rule about the AI's drafts holds; no measurement where there are none."""
    rules, message = handling.plan.on_draft, handling.message
    if message is None or not rules:
        return None
    return _first(handling, matches_of(handling, rules, message))


def _first(handling: Handling, matches: Iterable[Match]) -> Seen:
    account = handling.known_account
    found = next((one for one in matches if one.holds(account)), None)
    if found is None:
        return Seen(0.0, 1.0, 0)
    return Seen(1.0, 1.0, found.rule.tier, found.span, found.rule.name)


def ai_stopped(handling: Handling) -> Seen | None:
    """1 where the AI is switched off for the ticket's segment or category, or for the route that it
    would go to: by what has fired before, a review that waits, and its category.
    """
    if not handling.plan.stops:
        return None
    stopped, category = handling.policy.stopped, handling.ticket.category
    if stopped.everywhere:
        return Seen(1.0, 1.0, 2)
    if category in stopped.categories:
        return Seen(1.0, 1.0, 2, None, f"category {category}")
    if handling.segment.name in stopped.segments:
        return Seen(1.0, 1.0, 2, None, f"segment {handling.segment.name}")
    if stopped.routes and (route := _destination(handling)) in stopped.routes:
        return Seen(1.0, 1.0, 2, None, f"route {route}")
    return Seen(0.0, 1.0, 2)


def _destination(handling: Handling) -> str:
    review, reasons = handling.ticket.review, handling.fired
    if handling.plan.divides:
        reasons = divided(handling, reasons).enforced
    if review is not None:
        reasons += review.reasons
    return place_of(handling.policy, reasons, handling.ticket.category)[0].name
