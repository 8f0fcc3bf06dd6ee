"""Escalations, what became of them, and how the queues stand that they lie on."""

from schemas.records.accounts import AccountProfile, HealthLevel, TicketSummary
from schemas.records.anomaly import AnomalyLink
from schemas.records.base import DurationMillis, GrowingEnum, Millis, Mode, Reason, Record
from schemas.records.conversation import ContextSection
from schemas.records.decision import CustomerNotice
from schemas.records.package import HandoffPackage, PartStatus, TranscriptEntry
from schemas.records.sla import SlaDue


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
    consult: tuple[str, ...] = ()


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
