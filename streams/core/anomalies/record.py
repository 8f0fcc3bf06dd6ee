"""The records that tell of an anomaly."""

from collections.abc import Mapping
from typing import TypedDict, TypeVar

from msgspec.structs import replace

from schemas.records import AffectedTicket, Anomaly, AnomalyState, Millis
from streams.core.anomalies.naming import is_category
from streams.core.anomalies.state import Incident
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
    tickets = _tickets(incident)
    anomaly = Anomaly(
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
        sample_tickets=tickets[: policy.sample_tickets],
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
    return _over(anomaly, tickets) if kind is AnomalyState.RESOLVED else anomaly


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


def _over(anomaly: Anomaly, tickets: tuple[AffectedTicket, ...]) -> Anomaly:
    """The record of the end: nobody whom it touched is left untold."""
    accounts = {one.account_id for one in tickets if one.account_id is not None}
    return replace(
        anomaly,
        affected=tickets,
        affected_accounts=tuple(sorted(accounts)),
        resolved_at=anomaly.updated_at,
    )


def _tickets(incident: Incident) -> tuple[AffectedTicket, ...]:
    """The affected tickets, by the time of report."""
    by_time = sorted(incident.affected.items(), key=lambda item: (item[1][0], item[0]))
    return tuple(
        AffectedTicket(ticket_id=ticket, reported_at=at, account_id=account)
        for ticket, (at, account) in by_time
    )


def severity(incident: Incident, policy: AnomalyPolicy) -> str:
    """What the policy says of the component or category, else by size; a known issue warns."""
    if incident.known_issue:
        return "warning"
    by_size = "critical" if incident.peak >= policy.critical_accounts else "warning"
    return _of(policy.severities, incident) or by_size


def _of(values: Mapping[str, T], incident: Incident) -> T | None:
    """The value of the incident's component, else of its category."""
    return values.get(incident.component or "") or values.get(incident.category)
