"""A reader of every topic that deletes what it is told to delete."""

from collections import defaultdict

from schemas.records import (
    AccountActivity,
    Decision,
    EscalationUpdate,
    ProblemReport,
    Record,
    ReviewRequest,
    TicketOutcome,
    TicketUpdate,
)
from schemas.topics import ROUTES, TOPICS


class ObedientReader:
    """Keeps a copy of every topic and deletes from it what docs/guarantees.md says."""

    def __init__(self) -> None:
        self.copy: dict[tuple[str, str, str], list[Record]] = defaultdict(list)

    def see(self, topic: str, key: str, record: Record | None) -> None:
        if record is None or TOPICS.get(topic, ROUTES).compacted:
            self.copy[topic, key, ""] = [] if record is None else [record]
        elif isinstance(record, ReviewRequest):
            self.copy[topic, key, record.review_id] = [record]
        elif is_erasure(record):
            told = TOLD_BY_DECISIONS if isinstance(record, Decision) else (topic,)
            for name in told:
                self.copy[name, key, ""] = []
        else:
            self.copy[topic, key, ""].append(record)

    def keeps(self, text: str) -> list[str]:
        return [
            f"{topic}: {record}"
            for (topic, _, _), records in self.copy.items()
            for record in records
            if text in repr(record)
        ]


TOLD_BY_DECISIONS = ("support.decisions", "support.decisions.shadow", "support.sla")


def is_erasure(record: Record) -> bool:
    match record:
        case Decision():
            return record.erased
        case TicketUpdate() | AccountActivity():
            return record.kind == "erased"
        case EscalationUpdate():
            return record.note == "erased"
        case TicketOutcome():
            return record.outcome == "erased"
        case ProblemReport():
            return record.erased
    return False
