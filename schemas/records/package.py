"""The handoff package: all that a person needs to take over."""

from enum import StrEnum

from schemas.records.accounts import AccountProfile, HealthLevel, TicketSummary
from schemas.records.anomaly import AnomalyLink
from schemas.records.base import Millis, Part
from schemas.records.conversation import Attachment, ContextSection, MessageStatus, Role, Visibility


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
