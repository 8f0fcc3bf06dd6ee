"""Writes records without what the policy wants nobody to read on their topic."""

from collections.abc import Callable
from typing import Final

from schemas.codec import Codec, Encoded, Headers, Tombstone
from schemas.records import (
    Anomaly,
    DeadLetter,
    Escalation,
    EscalationUpdate,
    ProblemReport,
    Record,
    ReviewRequest,
    TicketOutcome,
)
from streams.core.handoff.redact import Redactor
from streams.core.policy.privacy import Privacy

Count = Callable[[str, str, int], None]
"""Takes where (a field of `Privacy`), the kind, and how often it was hidden."""

PLACES: Final[dict[type[Record], str]] = {
    Escalation: "escalations",
    EscalationUpdate: "escalations",
    ReviewRequest: "reviews",
    TicketOutcome: "outcomes",
    ProblemReport: "problem_reports",
    Anomaly: "anomalies",
    DeadLetter: "dead_letters",
}
"""Where the records with words of customers go; the others have none."""


def uncounted(place: str, kind: str, times: int) -> None:
    """Where nobody counts."""


class PrivateCodec(Codec):
    """A codec whose records are redacted before they are encoded. What is read stays as it is."""

    def __init__(
        self, codec: Codec, privacy: Privacy, key: bytes = b"", count: Count = uncounted
    ) -> None:
        self._codec = codec
        self._redactors = {
            record: Redactor(getattr(privacy, place), key) for record, place in PLACES.items()
        }
        self._count = count

    def encode(self, record: Record | Tombstone, traceparent: str | None = None) -> Encoded:
        """As `Codec.encode`, of the redacted record."""
        redactor = self._redactors.get(type(record))  # type: ignore[arg-type]
        if redactor is not None and not isinstance(record, Tombstone):
            place = PLACES[type(record)]
            record = redactor.record(record)
            for kind, times in redactor.counts.items():
                self._count(place, kind, times)
            redactor.counts.clear()
        return self._codec.encode(record, traceparent)

    def decode(
        self,
        topic: str,
        value: bytes | None,
        headers: Headers | None = (),
        timestamp: int | None = None,
    ) -> Record:
        """As `Codec.decode`."""
        return self._codec.decode(topic, value, headers, timestamp)
