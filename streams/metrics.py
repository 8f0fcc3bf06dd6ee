"""Every metric, declared once: name, kind, unit and meaning. `docs/metrics.md` is made from it."""

from dataclasses import dataclass
from enum import StrEnum

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
RECORDS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000)


class Shape(StrEnum):
    """The kinds of metric that Prometheus knows."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True)
class Declared:
    """A metric; a name ends with its unit. `whose` is a label that every one has."""

    name: str
    shape: Shape
    about: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = SECONDS
    whose: str = "agent"


HANDLED = Declared("baton_records_total", Shape.COUNTER, "Records that an agent has handled.")
FAILED = Declared(
    "baton_failed_records_total",
    Shape.COUNTER,
    "Records and timers whose handling raised: they went to the dead letters, their ticket to a "
    "person.",
)
OUTPUTS = Declared(
    "baton_outputs_total",
    Shape.COUNTER,
    "Records committed to a topic; `support.dead-letters` counts what could not be handled.",
    ("topic",),
)
CHANGES = Declared("baton_state_changes_total", Shape.COUNTER, "Changed keys committed.")
BATCH = Declared(
    "baton_batch_records", Shape.HISTOGRAM, "Records that an agent got at once.", buckets=RECORDS
)
STAGE = Declared(
    "baton_stage_seconds",
    Shape.HISTOGRAM,
    "Time of a batch in the queue (`queue`) and in the agent (`handle`), and of a checkpoint "
    "(`checkpoint`).",
    ("stage",),
)
AGE = Declared(
    "baton_commit_age_seconds",
    Shape.HISTOGRAM,
    "From a record's broker time stamp to the commit of what followed from it, for the last record "
    "of each partition in a checkpoint.",
)
RESTORE = Declared("baton_restore_seconds", Shape.HISTOGRAM, "Restoring assigned partitions.")
RESTORED = Declared(
    "baton_restored_records_total", Shape.COUNTER, "Changelog records read while restoring."
)
REBALANCE = Declared(
    "baton_rebalance_seconds",
    Shape.HISTOGRAM,
    "From the revocation of partitions until the worker goes on, restore included.",
)
READY = Declared(
    "baton_ready", Shape.GAUGE, "1 when the assigned partitions are restored and worked on."
)
LAG = Declared(
    "baton_lag_records",
    Shape.GAUGE,
    "Records before the end of a partition that no checkpoint covers yet. The marks that "
    "transactions leave count, so a few can stay at rest.",
    ("topic", "partition"),
)
QUEUED = Declared("baton_queued_batches", Shape.GAUGE, "Fetched batches that wait.", ("partition",))
STORE = Declared(
    "baton_store_bytes", Shape.GAUGE, "Size of a partition's local store.", ("partition",)
)

REDACTED = Declared(
    "baton_redacted_total",
    Shape.COUNTER,
    "Personal or secret values that the policy's `privacy` had masked or hashed before a record "
    "was written; `place` is its section, `kind` what was hidden.",
    ("place", "kind"),
)

METRICS = (
    HANDLED, FAILED, OUTPUTS, CHANGES, BATCH, STAGE, AGE, RESTORE, RESTORED, REBALANCE, READY, LAG,
    QUEUED, STORE, REDACTED,
)  # fmt: skip

CLOCK_OFF = Declared(
    "baton_clock_off_records_total",
    Shape.COUNTER,
    "Messages and updates whose own time lies more than 5 minutes `ahead` of the broker's or "
    "`behind` it, by who wrote them (`ce_source`; `unnamed` without one, `other` past the first "
    "50). What is behind may also have come late.",
    ("producer", "way"),
)

TICKET_METRICS = (CLOCK_OFF,)

UNCOUNTED = Declared(
    "baton_uncounted_reports_total",
    Shape.COUNTER,
    "Problem reports that no window of their problem counts: `late` came after the lateness bound, "
    "`untracked` have a new problem while as many as the policy allows are tracked (their category "
    "counts them).",
    ("why",),
)
FORGOTTEN = Declared(
    "baton_forgotten_problems_total",
    Shape.COUNTER,
    "What the anomalies agent has given up: a `fingerprint` unseen for as long as the policy says, "
    "a `text` of a group for want of room.",
    ("what",),
)

ANOMALY_METRICS = (UNCOUNTED, FORGOTTEN)

ALERTS_DELIVERED = Declared(
    "baton_alerts_delivered_total",
    Shape.COUNTER,
    "What a receiver of alerts has taken.",
    ("event",),
    whose="receiver",
)
ALERT_ATTEMPTS = Declared(
    "baton_alert_attempts_total",
    Shape.COUNTER,
    "Requests to a receiver by what came of them: `taken`, `again` or `refused`.",
    ("verdict",),
    whose="receiver",
)
ALERTS_BURIED = Declared(
    "baton_alerts_dead_letters_total",
    Shape.COUNTER,
    "Alerts that went to the dead letters, by their code: `refused`, `undelivered` or why the "
    "record could not be read.",
    ("code",),
    whose="receiver",
)
ALERTS_OPEN = Declared(
    "baton_alerts_open", Shape.GAUGE, "Alerts that are open at a receiver.", whose="receiver"
)
ALERTS_WAITING = Declared(
    "baton_alerts_waiting_seconds",
    Shape.GAUGE,
    "For how long a receiver has not taken the alert that is its turn; 0 when it takes them.",
    whose="receiver",
)
ALERT_AGE = Declared(
    "baton_alert_age_seconds",
    Shape.HISTOGRAM,
    "From a record's broker time stamp until the receiver has taken what follows from it.",
    whose="receiver",
)

ALERT_METRICS = (
    ALERTS_DELIVERED, ALERT_ATTEMPTS, ALERTS_BURIED, ALERTS_OPEN, ALERTS_WAITING, ALERT_AGE,
)  # fmt: skip
