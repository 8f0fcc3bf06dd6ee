"""Counts and looks up what `streams.metrics` declares of an agent, for Prometheus.

The engine tells an `Observer`, once a batch or checkpoint; what can be looked up (lag, store size)
is looked up only when somebody asks.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from streams.agents.clocks import UNNAMED
from streams.engine import Observer
from streams.metrics import (
    AGE,
    ANOMALY_METRICS,
    BATCH,
    CHANGES,
    CLOCK_OFF,
    FAILED,
    HANDLED,
    LAG,
    OUTPUTS,
    QUEUED,
    READY,
    REBALANCE,
    REDACTED,
    RESTORE,
    RESTORED,
    STAGE,
    STORE,
    Declared,
)

if TYPE_CHECKING:
    from streams.engine import Engine

MOST_PRODUCERS = 50
OTHER = "other"


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


class ClockCount:
    """Counts records with a time that is off, for as many producers as are told apart."""

    def __init__(self, agent: str) -> None:
        self._agent = agent
        self._producers = {UNNAMED}
        self._off = Counter(
            CLOCK_OFF.name, CLOCK_OFF.about, ("agent", *CLOCK_OFF.labels), registry=None
        )
        self.collectors = (self._off,)

    def __call__(self, producer: str, way: str, times: int) -> None:
        """Records of a producer were ahead or behind."""
        if len(self._producers) < MOST_PRODUCERS:
            self._producers.add(producer)
        name = producer if producer in self._producers else OTHER
        self._off.labels(self._agent, name, way).inc(times)


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

    def __init__(self, agent: str, engine: "Engine") -> None:
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
