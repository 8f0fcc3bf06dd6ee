"""From a record on a topic to the alert it is about: it is so now, or it is over."""

from hashlib import blake2b

import msgspec

from schemas.records import (
    AccountHealth,
    Alert,
    Anomaly,
    AnomalyState,
    HealthLevel,
    HealthReason,
    Record,
    SlaEvent,
    SlaEventKind,
)
from streams.alerts.config import AlertsConfig, Kind, Severity
from streams.alerts.text import duration, moment, number

LONGEST_KEY = 200
"""Characters of a dedup key: PagerDuty takes 255, an id has up to 256."""

SOURCES = ("support.anomalies", "support.sla", "support.account-health")
"""The topics that alerts are read from."""

_SLA_OVER = {
    SlaEventKind.MET: "met",
    SlaEventKind.CANCELLED: "no longer needed",
    SlaEventKind.ACTIVATED: "started anew",
}


class Change(msgspec.Struct, frozen=True):
    """What a record says of an alert. `over` says why it is over; empty while it is so."""

    alert: Alert
    over: str = ""


def change_of(record: Record, config: AlertsConfig) -> Change | None:
    """What a record says of an alert; None where it says nothing."""
    match record:
        case Anomaly():
            # The first part has said that it is over: the others only go on with its list.
            return _of_anomaly(record, config) if record.part == 1 else None
        case SlaEvent():
            return _of_sla(record, config)
        case AccountHealth():
            return _of_account(record, config)
    return None


def dedup_key(*parts: str) -> str:
    """The key of an alert about what the parts name; a long one ends with its hash."""
    key = "/".join(("baton", *parts))
    if len(key) <= LONGEST_KEY:
        return key
    digest = blake2b(key.encode(), digest_size=16).hexdigest()
    return f"{key[: LONGEST_KEY - 33]}-{digest}"


def account_key(account_id: str) -> str:
    """The dedup key of alerts about an account."""
    return dedup_key(Kind.ACCOUNT, account_id)


def _of_anomaly(record: Anomaly, config: AlertsConfig) -> Change | None:
    severities = config.severities.anomaly
    severity = getattr(severities, record.severity, severities.warning)
    match record.state:
        case AnomalyState.OPENED | AnomalyState.UPDATED:
            over = "" if severity else "no longer severe enough"
        case AnomalyState.RESOLVED:
            over = "resolved"
        case AnomalyState.MERGED:
            over = f"merged into {record.merged_into or 'another'}"
        case _:
            return None
    runbooks = config.runbooks
    alert = Alert(
        dedup_key=dedup_key(Kind.ANOMALY, record.anomaly_id),
        kind=Kind.ANOMALY,
        severity=severity or Severity.INFO,
        title=f"{record.accounts} accounts report the same problem: {record.title}",
        starts_at=min(record.since, record.updated_at),
        updated_at=record.updated_at,
        news=f"{record.state}/{record.revision}",
        tenant=record.tenant,
        labels=_present(
            anomaly_id=record.anomaly_id, category=record.category, component=record.component
        ),
        facts=_facts_of_anomaly(record),
        acknowledged_by=record.acknowledged_by,
        runbook=record.runbook
        or runbooks.components.get(record.component or "")
        or runbooks.categories.get(record.category),
    )
    return Change(alert, over)


def _facts_of_anomaly(record: Anomaly) -> dict[str, str]:
    tickets, accounts = record.touched
    return _present(
        accounts=str(record.accounts),
        since=moment(record.since),
        usual=number(record.expected),
        peak=None if record.peak_accounts is None else str(record.peak_accounts),
        growth=None if record.growth is None else f"{number(record.growth)} times",
        category=record.category,
        component=record.component,
        large_accounts=", ".join(record.large_accounts[:10]),
        sample_tickets=", ".join(ticket.ticket_id for ticket in record.sample_tickets[:10]),
        affected=f"{tickets} tickets of {accounts} accounts" if tickets else None,
    )


def _of_sla(record: SlaEvent, config: AlertsConfig) -> Change | None:
    clock = record.clock.replace("_", " ")
    severity: Severity | None = None
    if record.kind is SlaEventKind.BREACHED:
        severity = config.severities.sla.breached
        title = f"Ticket {record.ticket_id}: {clock} is overdue"
    elif record.kind is SlaEventKind.WARNED:
        severity = config.severities.sla.warned
        title = f"Ticket {record.ticket_id}: {record.percent} % of the time for {clock} is gone"
    elif record.kind in _SLA_OVER:
        title = f"Ticket {record.ticket_id}: {clock} {_SLA_OVER[record.kind]}"
    else:
        return None
    alert = Alert(
        dedup_key=dedup_key(Kind.SLA, record.ticket_id, record.clock),
        kind=Kind.SLA,
        severity=severity or Severity.INFO,
        title=title,
        starts_at=record.at,
        updated_at=record.at,
        news=f"{record.kind}/{record.percent}/{record.due_at}",
        tenant=record.tenant,
        labels=_present(
            ticket_id=record.ticket_id,
            clock=record.clock,
            route=record.route,
            segment=record.segment,
            account_id=record.account_id,
        ),
        facts=_present(
            clock=clock,
            target=duration(record.target),
            elapsed=None if record.elapsed is None else duration(record.elapsed),
            route=record.route,
            segment=record.segment,
            account=record.account_id,
            escalation=record.escalation_id,
        ),
    )
    return Change(alert, "" if severity else _SLA_OVER.get(record.kind, "not severe enough"))


def _of_account(record: AccountHealth, config: AlertsConfig) -> Change:
    severities = config.severities.account
    severity = {
        HealthLevel.WATCH: severities.watch,
        HealthLevel.AT_RISK: severities.at_risk,
    }.get(record.level)
    opportunity = record.opportunity
    codes = sorted(reason.code for reason in record.reasons)
    level = record.level.replace("_", " ")
    alert = Alert(
        dedup_key=account_key(record.account_id),
        kind=Kind.ACCOUNT,
        severity=severity or Severity.INFO,
        title=f"Account {record.account_id}: {level}, health {number(record.score)} of 100",
        starts_at=record.updated_at,
        updated_at=record.updated_at,
        news="/".join((record.level, *codes, opportunity.opportunity_id if opportunity else "")),
        tenant=record.tenant,
        labels={"account_id": record.account_id},
        facts=_present(
            score=number(record.score),
            before=record.previous_level.replace("_", " "),
            reasons="; ".join(map(_said, record.reasons[:10])),
            tickets_7_days=str(record.tickets_7_days),
            escalations_30_days=str(record.escalations_30_days),
            outreach=opportunity.reason if opportunity else None,
            owner=opportunity.owner_id if opportunity else None,
            tickets=", ".join(opportunity.ticket_ids[:10]) if opportunity else None,
        ),
    )
    return Change(alert, "" if severity else level)


def _said(reason: HealthReason) -> str:
    usual = "" if reason.baseline is None else f" (usual {number(reason.baseline)})"
    return f"{reason.code.replace('_', ' ')} {number(reason.value)}{usual}"


def _present(**values: str | None) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}
