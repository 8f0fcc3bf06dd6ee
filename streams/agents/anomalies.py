"""The anomalies agent: problem reports of a tenant in, anomalies out."""

from schemas.codec import Codec
from schemas.records import Anomaly, AnomalyAction, AnomalyState, Millis, ProblemReport
from schemas.topics import OPEN_ANOMALIES
from streams.agents.inbox import INTERNAL_ERROR, Inbox, Received, send, trace_of
from streams.agents.states import Kind, States
from streams.core.anomalies import (
    AnomalyPolicy,
    FingerprintState,
    Step,
    Watch,
    act,
    decode_fingerprint,
    decode_watch,
    encode_fingerprint,
    encode_watch,
    fingerprint_of,
    observe,
    tick,
)
from streams.engine import Batch, SourceRecord, Timer

FINGERPRINTS = Kind(b"f", encode_fingerprint, decode_fingerprint, lambda state: state.deadline)
WATCHES: Kind[Watch] = Kind(b"w", encode_watch, decode_watch, lambda watch: None)


class AnomaliesAgent:
    """Groups reports by tenant and fingerprint. The state of a fingerprint is keyed by both."""

    name = "anomalies"
    sources = ("support.problem-reports", "support.anomaly-actions")

    def __init__(self, codec: Codec, policy: AnomalyPolicy) -> None:
        self._codec = codec
        self._policy = policy
        self._inbox: Inbox[ProblemReport | AnomalyAction] = Inbox(
            self.name, codec, (ProblemReport, AnomalyAction)
        )

    def records(self, batch: Batch, records: list[SourceRecord]) -> None:
        """Handle reports and the on-call person's answers in their order."""
        received = self._inbox.receive(batch, records)
        work = _Work(batch, self._codec)
        work.load(received)
        for record, event in received:
            now = batch.now(record)
            for timer in batch.due(now):
                self._wake(work, timer)
            if isinstance(event, ProblemReport):
                name = state_name(event.tenant, event.fingerprint)
                state, watch = work.fingerprints.get(name), work.watch(event.tenant)
                step = observe(state, watch, event, self._policy, now)
                work.take(event.tenant, name, step, trace_of(record))
            else:
                self._act(work, event, now, trace_of(record))
        work.save()

    def timer(self, batch: Batch, timer: Timer) -> None:
        """A fingerprint's deadline has come."""
        work = _Work(batch, self._codec)
        self._wake(work, timer)
        work.save()

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        """A report that cannot be handled is kept; a timer's state waits for its next report."""
        if not isinstance(subject, Timer):
            self._inbox.reject(batch, subject, INTERNAL_ERROR, f"{type(error).__name__}: {error}")

    def _wake(self, work: "_Work", timer: Timer) -> None:
        state = work.fingerprints.fired(timer)
        if state is not None:
            name = state_name(state.tenant, state.fingerprint)
            step = tick(state, work.watch(state.tenant), self._policy, timer.due)
            work.take(state.tenant, name, step)

    def _act(self, work: "_Work", action: AnomalyAction, now: Millis, trace: str | None) -> None:
        watch = work.watch(action.tenant)
        fingerprint = fingerprint_of(watch, action)
        if fingerprint is None:
            return
        name = state_name(action.tenant, fingerprint)
        state = work.fingerprints.get(name)
        if state is not None:
            step = act(state, watch, action, self._policy, now)
            work.take(action.tenant, name, step, trace)


class _Work:
    """The states of a batch, and what its steps did to them."""

    def __init__(self, batch: Batch, codec: Codec) -> None:
        self._batch = batch
        self._codec = codec
        self.fingerprints: States[FingerprintState] = States(batch, FINGERPRINTS)
        self.watches: States[Watch] = States(batch, WATCHES)

    def load(self, received: list[Received[ProblemReport | AnomalyAction]]) -> None:
        reports = [event for _, event in received if isinstance(event, ProblemReport)]
        self.watches.load(report.tenant for report in reports)
        self.fingerprints.load(state_name(report.tenant, report.fingerprint) for report in reports)

    def watch(self, tenant: str) -> Watch:
        return self.watches.get(tenant) or Watch()

    def take(self, tenant: str, name: str, step: Step, trace: str | None = None) -> None:
        self.watches.set(tenant, step.watch)
        self.fingerprints.set(name, step.state)
        self.fingerprints.rearm(name)
        send(self._batch, self._codec, step.outputs, trace)
        for anomaly in step.outputs:
            self._keep_open(anomaly, trace)

    def _keep_open(self, anomaly: Anomaly, trace: str | None) -> None:
        """The compacted topic holds what is open now."""
        key, encoded = anomaly.anomaly_id.encode(), self._codec.encode(anomaly, trace)
        resolved = anomaly.state is AnomalyState.RESOLVED
        value = None if resolved else encoded.value
        self._batch.emit(OPEN_ANOMALIES, key, value, encoded.headers)

    def save(self) -> None:
        self.fingerprints.save()
        self.watches.save()


def state_name(tenant: str, fingerprint: str) -> str:
    """The name of a fingerprint's state."""
    return f"{tenant}\x00{fingerprint}"


def tenant_of(state_key: bytes) -> bytes:
    """The record key of any state of this agent."""
    return state_key[1:].partition(b"\x00")[0]
