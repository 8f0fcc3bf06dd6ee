"""What the figures are to reach, so that whoever measures sees at once where they fall short.

Nothing fails by them: what a shared machine does in an hour is no test.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.contenders import BATON, FAUST, MEASURED, QUIX, TWO_BATONS, kafka_streams
from tests.bench.results import Result, shown


@dataclass(frozen=True)
class Goal:
    """The least or the most that a figure may be, in its own unit."""

    least: float | None = None
    most: float | None = None

    def is_met(self, value: float) -> bool:
        """Whether a figure reaches it."""
        return (self.least is None or value >= self.least) and (
            self.most is None or value <= self.most
        )

    def __str__(self) -> str:
        return f">= {self.least:,g}" if self.least is not None else f"<= {self.most:,g}"


_WORKER = Goal(most=600)
_RESTORE, _RESTART = Goal(least=250_000), Goal(most=2)
_DECIDE, _STATE = Goal(most=15), Goal(most=1_024)

GOALS = {
    ("count", f"{BATON.name} / {kafka_streams(1).name}", "ratio"): Goal(least=1),
    ("count", f"{TWO_BATONS.name} / {kafka_streams(2).name}", "ratio"): Goal(least=0.9),
    ("count", f"{BATON.name} / {QUIX.name}", "ratio"): Goal(least=5),
    ("count", f"{BATON.name} / {FAUST.name}", "ratio"): Goal(least=80),
    ("metrics", f"{MEASURED.name} / {BATON.name}", "ratio of CPU"): Goal(most=1.02),
    ("latency", "Baton, 2000 messages/s, p50", "ms"): Goal(most=40),
    ("latency", "Baton, 2000 messages/s, p99", "ms"): Goal(most=120),
    ("pipeline", "tickets worker", "messages/s per core"): Goal(least=10_000),
    ("pipeline", "decode + encode + state + Kafka", "us/message"): Goal(most=40),
    ("decide", "demo: a message", "us/message"): _DECIDE,
    ("decide", "golden: a message", "us/message"): _DECIDE,
    ("decide", "demo: a ticket's state", "B"): _STATE,
    ("decide", "golden: a ticket's state", "B"): _STATE,
    ("anomalies", "calm", "reports/s"): Goal(least=20_000),
    ("anomalies", "storm", "reports/s"): Goal(least=20_000),
    ("anomalies", "third account to alert", "s"): Goal(most=2),
    ("memory", "Baton, 1,000,000 keys, at its highest", "MiB"): _WORKER,
    ("memory", "Baton, 1,000,000 keys, restore", "records/s"): _RESTORE,
    ("memory", "Baton, 1,000,000 keys, start, store there", "s"): _RESTART,
    ("memory", "Baton, 5,000,000 keys, at its highest", "MiB"): _WORKER,
    ("memory", "Baton, 5,000,000 keys, restore", "records/s"): _RESTORE,
    ("memory", "Baton, 5,000,000 keys, start, store there", "s"): _RESTART,
}
"""By bench, figure and unit, of the full sizes."""


def goal_of(result: Result) -> Goal | None:
    """What a figure is to reach, None where nothing is asked of it."""
    return GOALS.get((result.bench, result.what, result.unit))


def falls_short(result: Result) -> bool:
    """Whether a figure does not reach what is asked of it."""
    goal = goal_of(result)
    return goal is not None and not goal.is_met(result.value)


def missed(results: Sequence[Result]) -> list[str]:
    """A line for each figure that falls short."""
    return [
        f"{result.bench}: {result.what}: {shown(result.value)} {result.unit}, "
        f"goal {goal_of(result)}"
        for result in results
        if falls_short(result)
    ]
