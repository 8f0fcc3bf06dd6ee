"""What people outside have been told of and not yet of its end."""

from schemas.records.base import Millis, Part, Record


class Alert(Part, frozen=True):
    """Something a person should know of now. It carries no text of a customer's but the title."""

    dedup_key: str
    kind: str
    severity: str
    title: str
    starts_at: Millis
    updated_at: Millis
    news: str
    tenant: str = "default"
    labels: dict[str, str] = {}
    facts: dict[str, str] = {}
    acknowledged_by: str | None = None
    runbook: str | None = None


class OpenAlert(Record, frozen=True):
    """An alert that a receiver was told of; a tombstone on its key says it was told the end."""

    open_alert_id: str
    receiver: str
    source_topic: str
    source_partition: int
    told_at: Millis
    alert: Alert
