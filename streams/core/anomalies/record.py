"""The records that tell of an anomaly."""

from collections.abc import Mapping
from typing import TypedDict, TypeVar

from schemas.records import AffectedTicket, Anomaly, AnomalyState, Millis
from streams.core.anomalies.naming import is_category
from streams.core.anomalies.state import Affected, Incident
from streams.core.anomalies.windows import Window
from streams.core.policy.anomalies import AnomalyPolicy

T = TypeVar("T")


def record(
    incident: Incident,
    kind: AnomalyState,
    policy: AnomalyPolicy,
    now: Millis,
    window: Window | None = None,
    growth: float | None = None,
) -> Anomaly:
    """The record of an incident at `now`, with its figures for `window`, by default its busiest."""
    return Anomaly(
        anomaly_id=incident.anomaly_id,
        state=kind,
        revision=incident.revision,
        title=incident.title,
        category=incident.category,
        since=incident.since,
        updated_at=now,
        **_figures(incident, policy, window or Window(incident.peak_end, incident.peak)),
        tenant=incident.tenant,
        fingerprints=tuple(name for name in incident.members if not is_category(name)),
        large_accounts=incident.large,
        sample_tickets=tuple(as_records(incident.samples)[: policy.sample_tickets]),
        growth=growth,
        component=incident.component,
        severity=severity(incident, policy),
        runbook=_of(policy.runbooks, incident),
        acknowledged_by=incident.acknowledged_by,
        opened_at=incident.opened_at,
        grouped_by=incident.grouped_by,
        known_issue=incident.known_issue,
        reports_cut=incident.cut,
        aliases=incident.aliases,
        meaning=incident.centre.vector(),
        meaning_version=incident.centre.version,
    )


class _Figures(TypedDict):
    window_start: Millis
    window_end: Millis
    accounts: int
    expected: float
    tail_probability: float
    peak_accounts: int


def _figures(incident: Incident, policy: AnomalyPolicy, window: Window) -> _Figures:
    """How many accounts the window has, and how far that is from what is usual."""
    return {
        "window_start": (window.end + 1 - policy.window_buckets) * policy.bucket,
        "window_end": (window.end + 1) * policy.bucket,
        "accounts": window.accounts,
        "expected": incident.expected.mean,
        "tail_probability": 10 ** incident.expected.log_tail(incident.peak),
        "peak_accounts": incident.peak,
    }


def as_records(tickets: Mapping[str, Affected]) -> list[AffectedTicket]:
    """Affected tickets as records have them, in their order."""
    return [AffectedTicket(name, one.at, one.account_id) for name, one in tickets.items()]


def severity(incident: Incident, policy: AnomalyPolicy) -> str:
    """What the policy says of the component or category, else by size; a known issue warns."""
    if incident.known_issue:
        return "warning"
    by_size = "critical" if incident.peak >= policy.critical_accounts else "warning"
    return _of(policy.severities, incident) or by_size


def _of(values: Mapping[str, T], incident: Incident) -> T | None:
    """The value of the incident's component, else of its category."""
    return values.get(incident.component or "") or values.get(incident.category)
