"""The CloudEvents 1.0 headers of a record, in binary content mode of the Kafka binding."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from schemas.records import (
    AccountActivity,
    AccountHealth,
    AccountProfile,
    Anomaly,
    AnomalyAction,
    ConversationMessage,
    DeadLetter,
    Decision,
    Escalation,
    EscalationUpdate,
    OpenAlert,
    OpenEscalation,
    OpportunityUpdate,
    PolicyVersion,
    ProblemReport,
    Record,
    ReviewRequest,
    RouteStatus,
    SlaEvent,
    TicketOutcome,
    TicketUpdate,
)

NAMESPACE = "baton.support"
"""What stands before a record's name in `ce_type` and in its Avro schema."""

Header = tuple[str, bytes]


class Envelope(NamedTuple):
    """Which fields of a record say what its event is.

    Attributes:
        id: The field that no other record of the type shares.
        subject: The field that says what the event is about.
        time: The field that says when it happened, the record's main time.
        revision: Where the id names a thing rather than an event, the field or property that tells
            the records of the same thing apart.

    """

    id: str
    subject: str
    time: str
    revision: str | None = None


ENVELOPES: dict[type[Record], Envelope] = {
    ConversationMessage: Envelope("message_id", "ticket_id", "sent_at"),
    TicketUpdate: Envelope("update_id", "ticket_id", "occurred_at"),
    AccountProfile: Envelope("account_id", "account_id", "updated_at", "updated_at"),
    AccountActivity: Envelope("activity_id", "ticket_id", "occurred_at"),
    AccountHealth: Envelope("account_id", "account_id", "updated_at", "updated_at"),
    OpportunityUpdate: Envelope("update_id", "account_id", "occurred_at"),
    ProblemReport: Envelope("report_id", "ticket_id", "occurred_at"),
    Anomaly: Envelope("anomaly_id", "anomaly_id", "updated_at", "edition"),
    AnomalyAction: Envelope("action_id", "anomaly_id", "occurred_at"),
    Decision: Envelope("decision_id", "ticket_id", "decided_at"),
    ReviewRequest: Envelope("review_id", "ticket_id", "requested_at", "revision"),
    Escalation: Envelope("escalation_id", "ticket_id", "created_at", "revision"),
    EscalationUpdate: Envelope("update_id", "ticket_id", "changed_at"),
    OpenEscalation: Envelope("escalation_id", "ticket_id", "opened_at", "revision"),
    RouteStatus: Envelope("route", "route", "updated_at", "updated_at"),
    SlaEvent: Envelope("event_id", "ticket_id", "at"),
    TicketOutcome: Envelope("outcome_id", "ticket_id", "ended_at", "revision"),
    PolicyVersion: Envelope("name", "name", "created_at", "version"),
    OpenAlert: Envelope("open_alert_id", "open_alert_id", "told_at", "told_at"),
    DeadLetter: Envelope("dead_letter_id", "topic", "failed_at"),
}
"""The envelope of every record type."""


class Stamp:
    """Makes the headers of one record type. What is the same on each is made once.

    Args:
        record_type: The type of the records.
        source: The `ce_source`, a URI reference to who writes.
        content_type: The media type of the values.

    """

    def __init__(self, record_type: type[Record], source: str, content_type: str) -> None:
        envelope = ENVELOPES[record_type]
        self._constant: list[Header] = [
            ("ce_specversion", b"1.0"),
            ("ce_type", f"{NAMESPACE}.{record_type.__name__}".encode()),
            ("ce_source", source.encode()),
            ("content-type", content_type.encode()),
        ]
        self._fields: Callable[[Any], tuple[str, str, int]] = attrgetter(*envelope[:3])
        self._revision = attrgetter(envelope.revision) if envelope.revision else None

    def headers(self, record: Record) -> list[Header]:
        """The record's headers, a new list."""
        identity, subject, time = self._fields(record)
        if self._revision is not None:
            identity = f"{identity}:{self._revision(record)}"
        headers = [
            *self._constant,
            ("ce_id", identity.encode()),
            ("ce_subject", subject.encode()),
        ]
        if 0 <= time < _END_OF_TIME:
            headers.append(("ce_time", _second(time // 1000) + _MILLISECONDS[time % 1000]))
        return headers


_END_OF_TIME = 253_402_300_800_000
"""The year 10000, which RFC 3339 cannot write; `ce_time` may be left out."""

_MILLISECONDS = tuple(b".%03dZ" % number for number in range(1000))
"""How a time ends, by its milliseconds: to format it took a third of the time of the headers."""


@lru_cache(maxsize=4096)
def _second(seconds: int) -> bytes:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S").encode()
