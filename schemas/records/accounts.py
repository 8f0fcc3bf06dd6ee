"""What is known of an account, and how it is doing."""

from schemas.records.base import DurationMillis, GrowingEnum, Millis, Part, Record


class BillingContext(Part, frozen=True):
    """How an account pays."""

    plan: str | None = None
    status: str | None = None
    balance_due: float | None = None
    currency: str | None = None
    last_invoice_id: str | None = None
    last_payment_at: Millis | None = None
    renewal_at: Millis | None = None


class TicketSummary(Part, frozen=True):
    """An earlier ticket of an account, in a line."""

    ticket_id: str
    opened_at: Millis
    closed_at: Millis | None = None
    category: str | None = None
    outcome: str | None = None
    escalated: bool = False
    reopened: bool = False
    sentiment: float | None = None


class AccountProfile(Record, frozen=True):
    """What the CRM and billing systems say of an account."""

    account_id: str
    updated_at: Millis
    tenant: str = "default"
    name: str | None = None
    tier: str | None = None
    vip: bool = False
    churn_flag: bool = False
    contract_value: float | None = None
    currency: str | None = None
    seats: int | None = None
    region: str | None = None
    language: str | None = None
    customer_since: Millis | None = None
    owner_id: str | None = None
    products: tuple[str, ...] = ()
    billing: BillingContext | None = None
    attributes: dict[str, str] = {}
    merged_into: str | None = None
    history: tuple[TicketSummary, ...] = ()


class HealthLevel(GrowingEnum):
    """Where an account stands."""

    UNKNOWN = "unknown"
    HEALTHY = "healthy"
    WATCH = "watch"
    AT_RISK = "at_risk"


class RequesterFlood(Part, frozen=True):
    """One requester opened many tickets within a short time."""

    requester_id: str
    tickets: int
    since: Millis


class AccountSnapshot(Part, frozen=True):
    """The values of profile and health that a ticket is decided with."""

    account_id: str
    as_of: Millis
    tier: str | None = None
    vip: bool = False
    churn_flag: bool = False
    contract_value: float | None = None
    health: HealthLevel = HealthLevel.UNKNOWN
    language: str | None = None
    flood: RequesterFlood | None = None
    health_as_of: Millis | None = None
    recent_tickets: tuple[TicketSummary, ...] = ()
    attributes: dict[str, str] = {}

    @property
    def may_leave(self) -> bool:
        """Whether the account is about to leave: the CRM says so, or its health does."""
        return self.churn_flag or self.health is HealthLevel.AT_RISK


class HealthReason(Part, frozen=True):
    """Why an account's score is what it is."""

    code: str
    value: float
    baseline: float | None = None
    ticket_ids: tuple[str, ...] = ()


class Opportunity(Part, frozen=True):
    """A suggestion to reach out to an account before it leaves."""

    opportunity_id: str
    reason: str
    created_at: Millis
    owner_id: str | None = None
    ticket_ids: tuple[str, ...] = ()
    priority: int = 3
    accepted_at: Millis | None = None


class AccountHealth(Record, frozen=True):
    """How an account is doing; the latest record is in force."""

    account_id: str
    updated_at: Millis
    score: float
    level: HealthLevel
    tenant: str = "default"
    previous_level: HealthLevel = HealthLevel.UNKNOWN
    reasons: tuple[HealthReason, ...] = ()
    sentiment_trend: float | None = None
    tickets_7_days: int = 0
    tickets_7_days_baseline: float | None = None
    escalations_30_days: int = 0
    reopened_30_days: int = 0
    recent_tickets: tuple[TicketSummary, ...] = ()
    flood: RequesterFlood | None = None
    opportunity: Opportunity | None = None


class OpportunityStatus(GrowingEnum):
    """What became of an outreach opportunity."""

    ACCEPTED = "accepted"
    DONE = "done"
    DISMISSED = "dismissed"
    SNOOZED = "snoozed"
    UNKNOWN = "unknown"


class OpportunityUpdate(Record, frozen=True):
    """Customer success answers an outreach opportunity."""

    update_id: str
    opportunity_id: str
    account_id: str
    status: OpportunityStatus
    occurred_at: Millis
    tenant: str = "default"
    actor_id: str | None = None
    until: Millis | None = None
    note: str | None = None


class Outreach(Part, frozen=True):
    """What an account that has become part of another knew of reaching out to it."""

    next_at: Millis | None = None
    opportunity: Opportunity | None = None
    until: Millis | None = None
    answer: OpportunityUpdate | None = None


class ActivityKind(GrowingEnum):
    """What of a ticket counts for its account."""

    MESSAGE = "message"
    OPENED = "opened"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    CLOSED = "closed"
    LEFT = "left"
    ERASED = "erased"
    ANSWERED = "answered"
    OUTREACH = "outreach"
    UNKNOWN = "unknown"


class AccountActivity(Record, frozen=True):
    """Something happened on a ticket of an account."""

    activity_id: str
    ticket_id: str
    kind: ActivityKind
    occurred_at: Millis
    tenant: str = "default"
    account_id: str | None = None
    requester_id: str | None = None
    message_id: str | None = None
    category: str | None = None
    negative: float | None = None
    tier: int | None = None
    waited: DurationMillis | None = None
    outcome: str | None = None
    moves: int = 0
    lacks_history: bool = False
    outreach: Outreach | None = None
