"""The anomalies agent: problem reports of a tenant in, anomalies out."""

from collections import Counter
from collections.abc import Callable

from msgspec.structs import replace

from detectors.masking import words
from schemas.codec import Codec
from schemas.records import Anomaly, AnomalyAction, AnomalyState, Millis, ProblemReport
from schemas.topics import OPEN_ANOMALIES
from streams.agents.inbox import INTERNAL_ERROR, Inbox, Received, send, trace_of
from streams.agents.states import Kind, States
from streams.core.anomalies import (
    AnomalyPolicy,
    Incident,
    Meanings,
    Shelf,
    Step,
    Subject,
    Watch,
    act,
    category_name,
    decode_incident,
    decode_meanings,
    decode_shelf,
    decode_subject,
    decode_watch,
    encode,
    encode_meanings,
    encode_shelf,
    forget,
    is_meant,
    meanings_name,
    means_more,
    merge,
    observe,
    place,
    place_meaning,
    record,
    shelf_number,
    unpacked,
    wake,
)
from streams.core.policy.duration import Duration
from streams.engine import Batch, SourceRecord, Timer

SUBJECTS: Kind[Subject] = Kind(b"f", encode, decode_subject, lambda subject: subject.deadline)
INCIDENTS: Kind[Incident] = Kind(b"i", encode, decode_incident, lambda incident: incident.deadline)
SHELVES: Kind[Shelf] = Kind(b"g", encode_shelf, decode_shelf, lambda shelf: None)
MEANINGS: Kind[Meanings] = Kind(b"m", encode_meanings, decode_meanings, lambda meanings: None)
WATCHES: Kind[Watch] = Kind(b"w", encode, decode_watch, lambda watch: None)


Count = Callable[[str, int], None]
"""Is told how many reports were `late` or `untracked`, and how many a `fingerprint` or `text` was
forgotten.
"""


def uncounted(what: str, times: int) -> None:
    """Where nobody counts."""


class AnomaliesAgent:
    """Groups reports by tenant, problem and category. A state is keyed by tenant and name.

    A report's problem is its fingerprint, or the older one that turned out to be the same.
    `in_force` gives the policy for a time where policies are published; `policy` always holds where
    none are.
    """

    name = "anomalies"
    sources = ("support.problem-reports", "support.anomaly-actions")

    def __init__(
        self,
        codec: Codec,
        policy: AnomalyPolicy,
        in_force: Callable[[Millis], AnomalyPolicy] | None = None,
        count: Count = uncounted,
    ) -> None:
        self._codec = codec
        self._count = count
        self._in_force = in_force or (lambda now: policy)
        self._inbox: Inbox[ProblemReport | AnomalyAction] = Inbox(
            self.name, codec, (ProblemReport, AnomalyAction)
        )

    def records(self, batch: Batch, records: list[SourceRecord]) -> None:
        """Handle reports and the on-call person's answers in their order."""
        received = self._inbox.receive(batch, records)
        work = _Work(batch, self._codec)
        work.load(received)
        for source, event in received:
            now = batch.now(source)
            for timer in batch.due(now):
                self._wake(work, timer)
            policy, known = self._policy(work.watch(event.tenant), now), _Tenant(work, event.tenant)
            if isinstance(event, ProblemReport):
                event, aliases, also = work.grouped(event, policy, now)
                step = observe(known, work.watch(event.tenant), event, policy, now, aliases, also)
            else:
                step = act(known, work.watch(event.tenant), event, policy, now)
            work.take(event.tenant, step, policy, now, trace_of(source))
        work.save(self._count)

    def timer(self, batch: Batch, timer: Timer) -> None:
        """A deadline has come."""
        work = _Work(batch, self._codec)
        self._wake(work, timer)
        work.save(self._count)

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        """A report that cannot be handled is kept; a timer's state waits for its next report."""
        if not isinstance(subject, Timer):
            self._inbox.reject(batch, subject, INTERNAL_ERROR, f"{type(error).__name__}: {error}")

    def _wake(self, work: "_Work", timer: Timer) -> None:
        if timer.key.startswith(INCIDENTS.prefix):
            incident = work.incidents.fired(timer)
            if incident is not None:
                known, watch = _Tenant(work, incident.tenant), work.watch(incident.tenant)
                policy = self._policy(watch, timer.due)
                step = wake(known, incident, watch, policy, timer.due)
                work.take(incident.tenant, step, policy, timer.due)
            return
        subject = work.subjects.fired(timer)
        if subject is not None:
            watch = work.watch(subject.tenant)
            # The watch may have unpacked what it carries.
            subject = work.subjects.get(state_name(subject.tenant, subject.name)) or subject
            policy = self._policy(watch, timer.due)
            step = forget(subject, watch, policy, timer.due)
            work.counts["fingerprint"] += step.subjects[subject.name] is None
            work.take(subject.tenant, step, policy, timer.due)

    def _policy(self, watch: Watch, now: Millis) -> AnomalyPolicy:
        """The policy in force, with the buckets that the tenant's states are counted by."""
        policy = self._in_force(now)
        if watch.bucket in (0, policy.bucket):
            return policy
        return replace(policy, bucket=Duration(watch.bucket))


class _Work:
    """The states of a batch, and what its steps did to them."""

    def __init__(self, batch: Batch, codec: Codec) -> None:
        self._batch = batch
        self._codec = codec
        self.counts = Counter[str]()
        self.subjects: States[Subject] = States(batch, SUBJECTS)
        self.incidents: States[Incident] = States(batch, INCIDENTS)
        self.shelves: States[Shelf] = States(batch, SHELVES)
        self.meanings: States[Meanings] = States(batch, MEANINGS)
        self.watches: States[Watch] = States(batch, WATCHES)

    def load(self, received: list[Received[ProblemReport | AnomalyAction]]) -> None:
        reports = [event for _, event in received if isinstance(event, ProblemReport)]
        self.watches.load(report.tenant for report in reports)
        self.subjects.load(
            state_name(report.tenant, name)
            for report in reports
            if not report.heartbeat
            for name in (report.fingerprint, category_name(report.category))
        )

    def grouped(
        self, report: ProblemReport, policy: AnomalyPolicy, now: Millis
    ) -> tuple[ProblemReport, tuple[str, ...], str | None]:
        """The report under its group's fingerprint, what else its text goes by, and what it means.

        What had come under aliases moves to the group.
        """
        if report.heartbeat:
            return report, (), None
        if is_meant(report):
            return (*self._meant(report, policy, now), None)
        meant = self._cluster(report, now) if means_more(report) else None
        return (*self._same_text(report, policy, now), meant)

    def _same_text(
        self, report: ProblemReport, policy: AnomalyPolicy, now: Millis
    ) -> tuple[ProblemReport, tuple[str, ...]]:
        if report.error_text is None or report.template is None:
            return report, ()
        text = words(report.template)
        shelf_name = f"{report.tenant}\x00{shelf_number(text)}"
        shelf = self.shelves.get(shelf_name) or Shelf()
        evicted = shelf.evicted
        placed = place(shelf, report.fingerprint, text)
        self.counts["text"] += shelf.evicted - evicted
        if placed.learned:
            # The shelf is the same object, and only another one counts as a change.
            self.shelves.set(shelf_name, replace(shelf))
        for alias in placed.merged:
            known, watch = _Tenant(self, report.tenant), self.watch(report.tenant)
            step = merge(known, watch, alias, placed.group, policy)
            self.take(report.tenant, step, policy, now)
        own = () if placed.group == report.fingerprint else (report.fingerprint,)
        return replace(report, fingerprint=placed.group), placed.forms or own

    def _meant(
        self, report: ProblemReport, policy: AnomalyPolicy, now: Millis
    ) -> tuple[ProblemReport, tuple[str, ...]]:
        """The report under its meaning's cluster.

        What its component and symptom alone had collected moves there.
        """
        meant = self._cluster(report, now)
        known, alone = _Tenant(self, report.tenant), report.fingerprint
        if report.component is not None and known.subject(alone) is not None:
            watch = self.watch(report.tenant)
            self.take(report.tenant, merge(known, watch, alone, meant, policy), policy, now)
        return replace(report, fingerprint=meant), (alone,)

    def _cluster(self, report: ProblemReport, now: Millis) -> str:
        """The cluster of what a report means."""
        name = meanings_name(report)
        meanings = self.meanings.get(name) or Meanings()
        evicted = meanings.evicted
        placed = place_meaning(meanings, report, now)
        self.counts["text"] += meanings.evicted - evicted
        if placed.learned:
            self.meanings.set(name, replace(meanings))
        return placed.group

    def watch(self, tenant: str) -> Watch:
        found = self.watches.get(tenant) or Watch()
        if not found.carried:
            return found
        step = unpacked(_Tenant(self, tenant), found)
        self._put(tenant, step)
        return step.watch

    def take(
        self,
        tenant: str,
        step: Step,
        policy: AnomalyPolicy,
        now: Millis,
        trace: str | None = None,
    ) -> None:
        told = {anomaly.anomaly_id for anomaly in step.outputs}
        before = self.watch(tenant)
        self.counts["late"] += step.watch.late - before.late
        self.counts["untracked"] += step.watch.untracked - before.untracked
        for name, incident in step.incidents.items():
            known = self.incidents.get(state_name(tenant, name))
            if known and incident and name not in told and _goes_by_more(known, incident):
                self._keep_open(record(incident, AnomalyState.UPDATED, policy, now), trace)
        self._put(tenant, step)
        send(self._batch, self._codec, step.outputs, trace)
        for anomaly in step.outputs:
            self._keep_open(anomaly, trace)

    def _put(self, tenant: str, step: Step) -> None:
        self.watches.set(tenant, step.watch)
        for name, subject in step.subjects.items():
            self.subjects.set(state_name(tenant, name), subject)
        for name, incident in step.incidents.items():
            self.incidents.set(state_name(tenant, name), incident)

    def _keep_open(self, anomaly: Anomaly, trace: str | None) -> None:
        """The compacted topic holds what is open now."""
        key, encoded = anomaly.anomaly_id.encode(), self._codec.encode(anomaly, trace)
        resolved = anomaly.state is AnomalyState.RESOLVED
        value = None if resolved else encoded.value
        self._batch.emit(OPEN_ANOMALIES, key, value, encoded.headers)

    def save(self, count: Count) -> None:
        self.subjects.save()
        self.incidents.save()
        self.shelves.save()
        self.meanings.save()
        self.watches.save()
        for what, times in (+self.counts).items():
            count(what, times)


def _goes_by_more(before: Incident, now: Incident) -> bool:
    """Whether tickets can be known by more names as those of an open incident."""
    if now.resolved_at is not None:
        return False
    return (before.members, before.aliases) != (now.members, now.aliases)


class _Tenant:
    """What is stored of a tenant, as the core asks for it."""

    def __init__(self, work: _Work, tenant: str) -> None:
        self._work = work
        self._tenant = tenant

    def subject(self, name: str) -> Subject | None:
        return self._work.subjects.get(state_name(self._tenant, name))

    def incident(self, anomaly_id: str) -> Incident | None:
        return self._work.incidents.get(state_name(self._tenant, anomaly_id))


def state_name(tenant: str, name: str) -> str:
    """The name of a tenant's state."""
    return f"{tenant}\x00{name}"


def tenant_of(state_key: bytes) -> bytes:
    """The record key of any state of this agent."""
    return state_key[1:].partition(b"\x00")[0]
