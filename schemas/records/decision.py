"""What Baton answers: may the AI go on, must a person check, does a person take over."""

from enum import StrEnum

from schemas.records.accounts import HealthLevel, RequesterFlood
from schemas.records.anomaly import AnomalyLink
from schemas.records.base import DurationMillis, Millis, Mode, Part, Reason, Record


class Cause(StrEnum):
    """What a decision answers."""

    MESSAGE = "message"
    DRAFT = "draft"
    TIMER = "timer"
    UPDATE = "update"


class Action(StrEnum):
    """What the platform does now."""

    REPLY = "reply"
    REVIEW = "review"
    COLLECT = "collect"
    HANDOFF = "handoff"
    SILENT = "silent"
    NONE = "none"


class SignalScore(Part, frozen=True):
    """The score of a signal and the threshold it was held against."""

    code: str
    score: float
    threshold: float


class CustomerNotice(Part, frozen=True):
    """What the platform tells the customer at a handoff, as a system message, once."""

    template: str
    language: str
    expected_wait: DurationMillis | None = None
    next_opening_at: Millis | None = None
    callback: bool = False


class QueueLoad(Part, frozen=True):
    """How many tickets waited on a queue when its overload was asked about."""

    route: str
    as_of: Millis
    queue_depth: int | None = None
    queue_target: int | None = None


class UsedInputs(Part, frozen=True):
    """Versions and times of everything a decision was made from; a replay needs no more."""

    policy: str
    model: str
    segment: str
    clock: Millis
    profile_as_of: Millis | None = None
    health_as_of: Millis | None = None
    route_status_as_of: Millis | None = None
    contract_value: float | None = None
    vip: bool | None = None
    churn_flag: bool | None = None
    account_tier: str | None = None
    account_verified: bool | None = None
    health: HealthLevel = HealthLevel.UNKNOWN
    flood: RequesterFlood | None = None
    route_open: bool | None = None
    agents_available: int | None = None
    queue_depth: int | None = None
    queue_target: int | None = None
    expected_wait: DurationMillis | None = None
    next_opening_at: Millis | None = None
    anomaly_revision: int | None = None
    route_status_of: str | None = None
    anomaly: AnomalyLink | None = None
    queue_load: QueueLoad | None = None
    account_attributes: dict[str, str] = {}


class Decision(Record, frozen=True):
    """One decision on a ticket. The one with the highest sequence is in force."""

    decision_id: str
    ticket_id: str
    cause: Cause
    subject_id: str
    sequence: int
    decided_at: Millis
    action: Action
    tier: int
    category: str
    used: UsedInputs
    tenant: str = "default"
    account_id: str | None = None
    message_id: str | None = None
    mode: Mode = Mode.ENFORCE
    route: str | None = None
    reasons: tuple[Reason, ...] = ()
    signals: tuple[SignalScore, ...] = ()
    episode: int = 0
    escalation_id: str | None = None
    review_id: str | None = None
    anomaly_id: str | None = None
    collect: tuple[str, ...] = ()
    customer_notice: CustomerNotice | None = None
    contract_violation: bool = False
    instructions: str | None = None
    changed_duplicate: bool = False
    erased: bool = False
