"""Learning from windows that can no longer change."""

from msgspec.structs import replace

from schemas.records import Millis
from streams.core.anomalies.policy import AnomalyPolicy
from streams.core.anomalies.state import FingerprintState, Watch
from streams.core.anomalies.windows import accounts_in


def last_settled(watermark: Millis, policy: AnomalyPolicy) -> int:
    """The last bucket that lies wholly beyond the lateness bound."""
    return (watermark - policy.lateness) // policy.bucket - 1


def settle(
    state: FingerprintState, watch: Watch, policy: AnomalyPolicy
) -> tuple[FingerprintState, Watch]:
    """Fold the windows that have settled into the baseline and the tenant's pool.

    While an anomaly is open nothing is learned, so that an outage does not become usual.
    """
    through = last_settled(watch.watermark, policy)
    if through <= state.settled:
        return state, watch
    needed = through - policy.window_buckets + 1
    rest = {number: bucket for number, bucket in state.buckets.items() if number > needed}
    if state.open is None:
        learned, watch = _learn(state, watch, through, policy)
        return replace(learned, settled=through, buckets=rest), watch
    return replace(state, settled=through, buckets=rest), watch


def _learn(
    state: FingerprintState, watch: Watch, through: int, policy: AnomalyPolicy
) -> tuple[FingerprintState, Watch]:
    own, pool, done = state.baseline, watch.pool, state.settled
    ends = {number + k for number in state.buckets for k in range(policy.window_buckets)}
    for end in sorted(end for end in ends if done < end <= through):
        count = accounts_in(state.buckets, end, policy)
        own = own.after_empty(end - done - 1, policy.half_life_windows)
        own = own.after(count, policy.half_life_windows)
        pool = pool.after_empty(end - done - 1, policy.pool_half_life_windows)
        pool = pool.after(count, policy.pool_half_life_windows)
        done = end
    own = own.after_empty(through - done, policy.half_life_windows)
    pool = pool.after_empty(through - done, policy.pool_half_life_windows)
    return replace(state, baseline=own), replace(watch, pool=pool)


def expected_accounts(state: FingerprintState, watch: Watch, policy: AnomalyPolicy) -> float:
    """Accounts usual in a window of this fingerprint; the tenant's pool speaks where it is new."""
    prior = max(policy.prior_accounts, watch.pool.mean())
    return state.baseline.expected(prior, policy.prior_windows)
