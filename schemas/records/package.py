"""The handoff package: all that a person needs to take over."""

from enum import StrEnum

from schemas.records.accounts import AccountProfile, HealthLevel, TicketSummary
from schemas.records.anomaly import AnomalyLink
from schemas.records.base import Millis, Part
from schemas.records.conversation import Attachment, ContextSection, MessageStatus, Role, Visibility
from schemas.records.facts import AiAttempt, Entity, TranscriptCut


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
