"""An anomaly opens, grows and is resolved."""

from msgspec.structs import replace

from schemas.records import Anomaly, AnomalyState, Millis, ProblemReport
from streams.core.anomalies.baseline import expected_accounts, last_settled, settle
from streams.core.anomalies.opened import joined, opened, quiet_at
from streams.core.anomalies.policy import AnomalyPolicy
from streams.core.anomalies.record import record
from streams.core.anomalies.state import FingerprintState, OpenAnomaly, Step, Watch
from streams.core.anomalies.statistics import poisson_tail
from streams.core.anomalies.watermark import advance, hear
from streams.core.anomalies.windows import Seen, Window, add, busiest, seen


def observe(
    state: FingerprintState | None,
    watch: Watch,
    report: ProblemReport,
    policy: AnomalyPolicy,
    now: Millis,
) -> Step:
    """What follows from a report that was recorded at `now`.

    `state` is that of the report's tenant and fingerprint, `watch` that of its tenant. A
    heartbeat moves the watermark and leaves the state alone.
    """
    watch = hear(watch, report, policy, now)
    if report.heartbeat:
        return Step(state, watch)
    at = min(report.occurred_at, now)
    current, watch = settle(state or _born(report, watch, policy, at), watch, policy)
    new = seen(report, at, policy)
    if new.number <= current.settled:
        return Step(current if state else None, replace(watch, late=watch.late + 1))
    buckets = add(current.buckets, new, policy)
    if buckets is current.buckets:
        return Step(current, watch)
    current = replace(current, buckets=buckets, seen_at=max(current.seen_at, at))
    if current.open is None:
        return _maybe_open(current, watch, new, policy, now)
    return _grow(current, current.open, watch, new, policy, now)


def tick(state: FingerprintState, watch: Watch, policy: AnomalyPolicy, now: Millis) -> Step:
    """What follows from the state's deadline having come. Calling it earlier does no harm.

    A quiet anomaly is resolved once the watermark, too, has passed its quiet time: reports that
    a slow source partition still holds may keep it open.
    """
    watch = advance(watch, policy, now)
    state, watch = settle(state, watch, policy)
    if state.open is not None:
        due = quiet_at(state.open, policy)
        if watch.watermark >= due:
            return resolve(state, state.open, watch, policy, now)
        return Step(replace(state, deadline=max(due, now + policy.bucket)), watch)
    forget_at = max(state.seen_at + policy.forget, state.muted_until)
    if now >= forget_at:
        return Step(None, watch)
    return Step(replace(state, deadline=forget_at), watch)


def resolve(
    state: FingerprintState,
    anomaly: OpenAnomaly,
    watch: Watch,
    policy: AnomalyPolicy,
    now: Millis,
) -> Step:
    """Close the state's open anomaly and name everyone it touched."""
    last = replace(anomaly, revision=anomaly.revision + 1)
    window = Window(anomaly.peak_end, anomaly.peak)
    output = record(state, last, AnomalyState.RESOLVED, window, policy, now)
    settled = max(state.settled, anomaly.hot_until, watch.watermark // policy.bucket - 1)
    state = replace(
        state,
        open=None,
        settled=settled,
        buckets={number: bucket for number, bucket in state.buckets.items() if number > settled},
        deadline=max(state.seen_at + policy.forget, state.muted_until),
    )
    still_open = {key: value for key, value in watch.open.items() if key != anomaly.anomaly_id}
    return Step(state, replace(watch, open=still_open), (output,))


def _born(
    report: ProblemReport, watch: Watch, policy: AnomalyPolicy, at: Millis
) -> FingerprintState:
    return FingerprintState(
        tenant=report.tenant,
        fingerprint=report.fingerprint,
        category=report.category,
        title=report.template or report.error_text or report.category,
        component=report.component,
        settled=last_settled(watch.watermark, policy),
        seen_at=at,
        deadline=at + policy.forget,
    )


def _maybe_open(
    state: FingerprintState, watch: Watch, new: Seen, policy: AnomalyPolicy, now: Millis
) -> Step:
    window = busiest(state.buckets, new.number, policy)
    if now < state.muted_until or window.accounts < policy.minimum_accounts:
        return Step(state, watch)
    expected = expected_accounts(state, watch, policy)
    if poisson_tail(window.accounts, expected) >= policy.open_probability:
        return Step(state, watch)
    anomaly = opened(state, window, new.number, expected, policy)
    state = replace(state, open=anomaly, deadline=quiet_at(anomaly, policy))
    watch = replace(watch, open={**watch.open, anomaly.anomaly_id: state.fingerprint})
    output = record(state, anomaly, AnomalyState.OPENED, window, policy, now)
    return Step(state, watch, (output,))


def _grow(
    state: FingerprintState,
    anomaly: OpenAnomaly,
    watch: Watch,
    new: Seen,
    policy: AnomalyPolicy,
    now: Millis,
) -> Step:
    window = busiest(state.buckets, new.number, policy)
    growth = window.accounts / anomaly.announced
    anomaly = joined(anomaly, new, window, policy)
    outputs: tuple[Anomaly, ...] = ()
    if growth >= policy.growth and now >= state.muted_until:
        anomaly = replace(anomaly, announced=window.accounts, revision=anomaly.revision + 1)
        outputs = (record(state, anomaly, AnomalyState.UPDATED, window, policy, now, growth),)
    state = replace(state, open=anomaly, deadline=quiet_at(anomaly, policy))
    return Step(state, watch, outputs)
