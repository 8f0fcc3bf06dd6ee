"""States as the first version stored them, read as those of today.

A fingerprint's state held its open anomaly itself, and only fingerprints were counted. Mutes of
that time are over.
"""

import msgspec
from msgspec.structs import replace

from detectors.spikes import Baseline, Expected
from schemas.records import Millis
from streams.core.anomalies.affected import with_samples
from streams.core.anomalies.naming import category_name
from streams.core.anomalies.state import (
    Affected,
    Buckets,
    Incident,
    Known,
    Source,
    Step,
    Subject,
    Watch,
)
from streams.core.anomalies.telling import entered

VERSION = b"\x01"


class _Level(msgspec.Struct, array_like=True):
    counts: float = 0.0
    windows: float = 0.0

    def baseline(self) -> Baseline:
        """The same level; how much it varied was not kept, so it counts as Poisson's."""
        pairs = self.counts**2 / self.windows if self.windows else 0.0
        return Baseline(self.counts, self.windows, pairs, self.windows)


class _Open(msgspec.Struct, array_like=True):
    anomaly_id: str
    since: Millis
    revision: int
    announced: int
    peak: int
    peak_end: int
    expected: float
    tail: float
    hot_until: int
    affected: dict[str, Affected]
    large: tuple[str, ...] = ()
    acknowledged_by: str | None = None


class _Fingerprint(msgspec.Struct, array_like=True):
    tenant: str
    fingerprint: str
    category: str
    title: str
    component: str | None
    settled: int
    seen_at: Millis
    deadline: Millis
    buckets: Buckets = {}
    baseline: _Level = msgspec.field(default_factory=_Level)
    open: _Open | None = None


class _Watch(msgspec.Struct, array_like=True):
    sources: dict[int, Source] = {}
    watermark: Millis = 0
    late: int = 0
    pool: _Level = msgspec.field(default_factory=_Level)
    open: dict[str, str] = {}


def unpacked(known: Known, watch: Watch) -> Step:
    """What is stored of a tenant once each open anomaly has a state of its own."""
    subjects: dict[str, Subject | None] = {}
    incidents: dict[str, Incident | None] = {}
    for name in watch.carried.values():
        subject = known.subject(name)
        if subject is not None and subject.carried is not None:
            subjects[name] = replace(subject, carried=None)
            incidents[subject.carried.anomaly_id] = subject.carried
            watch = entered(watch, subject.carried)
    return Step(replace(watch, carried={}), subjects, incidents)


def subject_of(body: bytes) -> Subject:
    """The subject in a state of a fingerprint, with the anomaly it may carry."""
    first = msgspec.msgpack.decode(body, type=_Fingerprint)
    return Subject(
        tenant=first.tenant,
        name=first.fingerprint,
        category=first.category,
        title=first.title,
        component=first.component,
        settled=first.settled,
        seen_at=first.seen_at,
        deadline=first.deadline,
        buckets=first.buckets,
        baseline=first.baseline.baseline(),
        carried=None if first.open is None else _incident(first, first.open),
    )


def watch_of(body: bytes) -> Watch:
    """The watch in a tenant's state."""
    first = msgspec.msgpack.decode(body, type=_Watch)
    return Watch(
        sources=first.sources,
        watermark=first.watermark,
        late=first.late,
        pool=first.pool.baseline(),
        carried=first.open,
    )


def _incident(first: _Fingerprint, was: _Open) -> Incident:
    incident = Incident(
        tenant=first.tenant,
        anomaly_id=was.anomaly_id,
        subject=first.fingerprint,
        category=first.category,
        title=first.title,
        component=first.component,
        since=was.since,
        opened_at=was.since,
        expected=Expected(was.expected, 0.0),
        deadline=first.deadline,
        members=(first.fingerprint, category_name(first.category)),
        buckets=first.buckets,
        sketches={},
        announced=was.announced,
        peak=was.peak,
        peak_end=was.peak_end,
        hot_until=was.hot_until,
        affected=was.affected,
        large=was.large,
        revision=was.revision,
        acknowledged_by=was.acknowledged_by,
    )
    return with_samples(incident)
