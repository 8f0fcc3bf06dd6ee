"""Reviews: AI drafts that wait for a person."""

from schemas.records.base import GrowingEnum, Millis, Reason, Record


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
