"""When a problem that many accounts report becomes an anomaly."""

import msgspec

from schemas.records.base import DurationMillis


class AnomalyPolicy(msgspec.Struct, frozen=True):
    """The lines that anomalies are drawn by. A window is `window_buckets` buckets long."""

    bucket: DurationMillis = 60_000
    """Length of a bucket, and the step by which the window slides."""
    window_buckets: int = 5
    lateness: DurationMillis = 900_000
    """A report further behind the watermark than this is counted as late and no more."""
    idle_source: DurationMillis = 120_000
    """A source partition unheard of for this long no longer holds the watermark back."""
    minimum_accounts: int = 3
    """Distinct accounts of a fingerprint in a window below which nothing opens."""
    category_accounts: int = 8
    """The same for a category; accounts of open incidents do not count for it."""
    category_history: float = 1_000.0
    """Windows that a category must have learned from before it can open anything."""
    open_probability: float = 1e-5
    """An anomaly opens when so many accounts are less likely than this by chance."""
    judged_together: int = 50
    """Where more fingerprints are watched, that probability is shared among them (Bonferroni)."""
    least_dispersion: float = 0.2
    """Dispersion assumed at the least of what has a past; a new fingerprint is taken as Poisson."""
    stay_probability: float = 1e-2
    """An open anomaly is still hot while its window is less likely than this by chance."""
    quiet: DurationMillis = 600_000
    """An anomaly is resolved when no window was hot for this long."""
    growth: float = 2.0
    """An update goes out when the accounts have grown by this factor since the last record."""
    flap: DurationMillis = 1_800_000
    """A problem that comes back within this time is the same incident, and stays open longer."""
    kin: float = 0.5
    """Share of a bursting problem's accounts that makes it part of an incident which has them."""
    half_life_windows: int = 1_440
    """After so many windows a past window weighs half in a baseline."""
    pool_half_life_windows: int = 10_000
    """The same for the pool of all of a tenant's fingerprints."""
    prior_accounts: float = 0.03
    """Accounts a window expected of a fingerprint that was never seen, at the least."""
    prior_windows: float = 60.0
    """How many windows of a fingerprint's own past the pooled prior weighs as much as."""
    large_tiers: tuple[str, ...] = ("enterprise",)
    large_contract_value: float = 100_000.0
    """Yearly contract value, in the account's currency, from which an account is large."""
    critical_accounts: int = 10
    """Peak accounts from which the severity is critical rather than warning."""
    mute: DurationMillis = 3_600_000
    """How long a mute lasts that names no end."""
    forget: DurationMillis = 86_400_000
    """A fingerprint unseen for this long loses its state, a category after 28 times as long."""
    forget_single: DurationMillis = 1_500_000
    """The same for a fingerprint that a single account has reported: it has taught nothing."""
    tracked_fingerprints: int = 500_000
    """Fingerprints with a state at most; further new ones count for their category only."""
    known: DurationMillis = 604_800_000
    """How long a known issue is remembered after the answer."""
    sample_tickets: int = 5
    tickets_per_reporter: int = 20
    """Tickets remembered of one account in one bucket."""
    exact_accounts: int = 1_000
    """Distinct accounts counted one by one in a bucket; those beyond are estimated."""
    members: int = 50
    """Fingerprints and categories that an incident names at most."""
    aliases: int = 100
    """Other names that a problem or an incident keeps, the newest: fingerprints and forms."""
    affected_tickets: int = 1_000
    """Tickets that the record of a resolved anomaly lists at most."""
    runbooks: dict[str, str] = {}
    """Link that helps, by component or category."""
