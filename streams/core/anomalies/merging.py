"""What becomes of a problem that turns out to be another, older one."""

from msgspec.structs import replace

from streams.core.anomalies.state import Bucket, FingerprintState


def merge(
    fingerprint: str, state: FingerprintState | None, alias: FingerprintState
) -> FingerprintState:
    """The state of the older problem, `fingerprint`, with the reports that came under its alias.

    Each report counts once, whichever of the two had it. An anomaly that is open under the alias
    is not carried over.
    """
    if state is None:
        return replace(alias, fingerprint=fingerprint, open=None)
    buckets = dict(state.buckets)
    for number, bucket in alias.buckets.items():
        if number > state.settled:
            buckets[number] = _both(buckets.get(number, {}), bucket)
    return replace(state, buckets=buckets, seen_at=max(state.seen_at, alias.seen_at))


def _both(one: Bucket, other: Bucket) -> Bucket:
    both = {who: dict(tickets) for who, tickets in one.items()}
    for who, tickets in other.items():
        mine = both.setdefault(who, {})
        for ticket, sighting in tickets.items():
            known = mine.get(ticket)
            if known is None or sighting.at < known.at:
                mine[ticket] = sighting
    return both
