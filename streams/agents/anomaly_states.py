"""The states of the anomalies agent that a batch touches, and what its steps do to them."""

from collections import Counter
from collections.abc import Callable

from schemas.codec import Codec
from schemas.records import Anomaly, AnomalyAction, AnomalyState, Millis, ProblemReport
from schemas.topics import OPEN_ANOMALIES
from streams.agents.affected_keys import AffectedKeys
from streams.agents.inbox import Received, send
from streams.agents.states import Kind, States
from streams.core.anomalies import (
    AnomalyPolicy,
    Incident,
    Meanings,
    Shelf,
    Step,
    Subject,
    Watch,
    category_name,
    decode_incident,
    decode_meanings,
    decode_shelf,
    decode_subject,
    decode_watch,
    encode,
    encode_meanings,
    encode_shelf,
    record,
    unpacked,
)
from streams.engine import Batch

SUBJECTS: Kind[Subject] = Kind(b"f", encode, decode_subject, lambda subject: subject.deadline)
INCIDENTS: Kind[Incident] = Kind(b"i", encode, decode_incident, lambda incident: incident.deadline)
SHELVES: Kind[Shelf] = Kind(b"g", encode_shelf, decode_shelf, lambda shelf: None)
MEANINGS: Kind[Meanings] = Kind(b"m", encode_meanings, decode_meanings, lambda meanings: None)
WATCHES: Kind[Watch] = Kind(b"w", encode, decode_watch, lambda watch: None)

Count = Callable[[str, int], None]
"""Is told how many reports were `late` or `untracked`, and how many a `fingerprint` or `text` was
forgotten.
"""


class AnomalyStates:
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
        """Read at once what these reports count under, as far as it is known yet."""
        reports = [one.event for one in received if isinstance(one.event, ProblemReport)]
        self.watches.load(report.tenant for report in reports)
        self.subjects.load(
            state_name(report.tenant, name)
            for report in reports
            if not report.heartbeat
            for name in (report.fingerprint, category_name(report.category))
        )

    def watch(self, tenant: str) -> Watch:
        """What all subjects of a tenant share; what the first version carried in it is unpacked."""
        found = self.watches.get(tenant) or Watch()
        if not found.carried:
            return found
        step = unpacked(Tenant(self, tenant), found)
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
        """Keep and send what a step came to."""
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
            if anomaly.part == 1:
                self._keep_open(anomaly, trace)

    def _put(self, tenant: str, step: Step) -> None:
        self.watches.set(tenant, step.watch)
        for name, subject in step.subjects.items():
            self.subjects.set(state_name(tenant, name), subject)
        for name, incident in step.incidents.items():
            self.incidents.set(state_name(tenant, name), incident)
        for name, keys in step.keys.items():
            self.affected(tenant, name).put(keys)

    def affected(self, tenant: str, anomaly_id: str) -> AffectedKeys:
        """Whom an incident of a tenant touches."""
        return AffectedKeys(self._batch, tenant, anomaly_id)

    def _keep_open(self, anomaly: Anomaly, trace: str | None) -> None:
        """The compacted topic holds what is open now."""
        key, encoded = anomaly.anomaly_id.encode(), self._codec.encode(anomaly, trace)
        resolved = anomaly.state is AnomalyState.RESOLVED
        value = None if resolved else encoded.value
        self._batch.emit(OPEN_ANOMALIES, key, value, encoded.headers)

    def save(self, count: Count) -> None:
        """Write what was changed, and say what was counted."""
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


class Tenant:
    """What is stored of a tenant, as the core asks for it."""

    def __init__(self, work: AnomalyStates, tenant: str) -> None:
        self._work = work
        self._tenant = tenant

    def subject(self, name: str) -> Subject | None:
        """The subject of a name."""
        return self._work.subjects.get(state_name(self._tenant, name))

    def incident(self, anomaly_id: str) -> Incident | None:
        """The incident of an id."""
        return self._work.incidents.get(state_name(self._tenant, anomaly_id))

    def affected(self, anomaly_id: str) -> AffectedKeys:
        """What lies under keys of its own beside an incident."""
        return self._work.affected(self._tenant, anomaly_id)


def state_name(tenant: str, name: str) -> str:
    """The name of a tenant's state."""
    return f"{tenant}\x00{name}"


def tenant_of(state_key: bytes) -> bytes:
    """The record key of any state of this agent."""
    return state_key[1:].partition(b"\x00")[0]
