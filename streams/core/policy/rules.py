"""A team's own rules, made ready: the first whose conditions hold fires."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

from detectors.signals import Signals, Span
from schemas.records import AccountSnapshot, ConversationMessage
from streams.core.policy.patterns import any_of, any_word, compiled
from streams.core.policy.team_rules import TeamRule, When

Expressions = tuple[tuple[tuple[Any, int], ...], ...]
"""Of each group one must be found: an expression, and the number of its group that is evidence."""


class Match(NamedTuple):
    """A rule that holds for a message, what in the text it rests on, and which of the attributes
    that it asks for the message has itself. Whether it holds for the account, too, may be asked
    later, when more is known of it.
    """

    rule: TeamRule
    span: Span
    attributes: tuple[str, ...]

    def holds(self, account: AccountSnapshot | None) -> bool:
        """Whether the rule holds for the account, which is one that is verified."""
        return _is_of_account(self.rule.when, account) and _has_attributes(self, account)


class Rules:
    """Ordered rules. Immutable.

    Most messages contain nothing that any rule looks for: one search finds that out for all.
    """

    def __init__(self, rules: Iterable[TeamRule]) -> None:
        self._rules = tuple((rule, _expressions(rule.when)) for rule in rules)
        self._without_text = tuple(entry for entry in self._rules if not entry[1])
        wanted = [pattern for rule, _ in self._rules for pattern in _patterns(rule.when)]
        self._anything = any_of(wanted) if wanted else None
        self.named: Final = {rule.name: rule for rule, _ in self._rules}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def matches(
        self, message: ConversationMessage, signals: Signals, category: str, language: str | None
    ) -> Iterator[Match]:
        """The rules that hold for a message, whatever is known of its account, in their order."""
        text = _readable(message.text)
        nothing = self._anything is not None and self._anything.search(text) is None
        for rule, expressions in self._without_text if nothing else self._rules:
            when, own = rule.when, message.attributes
            if (
                _is_of_kind(when, message, category, language)
                and _is_scored(when, message, signals)
                and all(
                    own[name] in known for name, known in when.attributes.items() if name in own
                )
                and (span := _found(expressions, text)) is not None
            ):
                yield Match(rule, span, tuple(name for name in when.attributes if name in own))


def _patterns(when: When) -> Iterator[str]:
    if when.keywords:
        yield any_word(when.keywords)
    yield from when.patterns


def _expressions(when: When) -> Expressions:
    words = ((compiled(any_word(when.keywords)), 1),) if when.keywords else ()
    patterns = tuple((compiled(pattern), 0) for pattern in when.patterns)
    return tuple(either for either in (words, patterns) if either)


def _is_of_kind(
    when: When, message: ConversationMessage, category: str, language: str | None
) -> bool:
    return (
        (not when.categories or category in when.categories)
        and (not when.channels or message.channel in when.channels)
        and (not when.languages or language in when.languages)
    )


def _is_scored(when: When, message: ConversationMessage, signals: Signals) -> bool:
    doubt, below = message.confidence, when.confidence_below
    return (when.negative_from is None or signals.negative.score >= when.negative_from) and (
        below is None or (doubt is not None and doubt < below)
    )


def _is_of_account(when: When, account: AccountSnapshot | None) -> bool:
    line = when.contract_value_from
    if account is None:
        return not when.tiers and line is None and not when.vip and not when.churn_flag
    return (
        (not when.tiers or account.tier in when.tiers)
        and (line is None or (account.contract_value or 0.0) >= line)
        and when.vip in (None, account.vip)
        and when.churn_flag in (None, account.may_leave)
    )


def _has_attributes(match: Match, account: AccountSnapshot | None) -> bool:
    attributes = {} if account is None else account.attributes
    wanted = match.rule.when.attributes.items()
    return all(name in match.attributes or attributes.get(name) in known for name, known in wanted)


def _found(expressions: Expressions, text: str) -> Span | None:
    """Where the last of the groups of expressions is found; None when one of them is not."""
    span = (0, len(text))
    for either in expressions:
        hits = ((one.search(text), group) for one, group in either)
        hit = next(((found, group) for found, group in hits if found), None)
        if hit is None:
            return None
        span = hit[0].span(hit[1])
    return span


def _readable(text: str) -> str:
    """The text without halves of characters, which RE2 cannot read; every place stays the same."""
    return text.encode("utf-8", "replace").decode()
