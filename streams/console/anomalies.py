"""An open anomaly, as lines for people."""

from collections.abc import Iterator

from schemas.records import Anomaly, AnomalyAction
from streams.console.lines import clip, minute

SHOWN = 10
"""Large accounts that are named; the record has them all."""


def lines_of(anomaly: Anomaly, mute: AnomalyAction | None) -> Iterator[str]:
    """What is wrong, since when and at how many, what was answered, and where to look.

    `mute` is the answer that keeps it quiet; None where it may speak.
    """
    known = " (known issue)" if anomaly.known_issue else ""
    yield f"{anomaly.anomaly_id}: {anomaly.severity}{known}, {clip(anomaly.title)}"
    yield f"  {anomaly.peak_accounts or anomaly.accounts} accounts since {minute(anomaly.since)}"
    if anomaly.tenant != "default":
        yield f"  tenant: {anomaly.tenant}"
    if anomaly.acknowledged_by:
        yield f"  acknowledged by {anomaly.acknowledged_by}"
    if mute is not None and mute.until is not None:
        by = f" by {mute.actor_id}" if mute.actor_id else ""
        yield f"  muted until {minute(mute.until)}{by}"
    if anomaly.large_accounts:
        yield f"  large accounts: {', '.join(anomaly.large_accounts[:SHOWN])}"
    if anomaly.sample_tickets:
        tickets = ", ".join(ticket.ticket_id for ticket in anomaly.sample_tickets)
        yield f"  tickets: {tickets}"
    if anomaly.runbook:
        yield f"  runbook: {anomaly.runbook}"
