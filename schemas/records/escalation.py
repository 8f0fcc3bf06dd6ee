"""What desks read: reviews, escalations with their handoff package, and what became of them."""

from enum import StrEnum

from schemas.records.accounts import AccountProfile, HealthLevel, TicketSummary
from schemas.records.anomaly import AnomalyLink
from schemas.records.base import DurationMillis, GrowingEnum, Millis, Mode, Part, Reason, Record
from schemas.records.conversation import Attachment, ContextSection, MessageStatus, Role, Visibility
from schemas.records.decision import CustomerNotice


class ReviewState(GrowingEnum):
    """Where a review stands."""

    WAITING = "waiting"
    SUPERSEDED = "superseded"
    ANSWERED = "answered"
    EXPIRED = "expired"
    UNKNOWN = "unknown"


class ReviewRequest(Record, frozen=True):
    """An AI draft waits for a person, or soon will."""

    review_id: str
    ticket_id: str
    message_id: str
    decision_id: str
    route: str
    requested_at: Millis
    due_at: Millis
    tenant: str = "default"
    account_id: str | None = None
    draft_id: str | None = None
    draft_text: str | None = None
    question: str | None = None
    channel: str = "chat"
    language: str | None = None
    category: str = "general"
    priority: int = 3
    required_skills: tuple[str, ...] = ()
    preferred_skills: tuple[str, ...] = ()
    reasons: tuple[Reason, ...] = ()
    revision: int = 1
    state: ReviewState = ReviewState.WAITING
    segment: str = "default"
    confidence: float | None = None


class TranscriptEntry(Part, frozen=True):
    """A message as the handoff package carries it."""

    message_id: str
    role: Role
    text: str
    sent_at: Millis
    author_id: str | None = None
    visibility: Visibility = Visibility.PUBLIC
    status: MessageStatus = MessageStatus.SENT
    automated: bool = False
    translated_text: str | None = None
    attachments: tuple[Attachment, ...] = ()


class TranscriptCut(Part, frozen=True):
    """What the transcript leaves out, and where it can be read."""

    messages: int
    topic: str
    partition: int
    first_offset: int
    last_offset: int


class AiAttempt(Part, frozen=True):
    """What the AI tried, and what came of it."""

    message_id: str
    text: str
    outcome: str


class Entity(Part, frozen=True):
    """Something named in a message: an order number, a version, an amount, an error code."""

    kind: str
    value: str
    message_id: str
    start: int
    end: int


class Summary(Part, frozen=True):
    """The ticket in the customer's and the AI's own words."""

    issue: str
    attempts: tuple[AiAttempt, ...] = ()
    given: tuple[Entity, ...] = ()
    asked: str | None = None


class SentimentPoint(Part, frozen=True):
    """How negative a customer message was, 0-1."""

    message_id: str
    at: Millis
    negative: float
    author_id: str | None = None


class PartState(StrEnum):
    """Whether a part of the package is there."""

    PRESENT = "present"
    MISSING = "missing"
    STALE = "stale"


class PartStatus(Part, frozen=True):
    """What is there of a part of the package, and as of when."""

    part: str
    state: PartState
    as_of: Millis | None = None


class HandoffPackage(Part, frozen=True):
    """Everything a person needs to take over without asking the customer again."""

    transcript: tuple[TranscriptEntry, ...]
    summary: Summary
    parts: tuple[PartStatus, ...]
    transcript_cut: TranscriptCut | None = None
    entities: tuple[Entity, ...] = ()
    sentiment: tuple[SentimentPoint, ...] = ()
    account: AccountProfile | None = None
    health: HealthLevel = HealthLevel.UNKNOWN
    history: tuple[TicketSummary, ...] = ()
    context: tuple[ContextSection, ...] = ()
    anomaly: AnomalyLink | None = None


class SlaClock(StrEnum):
    """What is measured."""

    FIRST_RESPONSE = "first_response"
    NEXT_RESPONSE = "next_response"
    RESOLUTION = "resolution"


class SlaDue(Part, frozen=True):
    """When a clock of the ticket runs out."""

    clock: SlaClock
    due_at: Millis
    target: DurationMillis


class Escalation(Record, frozen=True):
    """A person takes over: what, why, on whose queue, by when, and the whole context."""

    escalation_id: str
    ticket_id: str
    decision_id: str
    episode: int
    revision: int
    route: str
    priority: int
    created_at: Millis
    category: str
    reasons: tuple[Reason, ...]
    package: HandoffPackage
    tenant: str = "default"
    account_id: str | None = None
    requester_id: str | None = None
    channel: str = "chat"
    language: str | None = None
    plan: str | None = None
    segment: str = "default"
    required_skills: tuple[str, ...] = ()
    preferred_skills: tuple[str, ...] = ()
    consult: tuple[str, ...] = ()
    due: tuple[SlaDue, ...] = ()
    customer_notice: CustomerNotice | None = None
    mode: Mode = Mode.ENFORCE
    page_on_call: bool = False


class EscalationChange(GrowingEnum):
    """What changed on an escalation."""

    SIGNALS = "signals"
    MOVED = "moved"
    ACCEPTED = "accepted"
    ACCEPT_REFUSED = "accept_refused"
    DECLINED = "declined"
    REOPENED = "reopened"
    CONTEXT = "context"
    CLOSED = "closed"
    MESSAGE = "message"
    PACKAGE = "package"
    SKILLS = "skills"
    CLOCK = "clock"
    UNKNOWN = "unknown"


class EscalationUpdate(Record, frozen=True):
    """Something about an escalation changed; the highest revision is in force."""

    update_id: str
    escalation_id: str
    ticket_id: str
    revision: int
    change: EscalationChange
    route: str
    changed_at: Millis
    tenant: str = "default"
    owner_id: str | None = None
    previous_route: str | None = None
    reasons: tuple[Reason, ...] = ()
    messages: tuple[TranscriptEntry, ...] = ()
    context: tuple[ContextSection, ...] = ()
    note: str | None = None
    priority: int | None = None
    required_skills: tuple[str, ...] = ()
    preferred_skills: tuple[str, ...] = ()
    due: tuple[SlaDue, ...] = ()
    parts: tuple[PartStatus, ...] = ()
    account: AccountProfile | None = None
    health: HealthLevel = HealthLevel.UNKNOWN
    history: tuple[TicketSummary, ...] = ()
    anomaly: AnomalyLink | None = None
    notify: tuple[str, ...] = ()


class OpenEscalation(Record, frozen=True):
    """An escalation that is open now; a tombstone on its key says it is closed."""

    ticket_id: str
    escalation_id: str
    route: str
    revision: int
    priority: int
    opened_at: Millis
    category: str
    reason_codes: tuple[str, ...]
    tenant: str = "default"
    account_id: str | None = None
    owner_id: str | None = None
    due: tuple[SlaDue, ...] = ()
    episode: int = 0
    segment: str = "default"


class RouteStatus(Record, frozen=True):
    """How a queue stands, as the routing consumer sees it."""

    route: str
    open: bool
    updated_at: Millis
    tenant: str = "default"
    agents_available: int | None = None
    queue_depth: int | None = None
    queue_target: int | None = None
    expected_wait: DurationMillis | None = None
    next_opening_at: Millis | None = None


class SlaEventKind(GrowingEnum):
    """What happened to a clock."""

    ACTIVATED = "activated"
    WARNED = "warned"
    BREACHED = "breached"
    MET = "met"
    CANCELLED = "cancelled"
    PAUSED = "paused"
    RESUMED = "resumed"
    UNKNOWN = "unknown"


class SlaEvent(Record, frozen=True):
    """A clock of a ticket started, ran low, ran out or was met."""

    event_id: str
    ticket_id: str
    clock: SlaClock
    kind: SlaEventKind
    at: Millis
    due_at: Millis
    target: DurationMillis
    tenant: str = "default"
    account_id: str | None = None
    escalation_id: str | None = None
    route: str | None = None
    segment: str = "default"
    percent: int | None = None
    elapsed: DurationMillis | None = None
    elapsed_business: DurationMillis | None = None
