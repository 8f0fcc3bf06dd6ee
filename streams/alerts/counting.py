"""Counts what happens with one receiver."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from streams.metrics import (
    ALERT_AGE,
    ALERT_ATTEMPTS,
    ALERTS_BURIED,
    ALERTS_DELIVERED,
    ALERTS_OPEN,
    ALERTS_WAITING,
    Declared,
)


class AlertMetrics:
    """The metrics of all receivers."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.delivered = _counter(ALERTS_DELIVERED, registry)
        self.attempts = _counter(ALERT_ATTEMPTS, registry)
        self.buried = _counter(ALERTS_BURIED, registry)
        self.open = _gauge(ALERTS_OPEN, registry)
        self.waiting = _gauge(ALERTS_WAITING, registry)
        self.age = Histogram(
            ALERT_AGE.name, ALERT_AGE.about, (ALERT_AGE.whose,), buckets=ALERT_AGE.buckets,
            registry=registry,
        )  # fmt: skip


class Counts:
    """Those of one receiver."""

    def __init__(self, receiver: str, metrics: AlertMetrics) -> None:
        self._receiver = receiver
        self._metrics = metrics
        self._open = metrics.open.labels(receiver)
        self._waited: Callable[[], float] = float
        metrics.waiting.labels(receiver).set_function(lambda: self._waited())
        self._age = metrics.age.labels(receiver)

    def answered(self, verdict: str) -> None:
        """A request was answered, or not."""
        self._metrics.attempts.labels(self._receiver, verdict).inc()

    def delivered(self, event: str, seconds: float) -> None:
        """The receiver has taken what a record of that age led to."""
        self._metrics.delivered.labels(self._receiver, event).inc()
        self._age.observe(max(0.0, seconds))

    def buried(self, code: str) -> None:
        """A dead letter was written."""
        self._metrics.buried.labels(self._receiver, code).inc()

    def open(self, count: int) -> None:
        """So many alerts are open at the receiver."""
        self._open.set(count)

    @contextmanager
    def waiting(self, seconds: Callable[[], float]) -> Iterator[None]:
        """An alert is its turn, and has not been taken for so long: looked up when it is asked, as
        the next attempt may be an hour away.
        """
        self._waited = seconds
        try:
            yield
        finally:
            self._waited = float


def _counter(declared: Declared, registry: CollectorRegistry) -> Counter:
    labels = (declared.whose, *declared.labels)
    return Counter(declared.name, declared.about, labels, registry=registry)


def _gauge(declared: Declared, registry: CollectorRegistry) -> Gauge:
    return Gauge(declared.name, declared.about, (declared.whose,), registry=registry)
