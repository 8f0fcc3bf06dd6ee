"""Writes records without what the policy wants nobody to read on their topic."""

from collections.abc import Callable
from typing import Final

from schemas.codec import Codec, Encoded, Headers, Reading, RegistryError, Tombstone
from schemas.envelope import ENVELOPES
from schemas.records import (
    Anomaly,
    DeadLetter,
    Decision,
    Escalation,
    EscalationUpdate,
    Millis,
    ProblemReport,
    Record,
    ReviewRequest,
    TicketOutcome,
)
from streams.core.handoff.redact import Redactor
from streams.core.policy.privacy import Privacy, Treatments
from streams.engine import BrokerFailed

Count = Callable[[str, str, int], None]
"""Takes where (a field of `Privacy`), the kind, and how often it was hidden."""

PLACES: Final[dict[type[Record], str]] = {
    Decision: "decisions",
    Escalation: "escalations",
    EscalationUpdate: "escalations",
    ReviewRequest: "reviews",
    TicketOutcome: "outcomes",
    ProblemReport: "problem_reports",
    Anomaly: "anomalies",
    DeadLetter: "dead_letters",
}
"""Where the records with words of people go; the others have none."""


def _has_words(record: Record) -> bool:
    """Nearly every decision has none, and nothing else is written so often."""
    return record.instructions is not None if isinstance(record, Decision) else True


def uncounted(place: str, kind: str, times: int) -> None:
    """Where nobody counts."""


class PrivateCodec(Codec):
    """A codec whose records are redacted before they are encoded. What is read stays as it is.

    `privacy` gives what the policy wants at a record's own time. Both ways raise `BrokerFailed`
    where the registry does not do its part: no record is to be set aside for that.
    """

    def __init__(
        self,
        codec: Codec,
        privacy: Callable[[Millis], Privacy],
        key: bytes = b"",
        count: Count = uncounted,
    ) -> None:
        self._codec = codec
        self._privacy = privacy
        self._key = key
        self._redactors: dict[Treatments, Redactor] = {}
        self._count = count

    def encode(self, record: Record | Tombstone, traceparent: str | None = None) -> Encoded:
        """As `Codec.encode`, of the redacted record."""
        if type(record) is Tombstone:
            return self._codec.encode(record, traceparent)
        try:
            return self._codec.encode(self._redacted(record), traceparent)
        except RegistryError as error:
            raise BrokerFailed(str(error)) from error

    def _redacted(self, record: Record) -> Record:
        place = PLACES.get(type(record))
        if place is not None and _has_words(record):
            redactor = self._redactor(record, place)
            record = redactor.record(record)
            for kind, times in redactor.counts.items():
                self._count(place, kind, times)
            redactor.counts.clear()
        return record

    def _redactor(self, record: Record, place: str) -> Redactor:
        time = getattr(record, ENVELOPES[type(record)].time)
        treatments = getattr(self._privacy(time), place)
        if treatments not in self._redactors:
            self._redactors[treatments] = Redactor(treatments, self._key)
        return self._redactors[treatments]

    def read(
        self,
        topic: str,
        value: bytes | None,
        headers: Headers | None = (),
        timestamp: int | None = None,
    ) -> Reading:
        """As `Codec.read`."""
        try:
            return self._codec.read(topic, value, headers, timestamp)
        except RegistryError as error:
            raise BrokerFailed(str(error)) from error
