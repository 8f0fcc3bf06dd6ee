"""What is wrong with a team's own rules: which can never match, and which cannot be read."""

from collections.abc import Iterator
from typing import Any, Final

import re2

from detectors.labels import CATEGORIES
from streams.core.policy.model import Policy
from streams.core.policy.patterns import any_word, compiled
from streams.core.policy.shape import nearest
from streams.core.policy.team_rules import TeamRule, When

MOST_RULES: Final = 200
_LISTS: Final = ("categories", "keywords", "patterns", "channels", "languages", "tiers")
_CHANNELS: Final = {"chat": "chat", "livechat": "chat", "email": "email", "mail": "email"}
"""What the channels with clocks of their own are called, and how people write them. Platforms may
have others.
"""
_AT_LEAST: Final = ("negative_from", "contract_value_from")
_FLAGS: Final = ("vip", "churn_flag")


def rule_complaints(policy: Policy) -> Iterator[str]:
    """Everything that is wrong with the rules of a policy."""
    rules, routes = policy.rules, tuple(route.name for route in policy.routes)
    names = [rule.name for rule in rules]
    if len(set(names)) < len(names):
        yield "rules: expected every name once"
    if len(rules) > MOST_RULES:
        yield f"rules: expected at most {MOST_RULES}, got {len(rules)}"
        return
    for place, rule in enumerate(rules):
        path = f"rules[{place}]"
        yield from _of_conditions(rule.when, f"{path}.when")
        if rule.route is not None and rule.route not in routes:
            yield f"{path}.route: there is no {rule.route!r}, {nearest(rule.route, routes)}"
        yield from _of_order(rules[:place], rule, path)


def _of_conditions(when: When, path: str) -> Iterator[str]:
    if when == When():
        yield f"{path}: expected at least one condition, such as keywords: [outage]"
    for category in when.categories:
        if category not in CATEGORIES:
            yield f"{path}.categories: there is no {category!r}, {nearest(category, CATEGORIES)}"
    for place, keyword in enumerate(when.keywords):
        if not keyword.strip():
            yield f"{path}.keywords[{place}]: expected a word, got {keyword!r}"
    if when.keywords and _complaint_about(any_word(when.keywords)) is not None:
        yield f"{path}.keywords: too many to be looked for at once, make two rules of it"
    for place, channel in enumerate(when.channels):
        meant = _CHANNELS.get(channel.lower().replace("-", "").replace(" ", ""))
        if meant not in (None, channel):
            yield f"{path}.channels[{place}]: never matches {channel!r}, did you mean {meant}?"
    for place, pattern in enumerate(when.patterns):
        if (why := _complaint_about(pattern)) is not None:
            yield f"{path}.patterns[{place}]: expected a regular expression of RE2, {why}"
    for name, values in when.attributes.items():
        if not values:
            yield f"{path}.attributes.{name}: never matches, expected at least one value"
    about_text = when.keywords or when.patterns or when.negative_from is not None
    if when.confidence_below is not None and about_text:
        yield (
            f"{path}: never matches, confidence_below is known of the AI's drafts and keywords, "
            "patterns and negative_from of customers' messages: make two rules of it"
        )


def _complaint_about(pattern: str) -> str | None:
    """Why an expression cannot be compiled; None where it can."""
    try:
        compiled(pattern)
    except re2.error as error:
        why = error.args[0]
        return why.decode(errors="replace") if isinstance(why, bytes) else str(why)
    return None


def _of_order(earlier: tuple[TeamRule, ...], rule: TeamRule, path: str) -> Iterator[str]:
    for other in earlier:
        if _takes_all(other.when, rule.when):
            yield f"{path}: never matches, {other.name} takes all it would: put it before that"
            return


def _takes_all(wide: When, narrow: When) -> bool:
    """Whether every event that meets `narrow` meets `wide`."""
    return (
        _takes_drafts(wide.confidence_below, narrow.confidence_below)
        and all(_is_within(getattr(narrow, name), getattr(wide, name)) for name in _LISTS)
        and all(_is_above(getattr(narrow, name), getattr(wide, name)) for name in _AT_LEAST)
        and all(getattr(wide, flag) in (None, getattr(narrow, flag)) for flag in _FLAGS)
        and all(
            name in narrow.attributes and set(narrow.attributes[name]) <= set(values)
            for name, values in wide.attributes.items()
        )
    )


def _takes_drafts(wide: float | None, narrow: float | None) -> bool:
    if wide is None or narrow is None:
        return wide is narrow
    return narrow <= wide


def _is_within(narrow: tuple[Any, ...], wide: tuple[Any, ...]) -> bool:
    return not wide or (bool(narrow) and set(narrow) <= set(wide))


def _is_above(narrow: float | None, wide: float | None) -> bool:
    return wide is None or (narrow is not None and narrow >= wide)
