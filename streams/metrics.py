"""Every metric, declared once: name, kind, unit and meaning. `docs/metrics.md` is made from it.

The engine tells an `Observer`, once a batch or checkpoint; what can be looked up (lag, store size)
is looked up only when somebody asks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.engine import Engine, Observer

# When a counter was made is a series more for each, and nobody asks.
disable_created_metrics()  # type: ignore[no-untyped-call]

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
    "Records before the end of a partition that no checkpoint covers yet.",
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


class EngineMetrics(Observer):
    """Counts what the engine of one agent tells."""

    def __init__(self, agent: str, registry: CollectorRegistry) -> None:
        self._agent = agent
        self._registry = registry
        self._handled = self._counter(HANDLED)
        self._failed = self._counter(FAILED)
        self._outputs = Counter(
            OUTPUTS.name, OUTPUTS.about, ("agent", *OUTPUTS.labels), registry=registry
        )
        self._changes = self._counter(CHANGES)
        self._batch = self._histogram(BATCH)
        stages = self._family(STAGE)
        self._queue, self._handle, self._checkpoint = (
            stages.labels(agent, stage) for stage in ("queue", "handle", "checkpoint")
        )
        self._age = self._histogram(AGE)
        self._restore = self._histogram(RESTORE)
        self._restored = self._counter(RESTORED)
        self._rebalance = self._histogram(REBALANCE)

    def batch(self, records: int, waited: float, handled: float) -> None:
        """A batch was handled."""
        self._handled.inc(records)
        self._batch.observe(records)
        self._queue.observe(waited)
        self._handle.observe(handled)

    def failed(self) -> None:
        """A record or timer could not be handled."""
        self._failed.inc()

    def checkpoint(self, seconds: float, changes: int, outputs: Mapping[str, int]) -> None:
        """A checkpoint took effect."""
        self._checkpoint.observe(seconds)
        self._changes.inc(changes)
        for topic, count in outputs.items():
            self._outputs.labels(self._agent, topic).inc(count)

    def age(self, seconds: float) -> None:
        """The age of a partition's last record."""
        self._age.observe(max(0.0, seconds))

    def restored(self, seconds: float, records: int) -> None:
        """Partitions were restored."""
        self._restore.observe(seconds)
        self._restored.inc(records)

    def rebalanced(self, seconds: float) -> None:
        """The worker goes on after a rebalance."""
        self._rebalance.observe(seconds)

    def _counter(self, declared: Declared) -> Counter:
        counter = Counter(declared.name, declared.about, ("agent",), registry=self._registry)
        return counter.labels(self._agent)

    def _histogram(self, declared: Declared) -> Histogram:
        return self._family(declared).labels(self._agent)

    def _family(self, declared: Declared) -> Histogram:
        return Histogram(
            declared.name,
            declared.about,
            ("agent", *declared.labels),
            buckets=declared.buckets,
            registry=self._registry,
        )


class RedactionCount:
    """Counts what one agent has hidden. What it was is never told."""

    def __init__(self, agent: str, registry: CollectorRegistry) -> None:
        self._agent = agent
        self._hidden = Counter(
            REDACTED.name, REDACTED.about, ("agent", *REDACTED.labels), registry=registry
        )

    def __call__(self, place: str, kind: str, times: int) -> None:
        """Values of a kind were hidden."""
        self._hidden.labels(self._agent, place, kind).inc(times)


class AnomalyCount:
    """Counts what the anomalies agent could not count, and what it has given up."""

    def __init__(self, agent: str) -> None:
        self._uncounted, self._forgotten = (
            Counter(one.name, one.about, ("agent", *one.labels), registry=None)
            for one in ANOMALY_METRICS
        )
        self.collectors = (self._uncounted, self._forgotten)
        self._of = {
            **{why: self._uncounted.labels(agent, why) for why in ("late", "untracked")},
            **{what: self._forgotten.labels(agent, what) for what in ("fingerprint", "text")},
        }

    def __call__(self, what: str, times: int) -> None:
        """Reports were late or untracked, fingerprints or texts forgotten."""
        self._of[what].inc(times)


class EngineGauges(Collector):
    """Looks at the engine when somebody asks."""

    def __init__(self, agent: str, engine: Engine) -> None:
        self._agent = agent
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        """The state of the engine now."""
        engine, agent = self._engine, self._agent
        ready, lag, queued, store = (_gauge(one) for one in (READY, LAG, QUEUED, STORE))
        ready.add_metric([agent], float(engine.ready))
        for (topic, number), records in engine.lag().items():
            lag.add_metric([agent, topic, str(number)], records)
        for number, partition in list(engine.partitions.items()):
            queued.add_metric([agent, str(number)], len(partition.pending))
            store.add_metric([agent, str(number)], partition.store.size())
        yield from (ready, lag, queued, store)


def _gauge(declared: Declared) -> GaugeMetricFamily:
    return GaugeMetricFamily(declared.name, declared.about, labels=("agent", *declared.labels))
