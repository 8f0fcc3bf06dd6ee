"""The clocks of a ticket, and what happens to them."""

from enum import StrEnum

from schemas.records.base import DurationMillis, GrowingEnum, Millis, Part, Record


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
