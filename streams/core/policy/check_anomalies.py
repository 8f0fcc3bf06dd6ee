"""What types cannot say of the policy's `anomalies`."""

from collections.abc import Iterator

from streams.core.policy.anomalies import AnomalyPolicy

LONGEST_WINDOW = 60
"""Buckets of a window at most: each is looked at with each report."""


def anomaly_complaints(policy: AnomalyPolicy) -> Iterator[str]:
    """Everything that is wrong with it: a path and what to write there instead."""
    window = policy.bucket * policy.window_buckets
    if policy.window_buckets > LONGEST_WINDOW:
        yield f"anomalies.window_buckets: expected at most {LONGEST_WINDOW}, take longer buckets"
    if policy.stay_probability < policy.open_probability:
        yield "anomalies.stay_probability: expected at least open_probability"
    if policy.category_accounts < policy.minimum_accounts:
        yield "anomalies.category_accounts: expected at least minimum_accounts"
    for name in ("forget", "forget_single"):
        if getattr(policy, name) < policy.lateness + window:
            yield f"anomalies.{name}: expected at least lateness and a window together"
    for name, link in policy.runbooks.items():
        if not link.startswith(("https://", "http://")):
            yield f"anomalies.runbooks.{name}: expected a link such as https://wiki/{name}"
