"""The anomalies agent: problem reports of a tenant in, anomalies out."""

from collections.abc import Callable

from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import AnomalyAction, Millis, ProblemReport
from streams.agents.anomaly_states import INCIDENTS, AnomalyStates, Count, Tenant, state_name
from streams.agents.inbox import INTERNAL_ERROR, Inbox, trace_of
from streams.agents.problem_groups import grouped
from streams.core.anomalies import AnomalyPolicy, Watch, act, forget, observe, wake
from streams.core.policy.duration import Duration
from streams.engine import Batch, SourceRecord, Timer


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
        work = AnomalyStates(batch, self._codec)
        work.load(received)
        for one in received:
            event, now = one.event, batch.now(one.record)
            for timer in batch.due(now):
                self._wake(work, timer)
            policy, known = self._policy(work.watch(event.tenant), now), Tenant(work, event.tenant)
            if isinstance(event, ProblemReport):
                event, aliases, also = grouped(work, event, policy, now)
                step = observe(known, work.watch(event.tenant), event, policy, now, aliases, also)
            else:
                step = act(known, work.watch(event.tenant), event, policy, now)
            work.take(event.tenant, step, policy, now, trace_of(one.record))
        work.save(self._count)

    def timer(self, batch: Batch, timer: Timer) -> None:
        """A deadline has come."""
        work = AnomalyStates(batch, self._codec)
        self._wake(work, timer)
        work.save(self._count)

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        """A report that cannot be handled is kept; a timer's state is woken again."""
        if isinstance(subject, Timer):
            work = AnomalyStates(batch, self._codec)
            of_incident = subject.key.startswith(INCIDENTS.prefix)
            (work.incidents if of_incident else work.subjects).missed(subject)
        else:
            self._inbox.reject(batch, subject, INTERNAL_ERROR, f"{type(error).__name__}: {error}")

    def _wake(self, work: AnomalyStates, timer: Timer) -> None:
        if timer.key.startswith(INCIDENTS.prefix):
            incident = work.incidents.fired(timer)
            if incident is not None:
                known, watch = Tenant(work, incident.tenant), work.watch(incident.tenant)
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
