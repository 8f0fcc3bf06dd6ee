"""When a problem that many accounts report becomes an anomaly."""

from typing import Annotated, Literal

import msgspec

from streams.core.policy.duration import Duration
from streams.core.policy.section import Section

Severity = Literal["warning", "critical"]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e15)]
Probability = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class AnomalyPolicy(Section, frozen=True):
    """When a problem that many accounts report becomes an anomaly.

    A window is `window_buckets` buckets long and slides by one `bucket`; with reports counted, a
    bucket keeps its length. A problem opens an anomaly from `minimum_accounts` on (a category from
    `category_accounts`), where so many are less likely by chance than `open_probability`. Nothing
    unusual for `quiet` resolves it; what returns within `flap` is the same one.

    An update is told at once when the accounts have grown by `growth`, when the severity changes
    and when the problem is back. That further problems have joined is told `update_pause` after
    the last record, all of them together.

    `runbooks` and `severities` are by component or by category, the component's goes before. What
    has no severity of its own is critical from `critical_accounts` on. An account of `large_tiers`
    or from `large_contract_value` a year on is named as large.
    """

    bucket: Duration = Duration(60_000)
    """Length of a bucket, and the step by which the window slides."""
    window_buckets: Count = 5
    """Buckets of a window."""
    lateness: Duration = Duration(900_000)
    """A report further behind the watermark than this is counted as late and no more."""
    idle_source: Duration = Duration(120_000)
    """A source partition unheard of for this long no longer holds the watermark back."""
    minimum_accounts: Annotated[int, msgspec.Meta(ge=2, le=1_000_000)] = 3
    """Distinct accounts of a fingerprint in a window below which nothing opens."""
    category_accounts: Annotated[int, msgspec.Meta(ge=2, le=1_000_000)] = 8
    """The same for a category; accounts of open incidents do not count for it."""
    category_history: Annotated[float, msgspec.Meta(ge=0, le=1e15)] = 1_000.0
    """Windows that a category must have learned from before it can open anything."""
    open_probability: Probability = 1e-5
    """An anomaly opens when so many accounts are less likely than this by chance."""
    judged_together: Count = 50
    """Where more fingerprints are watched, that probability is shared among them (Bonferroni)."""
    least_dispersion: Annotated[float, msgspec.Meta(ge=0, le=1e15)] = 0.2
    """Dispersion assumed at the least of what has a past; a new fingerprint is taken as Poisson."""
    stay_probability: Probability = 1e-2
    """An open anomaly is still hot while its window is less likely than this by chance."""
    quiet: Duration = Duration(600_000)
    """An anomaly is resolved when no window was hot for this long."""
    growth: Annotated[float, msgspec.Meta(gt=1, le=1_000_000)] = 2.0
    """An update goes out when the accounts have grown by this factor since the last record."""
    update_pause: Duration = Duration(300_000)
    """Time between a record and the next that says no more than that problems have joined; like
    Alertmanager's `group_interval`."""
    flap: Duration = Duration(1_800_000)
    """A problem that comes back within this time is the same incident, and stays open longer."""
    kin: Annotated[float, msgspec.Meta(gt=0, le=1)] = 0.5
    """Share of a bursting problem's accounts that makes it part of an incident which has them."""
    half_life_windows: Count = 1_440
    """After so many windows a past window weighs half in a baseline."""
    pool_half_life_windows: Count = 10_000
    """The same for the pool of all of a tenant's fingerprints."""
    prior_accounts: Positive = 0.03
    """Accounts a window expected of a fingerprint that was never seen, at the least."""
    prior_windows: Positive = 60.0
    """How many windows of a fingerprint's own past the pooled prior weighs as much as."""
    large_tiers: tuple[str, ...] = ("enterprise",)
    """Tiers whose accounts are large."""
    large_contract_value: Annotated[float, msgspec.Meta(ge=0, le=1e15)] = 100_000.0
    """Yearly contract value, in the account's currency, from which an account is large."""
    critical_accounts: Count = 10
    """Peak accounts from which the severity is critical rather than warning."""
    mute: Duration = Duration(3_600_000)
    """How long a mute lasts that names no end."""
    forget: Duration = Duration(86_400_000)
    """A fingerprint unseen for this long loses its state, a category after 28 times as long.
    An anomaly can be answered for this long after its end."""
    forget_single: Duration = Duration(1_500_000)
    """The same for a fingerprint that a single account has reported: it has taught nothing."""
    tracked_fingerprints: Count = 500_000
    """Fingerprints with a state at most; further new ones count for their category only."""
    known: Duration = Duration(604_800_000)
    """How long a known issue is remembered after the answer."""
    sample_tickets: Count = 5
    """Tickets that a record names as examples, at most."""
    tickets_per_reporter: Count = 20
    """Tickets remembered of one account in one bucket, and less where there are many tickets."""
    exact_accounts: Annotated[int, msgspec.Meta(ge=1, le=2_000)] = 1_000
    """Distinct accounts of a window that are counted one by one; where there are more, buckets that
    have more than their share of them are estimated. They have to fit into a record. Who reported
    in an estimated bucket before an incident opened is not among its affected tickets."""
    members: Annotated[int, msgspec.Meta(ge=2, le=1_000_000)] = 50
    """Fingerprints and categories that an incident names at most."""
    aliases: Count = 100
    """Other names that a problem or an incident keeps, the newest: fingerprints and forms."""
    affected_tickets: Annotated[int, msgspec.Meta(ge=1, le=5_000)] = 5_000
    """Tickets that a record of a resolved anomaly lists at most, as far as it has room for them;
    what is over that follows in further parts."""
    runbooks: dict[str, str] = {}
    """Link that helps, by component or category."""
    severities: dict[str, Severity] = {}
    """Severity by component or category."""
