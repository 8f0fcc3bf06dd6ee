"""Counts what passes by, for the live view and the demo's summary."""

import math
import time
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.records import (
    Action,
    Anomaly,
    ConversationMessage,
    DeadLetter,
    Decision,
    Escalation,
    Record,
    ReviewRequest,
    Role,
    TicketUpdate,
    UpdateKind,
)

RATE_WINDOW = 5.0
"""Seconds over which rates are taken."""

OWNER_AFTER = {
    Action.REPLY: "ai",
    Action.COLLECT: "ai",
    Action.REVIEW: "review",
    Action.HANDOFF: "person",
    Action.SILENT: "person",
}
OWNER_AFTER_UPDATE = {
    UpdateKind.RESOLVED: "closed",
    UpdateKind.HANDED_BACK: "ai",
    UpdateKind.REOPENED: "ai",
}


class Rate:
    """How many a second, over the last few seconds."""

    def __init__(self) -> None:
        self._times: deque[float] = deque()

    def count(self) -> None:
        """One more, now."""
        self._times.append(time.monotonic())

    def per_second(self) -> float:
        """The rate now."""
        now = time.monotonic()
        while self._times and self._times[0] < now - RATE_WINDOW:
            self._times.popleft()
        return len(self._times) / RATE_WINDOW


class Latencies:
    """From a message's sending to its decision being readable, in milliseconds."""

    def __init__(self) -> None:
        self._sent: dict[str, float] = {}
        self._taken: list[float] = []

    def sent(self, message_id: str) -> None:
        """A message goes out now."""
        self._sent[message_id] = time.monotonic()

    def decided(self, message_id: str) -> None:
        """Its decision has been read now."""
        started = self._sent.pop(message_id, None)
        if started is not None:
            self._taken.append((time.monotonic() - started) * 1000)

    def percentile(self, share: float) -> float | None:
        """The value that this share (0-1) of all lies at or below; None without any."""
        if not self._taken:
            return None
        ordered = sorted(self._taken)
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


@dataclass
class Tally:
    """What has been seen so far. One thread writes it, others may look."""

    messages: int = 0
    customer_messages: int = 0
    decisions: int = 0
    reviews: int = 0
    dead_letters: int = 0
    tiers: Counter[int] = field(default_factory=Counter)
    escalations: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    owners: dict[str, str] = field(default_factory=dict)
    latest: deque[Escalation] = field(default_factory=lambda: deque(maxlen=10))
    anomalies: dict[str, Anomaly] = field(default_factory=dict)
    message_rate: Rate = field(default_factory=Rate)
    decision_rate: Rate = field(default_factory=Rate)
    latencies: Latencies = field(default_factory=Latencies)

    def take(self, records: Iterable[Record | None]) -> None:
        """Count these."""
        for record in records:
            self._take(record)

    def by_owner(self) -> Counter[str]:
        """Tickets by who answers them."""
        return Counter(dict(self.owners).values())

    def summary(self) -> dict[str, object]:
        """The totals as the demo prints them."""
        p99 = self.latencies.percentile(0.99)
        return {
            "messages": self.messages,
            "decisions": self.decisions,
            "escalations": dict(sorted(self.escalations.items())),
            "reviews": self.reviews,
            "anomalies": len(self.anomalies),
            "dead_letters": self.dead_letters,
            "p99_ms": None if p99 is None else round(p99, 1),
        }

    def _take(self, record: Record | None) -> None:
        if isinstance(record, ConversationMessage):
            self.messages += 1
            self.customer_messages += record.role is Role.CUSTOMER
            self.message_rate.count()
            self.owners.setdefault(record.ticket_id, "ai")
        elif isinstance(record, Decision):
            self._take_decision(record)
        elif isinstance(record, TicketUpdate):
            if (owner := OWNER_AFTER_UPDATE.get(record.kind)) is not None:
                self.owners[record.ticket_id] = owner
        elif isinstance(record, Escalation):
            self.escalations[record.route] += 1
            self.latest.appendleft(record)
        elif isinstance(record, ReviewRequest):
            self.reviews += 1
        elif isinstance(record, Anomaly):
            self.anomalies[record.anomaly_id] = record
        elif isinstance(record, DeadLetter):
            self.dead_letters += 1

    def _take_decision(self, decision: Decision) -> None:
        self.decisions += 1
        self.decision_rate.count()
        self.tiers[decision.tier] += 1
        self.reasons.update(reason.code for reason in decision.reasons)
        self.latencies.decided(decision.subject_id)
        if (owner := OWNER_AFTER.get(decision.action)) is not None:
            self.owners[decision.ticket_id] = owner
