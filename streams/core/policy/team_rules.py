"""What a team adds of its own: ordered rules."""

from typing import Literal

from streams.core.policy.section import Section
from streams.core.policy.values import Language, Name, Phrase, Priority, Share, Value, Word


class When(Section, frozen=True):
    """The conditions of a rule: all that are written must hold, of a list any one.

    `keywords` are words or phrases in any case, `patterns` regular expressions (RE2) of what the
    customer writes. `negative_from` is the sentiment of the message, 0 friendly to 1 very negative.
    `confidence_below` is the AI's confidence in a draft: a rule that says it is about drafts, any
    other about customers' messages. `attributes` are those of the message, else of the account's
    profile. `channels` are as the platform names them, `languages` as in `de` or `pt-BR`, `tiers`
    as profiles name them.
    """

    categories: tuple[str, ...] = ()
    keywords: tuple[Phrase, ...] = ()
    patterns: tuple[Phrase, ...] = ()
    negative_from: Share | None = None
    confidence_below: Share | None = None
    channels: tuple[Word, ...] = ()
    languages: tuple[Language, ...] = ()
    tiers: tuple[Word, ...] = ()
    contract_value_from: Value | None = None
    vip: bool | None = None
    churn_flag: bool | None = None
    attributes: dict[str, tuple[Phrase, ...]] = {}


class TeamRule(Section, frozen=True):
    """A rule of the team's own: the first of the list whose conditions hold fires.

    It can only make a decision stricter. `route` and `priority` are where the ticket then goes,
    but for safety, security and legal matters, which keep their own route.
    """

    name: Name
    when: When
    tier: Literal[1, 2]
    route: Name | None = None
    priority: Priority | None = None
