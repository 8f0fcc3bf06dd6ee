"""The anomalies agent: problem reports of a tenant in, anomalies out."""

from msgspec.structs import replace

from detectors.masking import words
from schemas.codec import Codec
from schemas.records import Anomaly, AnomalyAction, AnomalyState, Millis, ProblemReport
from schemas.topics import OPEN_ANOMALIES
from streams.agents.inbox import INTERNAL_ERROR, Inbox, Received, send, trace_of
from streams.agents.states import Kind, States
from streams.core.anomalies import (
    AnomalyPolicy,
    FingerprintState,
    Shelf,
    Step,
    Watch,
    act,
    decode_fingerprint,
    decode_shelf,
    decode_watch,
    encode_fingerprint,
    encode_shelf,
    encode_watch,
    fingerprint_of,
    merge,
    observe,
    place,
    shelf_number,
    tick,
)
from streams.engine import Batch, SourceRecord, Timer

FINGERPRINTS = Kind(b"f", encode_fingerprint, decode_fingerprint, lambda state: state.deadline)
SHELVES: Kind[Shelf] = Kind(b"g", encode_shelf, decode_shelf, lambda shelf: None)
WATCHES: Kind[Watch] = Kind(b"w", encode_watch, decode_watch, lambda watch: None)


class AnomaliesAgent:
    """Groups reports by tenant and problem. The state of a problem is keyed by both.

    A report's problem is its fingerprint, or the older one that turned out to be the same.
    """

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
                event = work.grouped(event)
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
        self.shelves: States[Shelf] = States(batch, SHELVES)
        self.watches: States[Watch] = States(batch, WATCHES)

    def load(self, received: list[Received[ProblemReport | AnomalyAction]]) -> None:
        reports = [event for _, event in received if isinstance(event, ProblemReport)]
        self.watches.load(report.tenant for report in reports)
        self.fingerprints.load(state_name(report.tenant, report.fingerprint) for report in reports)

    def grouped(self, report: ProblemReport) -> ProblemReport:
        """The report under its group's fingerprint; what had come under aliases moves there."""
        if report.heartbeat or report.error_text is None or report.template is None:
            return report
        text = words(report.template)
        shelf_name = f"{report.tenant}\x00{shelf_number(text)}"
        shelf = self.shelves.get(shelf_name) or Shelf()
        placed = place(shelf, report.fingerprint, text)
        if placed.learned:
            # The shelf is the same object, and only another one counts as a change.
            self.shelves.set(shelf_name, replace(shelf))
        for alias in placed.merged:
            self._move(report.tenant, alias, placed.group)
        return replace(report, fingerprint=placed.group)

    def _move(self, tenant: str, alias: str, group: str) -> None:
        """An open anomaly stays where it is until it is resolved."""
        name, alias_name = state_name(tenant, group), state_name(tenant, alias)
        moved = self.fingerprints.get(alias_name)
        if moved is not None and moved.open is None:
            self.fingerprints.set(name, merge(group, self.fingerprints.get(name), moved))
            self.fingerprints.set(alias_name, None)

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
        self.shelves.save()
        self.watches.save()


def state_name(tenant: str, fingerprint: str) -> str:
    """The name of a fingerprint's state."""
    return f"{tenant}\x00{fingerprint}"


def tenant_of(state_key: bytes) -> bytes:
    """The record key of any state of this agent."""
    return state_key[1:].partition(b"\x00")[0]
