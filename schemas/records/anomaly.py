"""Problems that many accounts have at once."""

from schemas.records.base import GrowingEnum, Millis, Part, Record


class ProblemReport(Record, frozen=True):
    """A customer message that reports a problem, keyed by tenant."""

    report_id: str
    ticket_id: str
    message_id: str
    fingerprint: str
    fingerprint_version: int
    category: str
    occurred_at: Millis
    source_partition: int
    source_watermark: Millis
    tenant: str = "default"
    account_id: str | None = None
    requester_id: str | None = None
    template: str | None = None
    error_text: str | None = None
    component: str | None = None
    account_tier: str | None = None
    contract_value: float | None = None
    heartbeat: bool = False
    language: str | None = None
    gist: tuple[int, ...] = ()
    meaning: tuple[int, ...] = ()
    meaning_version: int = 0
    also_means: tuple[int, ...] = ()
    erased: bool = False


class AnomalyState(GrowingEnum):
    """Where an anomaly stands."""

    OPENED = "opened"
    UPDATED = "updated"
    RESOLVED = "resolved"
    MERGED = "merged"
    UNKNOWN = "unknown"


class AffectedTicket(Part, frozen=True):
    """A ticket that an anomaly touches."""

    ticket_id: str
    reported_at: Millis
    account_id: str | None = None


class Anomaly(Record, frozen=True):
    """The same problem at unusually many accounts; the latest record is in force."""

    anomaly_id: str
    state: AnomalyState
    revision: int
    title: str
    category: str
    since: Millis
    updated_at: Millis
    window_start: Millis
    window_end: Millis
    accounts: int
    expected: float
    tail_probability: float
    tenant: str = "default"
    fingerprints: tuple[str, ...] = ()
    large_accounts: tuple[str, ...] = ()
    sample_tickets: tuple[AffectedTicket, ...] = ()
    affected: tuple[AffectedTicket, ...] = ()
    growth: float | None = None
    peak_accounts: int | None = None
    component: str | None = None
    severity: str = "warning"
    runbook: str | None = None
    acknowledged_by: str | None = None
    resolved_at: Millis | None = None
    opened_at: Millis | None = None
    merged_into: str | None = None
    grouped_by: tuple[str, ...] = ()
    known_issue: bool = False
    reports_cut: int = 0
    aliases: tuple[str, ...] = ()
    affected_accounts: tuple[str, ...] = ()
    meaning: tuple[int, ...] = ()
    meaning_version: int = 0
    part: int = 1
    more_follow: bool = False
    total_tickets: int = 0
    total_accounts: int = 0

    @property
    def edition(self) -> str:
        """What tells it apart from every other record of the anomaly."""
        return str(self.revision) if self.part == 1 else f"{self.revision}.{self.part}"

    @property
    def touched(self) -> tuple[int, int]:
        """How many tickets and accounts it touched, in all parts of its list."""
        tickets, accounts = len(self.affected), len(self.affected_accounts)
        return max(tickets, self.total_tickets), max(accounts, self.total_accounts)


class AnomalyLink(Part, frozen=True):
    """The open anomaly that a ticket belongs to."""

    anomaly_id: str
    title: str
    since: Millis
    accounts: int
    revision: int = 0
    as_of: Millis | None = None


class AnomalyActionKind(GrowingEnum):
    """What the on-call person says of an anomaly."""

    ACKNOWLEDGE = "acknowledge"
    MUTE = "mute"
    FALSE_ALARM = "false_alarm"
    KNOWN_ISSUE = "known_issue"
    UNKNOWN = "unknown"


class AnomalyAction(Record, frozen=True):
    """The on-call person's answer to an anomaly, keyed by tenant."""

    action_id: str
    anomaly_id: str
    kind: AnomalyActionKind
    occurred_at: Millis
    tenant: str = "default"
    actor_id: str | None = None
    until: Millis | None = None
    fingerprint: str | None = None
    note: str | None = None
