"""What is kept between reports: values per subject and incident, and a small one per tenant.

All are frozen values; the anomalies agent owns the store they lie in.
"""

from collections.abc import Collection
from typing import Protocol

import msgspec

from detectors.season import Season
from detectors.spikes import Bar, Baseline, Expected
from schemas.records import Anomaly, DurationMillis, Millis
from streams.core.anomalies.centres import Centre


class Sighting(msgspec.Struct, frozen=True, array_like=True):
    """The earliest report of a ticket in a bucket, and whether its account is a large one."""

    at: Millis
    large: bool


Bucket = dict[str, dict[str, Sighting]]
"""Sightings by reporter and ticket id. A reporter is `a:account`, `r:requester` or `t:ticket`."""

Buckets = dict[int, Bucket]
"""Buckets by number: event time divided by the length of a bucket."""

Sketches = dict[int, bytes]
"""Reporters of a bucket with more than are kept one by one, as a HyperLogLog sketch."""


class Subject(msgspec.Struct, frozen=True, array_like=True):
    """What is counted: the accounts of a tenant that report one fingerprint, or one category."""

    tenant: str
    name: str
    category: str
    title: str
    component: str | None
    settled: int
    """Last bucket that can no longer change; 0 before there is one."""
    seen_at: Millis
    deadline: Millis
    """When `forget` is to be called."""
    buckets: Buckets = {}
    sketches: Sketches = {}
    baseline: Baseline = Baseline()
    aliases: tuple[str, ...] = ()
    """What else its texts go by: fingerprints and forms, see `grouping`."""
    carried: "Incident | None" = None
    """An open anomaly that the first version kept with its fingerprint: see `first_version`."""
    centre: Centre = Centre()
    """What its reports mean; empty for a category."""


class Affected(msgspec.Struct, frozen=True, array_like=True):
    """An affected ticket: when it was first reported, and whose it is, once that is known."""

    at: Millis
    account_id: str | None


class Incident(msgspec.Struct, frozen=True, array_like=True):
    """An anomaly: the accounts of all subjects that burst together, from one cause."""

    tenant: str
    anomaly_id: str
    subject: str
    """The subject that opened it."""
    category: str
    title: str
    component: str | None
    since: Millis
    opened_at: Millis
    expected: Expected
    deadline: Millis
    members: tuple[str, ...]
    buckets: Buckets
    sketches: Sketches
    announced: int
    """Accounts in the window when the last record went out."""
    peak: int
    peak_end: int
    """Last bucket of the window that had the most accounts."""
    hot_until: int
    """Last bucket that lay in a window too full to be chance."""
    affected: dict[str, Affected]
    """By ticket id, as far as they have no keys of their own yet: see `affected.filed`."""
    cut: int = 0
    """Reports whose tickets an earlier version did not keep because its list was full."""
    large: tuple[str, ...] = ()
    grouped_by: tuple[str, ...] = ()
    revision: int = 1
    reopened: int = 0
    acknowledged_by: str | None = None
    known_issue: bool = False
    resolved_at: Millis | None = None
    aliases: tuple[str, ...] = ()
    latest: tuple[int, int] = (0, 0)
    """Newest bucket, and the accounts in the window that ends with it; zeros: to be counted."""
    centre: Centre = Centre()
    """What its subjects' reports mean."""
    told_at: Millis = 0
    """When the last record went out."""
    told_severity: str = ""
    """The severity that it had then; empty in a state from before this was kept."""
    joined_since: bool = False
    """Whether there is news that can wait, and that no record has told of yet."""
    silent_until: Millis = 0
    """Until when it is muted, where that held news back."""
    tickets: int = 0
    """How many affected tickets have keys of their own."""
    accounts: int = 0
    """How many accounts these are of."""
    samples: dict[str, Affected] = {}
    """The first affected tickets."""
    part: int = 0
    """How many records of its list have gone out since its end."""
    listed_to: str = ""
    """The last ticket in them, while more are to follow; then the last whose key was deleted."""


class Keys(msgspec.Struct, frozen=True):
    """What lies under keys of its own beside an incident, or is to; None is to be deleted."""

    tickets: dict[str, Affected | None] = {}
    """By ticket id."""
    accounts: dict[str, int | None] = {}
    """How many of these tickets an account has, by its id."""


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What a tenant's watch says of an incident that is open, or was until a moment ago."""

    members: tuple[str, ...]
    component: str | None
    category: str
    first: int
    """Bucket of its first report."""
    resolved: bool = False


class Source(msgspec.Struct, frozen=True, array_like=True):
    """How far a source partition has come, and when it was last heard of."""

    watermark: Millis
    heard_at: Millis


class Flow(msgspec.Struct, frozen=True, array_like=True):
    """Reports of the current hour (each reporter once a bucket), and the level of the hours."""

    hour: int = 0
    reports: int = 0
    level: Baseline = Baseline()
    ratio: float = 1.0
    """Of the last full hour to the level."""


class Watch(msgspec.Struct, frozen=True, array_like=True):
    """What all subjects of a tenant share."""

    sources: dict[int, Source] = {}
    watermark: Millis = 0
    late: int = 0
    pool: Baseline = Baseline()
    """Windows of all its fingerprints: what is usual of one that is new."""
    flow: Flow = Flow()
    season: Season = Season()
    incidents: dict[str, Entry] = {}
    """By id, in the order of opening."""
    muted: dict[str, Millis] = {}
    """Until when subjects are muted."""
    known: dict[str, tuple[str | None, Millis]] = {}
    """Who called a subject a known issue, and until when it counts as one."""
    bars: dict[str, Bar] = {}
    """How many accounts the false alarms of a subject had, fading."""
    tracked: int = 0
    """Fingerprints that have a state."""
    untracked: int = 0
    """Reports of fingerprints that were not given one: see `AnomalyPolicy.tracked_fingerprints`."""
    recent: dict[str, tuple[str, ...]] = {}
    """Latest fingerprints by component."""
    bucket: DurationMillis = 0
    """Length of the buckets that are counted by; 0 before the first report."""
    carried: dict[str, str] = {}
    """Which fingerprint carries an open anomaly, by the anomaly's id."""
    answered: tuple[str, ...] = ()
    """Ids of the last answers, so that a repeated one counts once."""


class Filed(Protocol):
    """The affected tickets and accounts of an incident that have keys."""

    def tickets(self, ticket_ids: Collection[str]) -> dict[str, Affected]:
        """Those of the tickets that have one."""

    def accounts(self, account_ids: Collection[str]) -> dict[str, int]:
        """How many tickets each of the accounts has that have any."""

    def listed(self, behind: str, most: int) -> list[tuple[str, Affected]]:
        """The next tickets behind an id, at most so many, in the order of their ids."""


class Known(Protocol):
    """What is stored of a tenant."""

    def subject(self, name: str) -> Subject | None:
        """The subject of a name."""

    def incident(self, anomaly_id: str) -> Incident | None:
        """The incident of an id."""

    def affected(self, anomaly_id: str) -> Filed:
        """What lies under keys of its own beside an incident."""


class Step(msgspec.Struct, frozen=True):
    """What follows from a report, a timer or an action. A state of None is to be deleted."""

    watch: Watch
    subjects: dict[str, Subject | None] = {}
    incidents: dict[str, Incident | None] = {}
    outputs: tuple[Anomaly, ...] = ()
    keys: dict[str, Keys] = {}
    """By incident."""
