"""The records that tell of an anomaly."""

from hashlib import blake2b

from schemas.records import AffectedTicket, Anomaly, AnomalyState, Millis
from streams.core.anomalies.policy import AnomalyPolicy
from streams.core.anomalies.state import FingerprintState, OpenAnomaly
from streams.core.anomalies.windows import Window


def anomaly_id(tenant: str, fingerprint: str, since: Millis) -> str:
    """The id of the anomaly of a fingerprint whose first report was at `since`."""
    name = "\x00".join((tenant, fingerprint, str(since))).encode()
    return f"anomaly-{blake2b(name, digest_size=8).hexdigest()}"


def record(
    state: FingerprintState,
    anomaly: OpenAnomaly,
    kind: AnomalyState,
    window: Window,
    policy: AnomalyPolicy,
    now: Millis,
    growth: float | None = None,
) -> Anomaly:
    """The record of an anomaly at `now`, with its figures for `window`."""
    touched = tuple(
        AffectedTicket(ticket_id=ticket, reported_at=at, account_id=account)
        for ticket, (at, account) in sorted(
            anomaly.affected.items(), key=lambda item: (item[1][0], item[0])
        )
    )
    resolved = kind is AnomalyState.RESOLVED
    return Anomaly(
        anomaly_id=anomaly.anomaly_id,
        state=kind,
        revision=anomaly.revision,
        title=state.title,
        category=state.category,
        since=anomaly.since,
        updated_at=now,
        window_start=(window.end + 1 - policy.window_buckets) * policy.bucket,
        window_end=(window.end + 1) * policy.bucket,
        accounts=window.accounts,
        expected=anomaly.expected,
        tail_probability=anomaly.tail,
        tenant=state.tenant,
        fingerprints=(state.fingerprint,),
        large_accounts=anomaly.large,
        sample_tickets=touched[: policy.sample_tickets],
        affected=touched if resolved else (),
        growth=growth,
        peak_accounts=anomaly.peak,
        component=state.component,
        severity="critical" if anomaly.peak >= policy.critical_accounts else "warning",
        acknowledged_by=anomaly.acknowledged_by,
        resolved_at=now if resolved else None,
    )
