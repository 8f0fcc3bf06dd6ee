"""What an open anomaly holds, and how a report adds to it."""

from msgspec.structs import replace

from schemas.records import Millis
from streams.core.anomalies.policy import AnomalyPolicy
from streams.core.anomalies.record import anomaly_id
from streams.core.anomalies.state import FingerprintState, OpenAnomaly
from streams.core.anomalies.statistics import poisson_tail
from streams.core.anomalies.windows import Seen, Window, account_of


def opened(
    state: FingerprintState, window: Window, number: int, expected: float, policy: AnomalyPolicy
) -> OpenAnomaly:
    """The anomaly of a window that a report in bucket `number` made unusual."""
    first = window.end - policy.window_buckets + 1
    sightings = sorted(
        (seen.at, ticket_id, who, seen.large)
        for bucket in range(first, window.end + 1)
        for who, tickets in state.buckets.get(bucket, {}).items()
        for ticket_id, seen in tickets.items()
    )
    affected: dict[str, tuple[Millis, str | None]] = {}
    for at, ticket_id, who, _ in sightings[: policy.affected_tickets]:
        affected.setdefault(ticket_id, (at, account_of(who)))
    large = {account_of(who) for _, _, who, is_large in sightings if is_large}
    since = sightings[0][0]
    return OpenAnomaly(
        anomaly_id=anomaly_id(state.tenant, state.fingerprint, since),
        since=since,
        revision=1,
        announced=window.accounts,
        peak=window.accounts,
        peak_end=window.end,
        expected=expected,
        tail=poisson_tail(window.accounts, expected),
        hot_until=number,
        affected=affected,
        large=tuple(sorted(account for account in large if account is not None)),
    )


def joined(anomaly: OpenAnomaly, new: Seen, window: Window, policy: AnomalyPolicy) -> OpenAnomaly:
    """The anomaly after one more report, whose busiest window is `window`."""
    tail = poisson_tail(window.accounts, anomaly.expected)
    if window.accounts > 1 and tail < policy.stay_probability:
        anomaly = replace(anomaly, hot_until=max(anomaly.hot_until, new.number))
    if window.accounts > anomaly.peak:
        anomaly = replace(anomaly, peak=window.accounts, peak_end=window.end, tail=tail)
    known = anomaly.affected.get(new.ticket_id)
    if known is None and len(anomaly.affected) >= policy.affected_tickets:
        return anomaly
    account = account_of(new.who)
    at, owner = known or (new.sighting.at, account)
    touched = (min(at, new.sighting.at), owner or account)
    large = set(anomaly.large)
    if new.sighting.large and account is not None:
        large.add(account)
    affected = {**anomaly.affected, new.ticket_id: touched}
    return replace(anomaly, affected=affected, large=tuple(sorted(large)))


def quiet_at(anomaly: OpenAnomaly, policy: AnomalyPolicy) -> Millis:
    """Event time at which the anomaly is resolved if no window is hot until then."""
    return (anomaly.hot_until + 1) * policy.bucket + policy.quiet
