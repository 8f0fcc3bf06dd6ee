"""Who watches the reports: Baton's own core, and two simple rules beside it."""

import heapq
from collections import defaultdict, deque
from collections.abc import Iterator
from math import sqrt
from typing import NamedTuple, Protocol

from schemas.records import AnomalyState, ProblemReport
from streams.core.anomalies import (
    AnomalyPolicy,
    Incident,
    Step,
    Subject,
    Watch,
    forget,
    observe,
    wake,
)
from tests.core.filed import FiledInMemory, nobody_filed

MINUTE = 60_000
WINDOW = 5 * MINUTE
SILENCE = 30 * MINUTE
"""A simple rule does not alert again about a problem for so long."""
FIXED = 5
DEVIATIONS = 4.0
HALF_LIFE = 360
"""Minutes after which a past minute weighs half in the EWMA."""


class Alert(NamedTuple):
    """Somebody is told, because of this report among others."""

    at: int
    report: ProblemReport


class Watcher(Protocol):
    """Sees reports one by one and says whether somebody is told now."""

    def see(self, report: ProblemReport) -> bool:
        """Whether this report leads to a new alert."""


class Baton:
    """The anomalies core at its default policy, states in memory."""

    def __init__(self) -> None:
        self._policy = AnomalyPolicy()
        self._watch = Watch()
        self._subjects: dict[str, Subject] = {}
        self._incidents: dict[str, Incident] = {}
        self._filed = nobody_filed()
        self._due: list[tuple[int, str]] = []

    def see(self, report: ProblemReport) -> bool:
        """Handle what is due, then the report."""
        now = report.occurred_at
        while self._due and self._due[0][0] <= now:
            due, name = heapq.heappop(self._due)
            incident, subject = self._incidents.get(name), self._subjects.get(name)
            if incident is not None and incident.deadline <= due:
                self._take(wake(self, incident, self._watch, self._policy, due))
            elif subject is not None and subject.deadline <= due:
                self._take(forget(subject, self._watch, self._policy, due))
        step = observe(self, self._watch, report, self._policy, now)
        self._take(step)
        return any(one.state is AnomalyState.OPENED for one in step.outputs)

    def subject(self, name: str) -> Subject | None:
        """What is stored of a subject."""
        return self._subjects.get(name)

    def incident(self, anomaly_id: str) -> Incident | None:
        """What is stored of an incident."""
        return self._incidents.get(anomaly_id)

    def affected(self, anomaly_id: str) -> FiledInMemory:
        """What lies under keys of its own beside an incident."""
        return self._filed[anomaly_id]

    @property
    def tracked(self) -> int:
        """Subjects that have a state."""
        return len(self._subjects)

    def _take(self, step: Step) -> None:
        self._watch = step.watch
        for name, subject in step.subjects.items():
            self._subjects.pop(name, None)
            if subject is not None:
                self._subjects[name] = subject
                heapq.heappush(self._due, (subject.deadline, name))
        for name, incident in step.incidents.items():
            self._incidents.pop(name, None)
            if incident is not None:
                self._incidents[name] = incident
                heapq.heappush(self._due, (incident.deadline, name))
        for name, keys in step.keys.items():
            self._filed[name].put(keys)


class _Windows:
    """Distinct accounts of each problem in the last five minutes."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[tuple[int, str]]] = defaultdict(deque)
        self._quiet_until: dict[str, int] = {}

    def accounts(self, report: ProblemReport) -> int:
        seen = self._seen[report.fingerprint]
        seen.append((report.occurred_at, report.account_id or report.ticket_id))
        while seen[0][0] <= report.occurred_at - WINDOW:
            seen.popleft()
        return len({who for _, who in seen})

    def alert(self, report: ProblemReport) -> bool:
        at, name = report.occurred_at, report.fingerprint
        if at < self._quiet_until.get(name, 0):
            return False
        self._quiet_until[name] = at + SILENCE
        return True


class FixedThreshold(_Windows):
    """Five accounts with one problem in five minutes."""

    def see(self, report: ProblemReport) -> bool:
        """Whether the number is reached."""
        return self.accounts(report) >= FIXED and self.alert(report)


class EwmaZScore(_Windows):
    """Three accounts or more, four standard deviations above the problem's own EWMA."""

    def __init__(self) -> None:
        super().__init__()
        self._levels: dict[str, tuple[float, float, int]] = {}

    def see(self, report: ProblemReport) -> bool:
        """Whether the deviation is reached."""
        count = self.accounts(report)
        mean, square, last = self._levels.get(report.fingerprint, (0.0, 0.0, 0))
        deviation = sqrt(max(square - mean**2, 0.01))
        found = count >= 3 and count > mean + DEVIATIONS * deviation
        minute = report.occurred_at // MINUTE
        kept = 0.5 ** (min(minute - last, 10_000) / HALF_LIFE)
        new = 1 - 0.5 ** (1 / HALF_LIFE)
        mean, square = mean * kept + new * count, square * kept + new * count**2
        self._levels[report.fingerprint] = (mean, square, minute)
        return found and self.alert(report)


WATCHERS: dict[str, type[Baton] | type[FixedThreshold] | type[EwmaZScore]] = {
    "Baton": Baton,
    f"fixed threshold of {FIXED}": FixedThreshold,
    "EWMA z-score": EwmaZScore,
}


def alerts(watcher: Watcher, reports: Iterator[ProblemReport]) -> list[Alert]:
    """Every alert over all reports."""
    return [Alert(one.occurred_at, one) for one in reports if watcher.see(one)]
