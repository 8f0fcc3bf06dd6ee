"""What is remembered of a ticket between two events.

Encoded as arrays: a new field goes to the end of its struct and has a default, so that older
states stay readable.
"""

from enum import StrEnum

import msgspec

from schemas.records import (
    AnomalyLink,
    ContextSection,
    Csat,
    Millis,
    Reason,
    Role,
    TicketOutcome,
    Verdict,
)
from streams.core.tickets.mutable import mutable
from streams.core.tickets.parts import (
    Case,
    Clock,
    Given,
    Heard,
    HeardRule,
    Mood,
    Question,
    Review,
)

KNOWN_IDS = 64
"""How many ids of messages and updates are known, so that one that comes twice counts once."""
KNOWN_ENTITIES = 32
KNOWN_ATTEMPTS = 8
KNOWN_QUESTIONS = 6
KNOWN_AUTHORS = 6
KNOWN_CONTEXT = 8
KNOWN_SCORES = 4
KNOWN_VARIABLES = 16
KNOWN_TARGETS = 8
KNOWN_ERASED = 32
MOOD_POINTS = 6


class Owner(StrEnum):
    """Who answers the customer."""

    AI = "ai"
    REVIEW = "review"
    HUMAN = "human"
    CLOSED = "closed"


@mutable
class Ticket(msgspec.Struct, array_like=True, gc=False):
    """A ticket's state. Mutable only inside `decide`, which works on its own copy."""

    ticket_id: str
    tenant: str
    opened_at: Millis
    owner: Owner = Owner.AI
    episode: int = 1
    sequence: int = 0
    hand_backs: int = 0
    reopened: bool = False
    erased: bool = False

    channel: str = "chat"
    language: str | None = None
    requester_id: str | None = None
    account_id: str | None = None
    verified: bool | None = None

    seen: tuple[int, ...] = ()
    category: str = "general"
    category_message_id: str | None = None
    issue_message_id: str | None = None
    customer_message_id: str | None = None
    last_at: Millis = 0
    last_word: Role = Role.UNKNOWN

    open_since: Millis = 0
    paused: int = 0
    paused_since: Millis | None = None

    rounds: int = 0
    stalled: int = 0
    repeats: int = 0
    ai_asked: bool = False
    contract_broken: bool = False
    questions: tuple[Question, ...] = ()
    moods: tuple[Mood, ...] = ()
    confidences: tuple[float, ...] = ()
    """Of earlier versions: nothing reads it, and it keeps its place."""
    attempts: tuple[str, ...] = ()
    given: tuple[Given, ...] = ()

    tier: int = 0
    route: str | None = None
    reasons: tuple[Reason, ...] = ()
    review: Review | None = None
    case: Case | None = None
    clock: Clock | None = None
    escalated_at: Millis | None = None
    human_replied_at: Millis | None = None
    human_replies: int = 0

    answer_due: Millis | None = None
    open_due: Millis | None = None
    quiet_due: Millis | None = None
    forget_due: Millis | None = None
    closed_at: Millis | None = None
    outcome: str | None = None
    resolution_path: str | None = None
    verdict: Verdict | None = None
    csat: tuple[Csat, ...] = ()
    context: tuple[ContextSection, ...] = ()

    transcript_from: int = 0
    transcript_to: int = 0
    first_offset: int = -1
    last_offset: int = -1

    heard: tuple[Heard, ...] = ()
    complexity: int = 0
    allowed_draft: str | None = None
    cleared_message_id: str | None = None
    instructions: str | None = None
    violations: int = 0
    reviews: int = 0
    earlier_route: str | None = None
    last_outcome: TicketOutcome | None = None
    resolution: Clock | None = None

    @property
    def clocks(self) -> tuple[Clock, ...]:
        """The clocks that run."""
        return tuple(filter(None, (self.clock, self.resolution)))

    transcript_half: int = 0
    half_bytes: int = 0
    anomaly: AnomalyLink | None = None
    variables: tuple[int, ...] = ()
    linked: int = 0
    heard_language: str | None = None
    merged_into: str | None = None
    carried_to: tuple[str, ...] = ()
    """The tickets that it was ever merged into: each has what was told here."""
    forgotten: tuple[str, ...] = ()
    """Other tickets that were erased: what is told of them later comes too late."""
    ruled: tuple[HeardRule, ...] = ()

    @property
    def spoken(self) -> str | None:
        """The customer's language: as the platform states it, else as their words sound."""
        return self.language or self.heard_language

    @property
    def deadline(self) -> Millis | None:
        """When the next timer of this ticket is due: milliseconds, None when none runs."""
        clock = self.clock
        resolution = self.resolution
        review = self.review
        case = self.case
        due = [
            at
            for at in (
                self.answer_due,
                self.open_due,
                self.quiet_due,
                self.forget_due,
                None if clock is None else clock.next_at,
                None if resolution is None else resolution.next_at,
                None if review is None else review.due_at,
                None if case is None else case.relax_at,
            )
            if at is not None
        ]
        return min(due) if due else None

    def escalation_id(self, episode: int) -> str:
        """What the escalation of an episode is called."""
        return f"{self.ticket_id}/e/{episode}"

    def keep_reasons(self, reasons: tuple[Reason, ...], tier: int) -> None:
        """Add the reasons whose codes are new, and hold the strictest tier."""
        self.tier = max(self.tier, tier)
        if not self.reasons:
            self.reasons = reasons
            return
        known = {reason.code for reason in self.reasons}
        self.reasons += tuple([reason for reason in reasons if reason.code not in known])
