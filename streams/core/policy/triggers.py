"""When a ticket leaves the AI's hands, or its draft is checked: one rule a reason code."""

from collections.abc import Mapping
from datetime import date
from typing import Literal

from streams.core.policy.anomalies import Count
from streams.core.policy.section import Section
from streams.core.policy.values import (
    ByChannel,
    CalendarByChannel,
    Phrase,
    Priority,
    Share,
    Tier,
    Value,
)


class Rule(Section, frozen=True):
    """A trigger that only says how strict it is."""

    tier: Tier


class OwnThreshold(Section, frozen=True):
    """What a category or segment has of its own; a bare number is its threshold."""

    threshold: Share | None = None


class SignalRule(Rule, frozen=True):
    """A trigger on a signal: fires at `threshold` (0-1) and above.

    `categories` and `segments` say, here and in every trigger that has numbers, where others hold;
    where both do, the lower.
    """

    threshold: Share
    categories: Mapping[str, Share | OwnThreshold] = {}
    segments: Mapping[str, Share | OwnThreshold] = {}


class Exemption(Section, frozen=True):
    """A question of security that the AI may answer: who decided that, when and why."""

    sub_reason: str
    by: Phrase
    since: date
    reason: Phrase


class SecurityRule(SignalRule, frozen=True):
    """Access, credentials and data privacy: never relaxed, but for the questions in `exempt`.

    Those can only be how something of one's own is done (`password_how_to`, `mfa_how_to`,
    `privacy_how_to`), in a message that says nothing else of security.
    """

    exempt: tuple[Exemption, ...] = ()


class OwnMoney(OwnThreshold, frozen=True):
    """What a category or segment has of its own; a bare number is its threshold."""

    dispute_threshold: Share | None = None


class BillingRule(SignalRule, frozen=True, kw_only=True):
    """Money, and from `dispute_threshold` on, a charge that is contested.

    `informational` are the questions that only want to know and stay with the AI where nothing is
    contested: `invoice_copy`, `usage`, `payment_status`, and `price_question`, which is what
    something costs, or how it can be paid, asked by somebody who has no account yet.
    """

    dispute_threshold: Share
    informational: tuple[Literal["invoice_copy", "usage", "payment_status", "price_question"], ...]
    categories: Mapping[str, Share | OwnMoney] = {}
    segments: Mapping[str, Share | OwnMoney] = {}


class OwnComplexity(Section, frozen=True):
    """What a category or segment has of its own."""

    review_from: Count | None = None
    handoff_from: Count | None = None


class ComplexityRule(Section, frozen=True):
    """From how many linked technical variables on a draft is reviewed, or a person takes over.

    Those count that the customer has named of one problem by then.
    """

    review_from: Count
    handoff_from: Count
    categories: Mapping[str, OwnComplexity] = {}
    segments: Mapping[str, OwnComplexity] = {}


class OwnStakes(Section, frozen=True):
    """What a category or segment has of its own."""

    contract_value: Value | None = None
    problem_threshold: Share | None = None


class HighStakesRule(Section, frozen=True):
    """Which accounts are high stakes, and the tier of their messages without and with a problem.

    A problem is a technical, billing or negative signal from `problem_threshold` on, or a ticket
    of one of `problem_categories`. An account that its health says is at risk counts as flagged
    for churn, here and wherever a policy asks for that flag.
    """

    vip: bool
    churn_flag: bool
    contract_value: Value
    tier_alone: Tier
    tier_with_problem: Tier
    problem_threshold: Share
    problem_categories: tuple[str, ...]
    categories: Mapping[str, OwnStakes] = {}
    segments: Mapping[str, OwnStakes] = {}


class OwnRounds(Section, frozen=True):
    """What a category or segment has of its own."""

    rounds_without_progress: Count | None = None
    rounds: Count | None = None


class LoopRule(Rule, frozen=True):
    """How many rounds without progress, or in all, are too many."""

    rounds_without_progress: Count
    rounds: Count
    categories: Mapping[str, OwnRounds] = {}
    segments: Mapping[str, OwnRounds] = {}


class OwnRepeats(Section, frozen=True):
    """What a category or segment has of its own."""

    repeats: Count | None = None
    similarity: Share | None = None


class RepetitionRule(Rule, frozen=True):
    """How often the same may be asked again; two questions are the same from `similarity` on."""

    repeats: Count
    similarity: Share
    categories: Mapping[str, OwnRepeats] = {}
    segments: Mapping[str, OwnRepeats] = {}


class DoubtRule(SignalRule, frozen=True):
    """How much the AI may doubt a draft (1 - confidence); no segment's sensitivity changes it."""


class OwnWait(Section, frozen=True):
    """What a category or segment has of its own."""

    after: ByChannel | None = None


class WaitRule(Rule, frozen=True):
    """How long is too long, by channel."""

    after: ByChannel
    categories: Mapping[str, OwnWait] = {}
    segments: Mapping[str, OwnWait] = {}


class OpenTimeRule(Rule, frozen=True):
    """A ticket that is open for too long: the limits are the segments', on these calendars."""

    calendar: CalendarByChannel


class LinkRule(Rule, frozen=True):
    """A ticket whose problem is an open incident: an escalation of it is at least so pressing.

    Without a priority the incident changes none.
    """

    tier: Tier = 0
    priority: Priority | None = 2


class Triggers(Section, frozen=True):
    """One rule for every reason code."""

    safety: SignalRule
    security: SecurityRule
    legal_compliance: SignalRule
    billing: BillingRule
    human_request: SignalRule
    negative_sentiment: SignalRule
    sentiment_drop: SignalRule
    urgency: SignalRule
    complex_troubleshooting: ComplexityRule
    high_stakes_account: HighStakesRule
    ai_loop: LoopRule
    repeated_question: RepetitionRule
    ai_gave_up: SignalRule
    ai_no_answer: WaitRule
    open_time: OpenTimeRule
    low_confidence: DoubtRule
    unreadable: Rule
    out_of_pattern: SignalRule = SignalRule(tier=1, threshold=0.5)
    anomaly_link: LinkRule = LinkRule()
