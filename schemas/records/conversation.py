"""What chat platforms write: messages, and what else happened to a ticket."""

from enum import StrEnum

from schemas.records.accounts import AccountSnapshot
from schemas.records.base import DurationMillis, GrowingEnum, Millis, Part, Reason, Record
from schemas.records.facts import AiAttempt, Entity, TranscriptCut


class Role(GrowingEnum):
    """Who speaks."""

    CUSTOMER = "customer"
    AI = "ai"
    HUMAN = "human"
    SYSTEM = "system"
    UNKNOWN = "unknown"


class Visibility(StrEnum):
    """Who may read a message."""

    PUBLIC = "public"
    INTERNAL = "internal"


class MessageStatus(StrEnum):
    """Whether an AI message has gone to the customer."""

    SENT = "sent"
    DRAFT = "draft"


class Attachment(Part, frozen=True):
    """A file that came with a message; its bytes stay with the platform."""

    media_type: str
    name: str | None = None
    size_bytes: int | None = None
    extracted_text: str | None = None
    reference: str | None = None


class ConversationMessage(Record, frozen=True):
    """One message of a support conversation."""

    message_id: str
    ticket_id: str
    role: Role
    text: str
    sent_at: Millis
    account_id: str | None = None
    requester_id: str | None = None
    author_id: str | None = None
    tenant: str = "default"
    visibility: Visibility = Visibility.PUBLIC
    automated: bool = False
    channel: str = "chat"
    language: str | None = None
    subject: str | None = None
    translated_text: str | None = None
    attachments: tuple[Attachment, ...] = ()
    status: MessageStatus = MessageStatus.SENT
    draft_id: str | None = None
    in_reply_to: str | None = None
    confidence: float | None = None
    intent: str | None = None
    gave_up: bool = False
    attributes: dict[str, str] = {}


class UpdateKind(GrowingEnum):
    """What happened to a ticket."""

    OPENED = "opened"
    IDENTIFIED = "identified"
    PENDING_ON_CUSTOMER = "pending_on_customer"
    ON_HOLD = "on_hold"
    ASSIGNED = "assigned"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TRANSFERRED = "transferred"
    GATE_TIMEOUT = "gate_timeout"
    ACCOUNT_CHANGED = "account_changed"
    HUMAN_REPLIED = "human_replied"
    DRAFT_REVIEWED = "draft_reviewed"
    HANDED_BACK = "handed_back"
    VERDICT = "verdict"
    RESOLVED = "resolved"
    REOPENED = "reopened"
    MERGED_INTO = "merged_into"
    MERGED_FROM = "merged_from"
    CSAT = "csat"
    CONTEXT = "context"
    ERASED = "erased"
    UNKNOWN = "unknown"


class DraftOutcome(StrEnum):
    """What a reviewer did with an AI draft."""

    APPROVED = "approved"
    EDITED = "edited"
    REJECTED = "rejected"
    EXPIRED = "expired"


class DraftReview(Part, frozen=True):
    """A person's word on an AI draft."""

    draft_id: str
    outcome: DraftOutcome
    reviewer_id: str | None = None
    sent_text: str | None = None


class Verdict(Part, frozen=True):
    """A person's judgement of an escalation; None where it was not given."""

    needed: bool | None = None
    late: bool | None = None
    used_only_ai_knowledge: bool | None = None


class CsatAbout(StrEnum):
    """What a satisfaction score is about."""

    AI = "ai"
    HANDOFF = "handoff"
    AGENT = "agent"
    OVERALL = "overall"


class Csat(Part, frozen=True):
    """A satisfaction score as a share of the best one, 0-1."""

    score: float
    about: CsatAbout = CsatAbout.OVERALL
    comment: str | None = None


class ContextSection(Part, frozen=True):
    """What another system knows about a ticket."""

    source: str
    as_of: Millis
    title: str | None = None
    fields: dict[str, str] = {}
    link: str | None = None


class MergedTicket(Part, frozen=True):
    """What the target of a merge must know of the ticket that was merged into it."""

    ticket_id: str
    opened_at: Millis
    tier: int = 0
    category: str | None = None
    route: str | None = None
    escalation_id: str | None = None
    escalated_at: Millis | None = None
    first_response_due_at: Millis | None = None
    reasons: tuple[Reason, ...] = ()
    customer_wrote_at: Millis | None = None
    given: tuple[Entity, ...] = ()
    issue: str | None = None
    attempts: tuple[AiAttempt, ...] = ()
    asked: str | None = None
    transcript: TranscriptCut | None = None
    erased: bool = False
    open_since: Millis | None = None
    paused: DurationMillis = 0
    paused_since: Millis | None = None


class TicketUpdate(Record, frozen=True):
    """One thing that happened to a ticket, but no message. Its kind says which fields count."""

    update_id: str
    ticket_id: str
    kind: UpdateKind
    occurred_at: Millis
    tenant: str = "default"
    actor_id: str | None = None
    account_id: str | None = None
    requester_id: str | None = None
    verified: bool | None = None
    message_id: str | None = None
    revision: int | None = None
    route: str | None = None
    reason: str | None = None
    instructions: str | None = None
    resolution_path: str | None = None
    other_ticket_id: str | None = None
    until: Millis | None = None
    draft: DraftReview | None = None
    verdict: Verdict | None = None
    csat: Csat | None = None
    context: ContextSection | None = None
    account: AccountSnapshot | None = None
    attributes: dict[str, str] = {}
    channel: str | None = None
    escalation_id: str | None = None
    merged: MergedTicket | None = None
