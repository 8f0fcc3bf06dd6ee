"""The policy as typed records: what a support organisation decides for itself.

A policy is whole: what it says, with what it is based on, is all that applies.
"""

from datetime import date
from typing import Annotated, Literal

import msgspec

from schemas.records import Mode
from streams.core.policy.anomalies import AnomalyPolicy, Count
from streams.core.policy.duration import Duration
from streams.core.policy.opening import Opening
from streams.core.policy.privacy import Privacy
from streams.core.policy.section import Section
from streams.core.reasons import Code

Tier = Literal[0, 1, 2]
Share = Annotated[float, msgspec.Meta(gt=0, le=1)]
Phrase = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}\Z")]
Word = Annotated[str, msgspec.Meta(pattern=r"^[^\s\x00-\x1f](?:.{0,98}[^\s\x00-\x1f])?\Z")]
Language = Annotated[str, msgspec.Meta(pattern=r"^[a-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}\Z")]
Version = Annotated[int, msgspec.Meta(ge=1, le=2_147_483_647)]
Value = Annotated[float, msgspec.Meta(ge=0, le=1e15)]
Priority = Annotated[int, msgspec.Meta(ge=1, le=5)]


class ByChannel(Section, frozen=True):
    """A duration for each kind of channel; `other` is every channel not named."""

    chat: Duration
    email: Duration
    other: Duration

    def of(self, channel: str) -> Duration:
        """The duration on a channel."""
        if channel == "chat":
            return self.chat
        return self.email if channel == "email" else self.other


class CalendarByChannel(Section, frozen=True):
    """The name of a calendar for each kind of channel; `other` is every channel not named."""

    chat: str
    email: str
    other: str

    def of(self, channel: str) -> str:
        """The calendar on a channel."""
        if channel == "chat":
            return self.chat
        return self.email if channel == "email" else self.other


class Week(Section, frozen=True):
    """Opening hours by day of the week, rising; a day that is not named is closed."""

    mon: tuple[Opening, ...] = ()
    tue: tuple[Opening, ...] = ()
    wed: tuple[Opening, ...] = ()
    thu: tuple[Opening, ...] = ()
    fri: tuple[Opening, ...] = ()
    sat: tuple[Opening, ...] = ()
    sun: tuple[Opening, ...] = ()


class PublicHolidays(Section, frozen=True):
    """Where holidays are kept: a country (ISO 3166-1) and, where they differ, a part of it."""

    country: str
    subdivision: str | None = None


class Calendar(Section, frozen=True):
    """When people are there, by the wall clock of an IANA time zone."""

    time_zone: str
    open: Week
    holidays: tuple[PublicHolidays, ...] = ()
    closed: tuple[date, ...] = ()


class Rule(Section, frozen=True):
    """A trigger that only says how strict it is."""

    tier: Tier


class SignalRule(Rule, frozen=True):
    """A trigger on a signal: fires at `threshold` (0-1) and above.

    `categories` and `segments` say where another threshold holds; where both do, the lower.
    """

    threshold: Share
    categories: dict[str, Share] = {}
    segments: dict[str, Share] = {}


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


class BillingRule(SignalRule, frozen=True, kw_only=True):
    """Money, and from `dispute_threshold` on, a charge that is contested.

    `informational` are the questions that only want to know and stay with the AI where nothing is
    contested: `invoice_copy`, `usage`, `payment_status`, and `price_question`, which is what
    something costs, or how it can be paid, asked by somebody who has no account yet.
    """

    dispute_threshold: Share
    informational: tuple[Literal["invoice_copy", "usage", "payment_status", "price_question"], ...]


class ComplexityRule(Section, frozen=True):
    """From how many linked technical variables on a draft is reviewed, or a person takes over."""

    review_from: Count
    handoff_from: Count


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


class LoopRule(Rule, frozen=True):
    """How many rounds without progress, or in all, are too many."""

    rounds_without_progress: Count
    rounds: Count


class RepetitionRule(Rule, frozen=True):
    """How often the same may be asked again; two questions are the same from `similarity` on."""

    repeats: Count
    similarity: Share


class DoubtRule(SignalRule, frozen=True):
    """How much the AI may doubt a draft (1 - confidence); no segment's sensitivity changes it."""


class WaitRule(Rule, frozen=True):
    """How long is too long, by channel."""

    after: ByChannel


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


class Segment(Section, frozen=True):
    """A group of accounts: the first whose any condition holds is the account's.

    `sensitivity` multiplies the thresholds of signals; `open_time` is the trigger's limit. Targets
    of clocks go by `calendar`, or by the channel's.
    """

    name: Name
    sensitivity: Share
    open_time: ByChannel
    first_response: Duration | None
    next_response: Duration | None = None
    resolution: Duration | None = None
    calendar: str | None = None
    page_on_call: bool = False
    vip: bool = False
    churn_flag: bool = False
    contract_value: Value | None = None
    tiers: tuple[Word, ...] = ()


class Route(Section, frozen=True):
    """A queue: takes a ticket when one of these reasons fired or its category is one of these.

    Priority 1 is the most pressing, 5 the least. The last route has neither reasons nor
    categories and takes what is left. `collect` names what the AI may ask the customer for until
    somebody has taken the ticket, such as `order` or `version`.
    """

    name: Name
    priority: Priority
    reasons: tuple[Code, ...] = ()
    categories: tuple[str, ...] = ()
    required_skills: tuple[Word, ...] = ()
    preferred_skills: tuple[Word, ...] = ()
    consult: tuple[Word, ...] = ()
    collect: tuple[Name, ...] = ()
    notice: Word = "handoff"
    notice_closed: Word = "handoff_closed"
    first_response: Duration | None = None
    next_response: Duration | None = None
    resolution: Duration | None = None
    calendar: str | None = None


class Sla(Section, frozen=True):
    """Targets of the clocks in time of the calendars; routes and segments can have their own."""

    calendar: CalendarByChannel
    first_response: ByChannel
    next_response: ByChannel
    resolution: ByChannel
    warn_at: tuple[Annotated[int, msgspec.Meta(ge=1, le=99)], ...]


class Reviews(Section, frozen=True):
    """How long a review waits for the AI's draft, and for a person's word on it."""

    calendar: CalendarByChannel
    draft_within: Duration
    judged_within: ByChannel


class Escalations(Section, frozen=True):
    """How often a ticket may move and come back, and how long repeated signals are merged."""

    cool_down: Duration
    max_hand_backs: Annotated[int, msgspec.Meta(ge=0, le=100)]
    max_moves: Annotated[int, msgspec.Meta(ge=0, le=100)]
    relax_preferred_after: tuple[Duration, ...]
    lead_route: Name


class Overload(Section, frozen=True):
    """What needs less of people while a queue is longer than so many times its target.

    The tiers that hold then; nothing else is ever relaxed. A high-stakes account is meant alone,
    without a problem.
    """

    queue_over: Annotated[float, msgspec.Meta(ge=1, le=1_000)]
    sentiment_drop: Literal[1, 2]
    ai_loop: Literal[1, 2]
    high_stakes_account: Literal[0, 1]


class Retention(Section, frozen=True):
    """When a silent ticket counts as resolved, until when it can be reopened rather than be another
    matter, and how long what is known of it is kept.
    """

    silence: Duration
    durable: Duration
    transcript: Duration
    stub: Duration
    transcript_messages: Count


class Package(Section, frozen=True):
    """Bounds of a handoff package and its transcript, and from what age on a part is stale."""

    max_bytes: Count
    max_messages: Count
    stale_after: Duration


class When(Section, frozen=True):
    """The conditions of a rule: all that are written must hold, of a list any one.

    `keywords` are words or phrases in any case, `patterns` regular expressions (RE2) of what the
    customer writes. `negative_from` is the sentiment of the message, 0 friendly to 1 very negative.
    `confidence_below` is the AI's confidence in a draft: a rule that says it is about drafts, any
    other about customers' messages. `attributes` are those of the message.
    """

    categories: tuple[str, ...] = ()
    keywords: tuple[Phrase, ...] = ()
    patterns: tuple[Phrase, ...] = ()
    negative_from: Share | None = None
    confidence_below: Share | None = None
    channels: tuple[Phrase, ...] = ()
    languages: tuple[Phrase, ...] = ()
    tiers: tuple[Phrase, ...] = ()
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


class Binding(Section, frozen=True):
    """How far something binds: obeyed (`enforce`), shown (`advise`) or only recorded (`shadow`).

    `percent` of the tickets have the mode, always the same ones; the others have shadow.
    """

    mode: Mode
    percent: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100


class Modes(Section, frozen=True):
    """Where triggers, segments or routes bind less than the policy as a whole: the weakest counts.

    Safety, security and legal matters always bind, and so does what has happened already.
    """

    triggers: dict[str, Binding] = {}
    segments: dict[str, Binding] = {}
    routes: dict[str, Binding] = {}


class Stopped(Section, frozen=True):
    """Where the AI is switched off: every customer message there goes to a person."""

    everywhere: bool = False
    routes: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()


class Outreach(Section, frozen=True):
    """Who reaches out to accounts at risk, by segment; else the one the account's profile names."""

    owners: dict[str, Phrase] = {}


# Equal only to itself, so that what it implies is worked out once: see `plan_of`.
class Policy(Section, frozen=True, eq=False):
    """Everything a decision depends on besides the record, the ticket and the account."""

    name: Name
    version: Version
    mode: Mode
    language: Language
    triggers: Triggers
    segments: tuple[Segment, ...]
    routes: tuple[Route, ...]
    calendars: dict[str, Calendar]
    sla: Sla
    reviews: Reviews
    escalations: Escalations
    overload: Overload
    retention: Retention
    package: Package
    rules: tuple[TeamRule, ...] = ()
    modes: Modes = Modes()
    stopped: Stopped = Stopped()
    privacy: Privacy = Privacy()
    outreach: Outreach = Outreach()
    anomalies: AnomalyPolicy = AnomalyPolicy()

    @property
    def reference(self) -> str:
        """The version as decisions name it: `name@version`."""
        return f"{self.name}@{self.version}"
