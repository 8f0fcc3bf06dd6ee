"""What people did with the tickets they were handed, and the policies that follow from it."""

from enum import StrEnum

from schemas.records.base import DurationMillis, Millis, Mode, Part, Reason, Record
from schemas.records.conversation import Csat, Verdict


class TicketOutcome(Record, frozen=True):
    """How an episode of a ticket ended, keyed by category."""

    outcome_id: str
    ticket_id: str
    episode: int
    category: str
    ended_at: Millis
    tenant: str = "default"
    account_id: str | None = None
    requester_id: str | None = None
    segment: str = "default"
    channel: str = "chat"
    route: str | None = None
    tier: int = 0
    outcome: str = "unknown"
    resolution_path: str | None = None
    policy: str | None = None
    reasons: tuple[Reason, ...] = ()
    verdict: Verdict | None = None
    csat: tuple[Csat, ...] = ()
    reopened: bool = False
    opened_at: Millis | None = None
    escalated_at: Millis | None = None
    first_human_reply_at: Millis | None = None
    time_to_human: DurationMillis | None = None
    ai_rounds: int = 0
    human_replies: int = 0
    revision: int = 1
    mode: Mode = Mode.ENFORCE
    escalation_id: str | None = None
    fingerprint: str | None = None
    reviews: int = 0
    hand_backs: int = 0
    asked_again: bool | None = None
    package_complete: bool | None = None
    contract_violations: int = 0


class PolicyEntry(StrEnum):
    """What a policy record is: a version that never changes, or the pointer to the one in force."""

    VERSION = "version"
    POINTER = "pointer"


class PolicyEvidence(Part, frozen=True):
    """What a change of policy rests on."""

    trigger: str
    category: str | None = None
    samples: int = 0
    note: str | None = None
    from_threshold: float | None = None
    to_threshold: float | None = None
    over_escalation_rate: float | None = None
    missed_rate_upper: float | None = None


class PolicyTerm(Part, frozen=True):
    """A version that was in force from a time on, until the next one's."""

    version: int
    effective_from: Millis


class PolicyVersion(Record, frozen=True):
    """A version of a policy (key `name@version`), or the pointer to the one in force (`name`)."""

    name: str
    version: int
    entry: PolicyEntry
    created_at: Millis
    tenant: str = "default"
    effective_from: Millis | None = None
    previous: int | None = None
    body: str | None = None
    author_id: str | None = None
    comment: str | None = None
    evidence: tuple[PolicyEvidence, ...] = ()
    earlier: tuple[PolicyTerm, ...] = ()
