"""An alert's whole life by `baton alerts`: PagerDuty and Slack take every part of it."""

from pathlib import Path
from typing import Any

from schemas.records import (
    AffectedTicket,
    AnomalyState,
    HealthLevel,
    HealthReason,
    Opportunity,
    SlaEventKind,
)
from tests.alerts.samples import NOW, Arrived, anomaly, health, recorder, sla
from tests.alerts.site import CHAT, LIMITS, Site, pagerduty, slack

LONGEST_ID = "<&>" + "i" * 253
HUGE = "<!channel> & <@U1> 🔥" * 5_000
TICKETS = tuple(AffectedTicket(f"{n}{LONGEST_ID}"[:256], NOW, LONGEST_ID) for n in range(500))


def lived(site: Site, folder: Path, *records: Any, told: int) -> tuple[list[Any], list[str]]:
    """What PagerDuty was sent of records, and the first words of what Slack was."""
    with recorder() as server:
        server.limits |= LIMITS
        site.write(pagerduty(server.url), slack(folder, server.url))
        with site.alerts(receivers=2):
            site.say(*records)
            server.wait_until(lambda: len(server.arrived) >= 2 * told)
            server.settle()
        assert [one.body for one in server.arrived if one.status == 400] == []
        assert len(server.taken) == 2 * told
        assert site.open() == {}
        return _to(server.taken, "/pd"), [
            one["text"].split(": ", 1)[0] for one in _to(server.taken, CHAT)
        ]


def _to(taken: list[Arrived], path: str) -> list[Any]:
    return [one.json for one in taken if one.path == path]


def test_an_anomaly_is_triggered_grows_gets_worse_as_it_is_taken_and_is_resolved(
    site: Site, tmp_path: Path
) -> None:
    taken = {"acknowledged_by": "kim", "severity": "critical"}
    events, words = lived(
        site,
        tmp_path,
        anomaly(),
        anomaly(AnomalyState.UPDATED, 2),
        anomaly(AnomalyState.UPDATED, 3, **taken),
        anomaly(AnomalyState.UPDATED, 4, **taken),
        anomaly(AnomalyState.RESOLVED, 5, **taken),
        told=6,
    )
    assert [(one["event_action"], one.get("payload", {}).get("severity")) for one in events] == [
        ("trigger", "warning"),
        ("trigger", "warning"),
        ("trigger", "critical"),
        ("acknowledge", None),
        ("trigger", "critical"),
        ("resolve", None),
    ]
    assert {one["dedup_key"] for one in events} == {"baton/anomaly/a-1"}
    assert words == [
        "🟡 warning",
        "🟡 Update, warning",
        "🔴 Update, critical",
        "🔴 Acknowledged by kim",
        "🔴 Update, critical",
        "✅ Over",
    ]


def test_whatever_is_longer_than_a_receiver_takes_is_cut_and_nothing_is_refused(
    site: Site, tmp_path: Path
) -> None:
    big: dict[str, Any] = {
        "title": HUGE,
        "category": LONGEST_ID,
        "component": LONGEST_ID,
        "large_accounts": tuple(f"{n}{LONGEST_ID}"[:256] for n in range(500)),
        "sample_tickets": TICKETS,
        "affected": TICKETS,
        "runbook": "https://wiki/" + "r" * 5_000,
        "growth": 1e300,
        "anomaly_id": LONGEST_ID,
    }
    taken = {**big, "acknowledged_by": LONGEST_ID}
    ids: dict[str, Any] = {
        "ticket_id": LONGEST_ID,
        "account_id": LONGEST_ID,
        "route": LONGEST_ID,
        "segment": LONGEST_ID,
        "event_id": LONGEST_ID,
    }
    outreach = Opportunity("o", HUGE, NOW, LONGEST_ID, tuple(one.ticket_id for one in TICKETS))
    risk: dict[str, Any] = {
        "account_id": LONGEST_ID,
        "reasons": tuple(HealthReason(f"{n}{HUGE[:9_000]}", 1e300, 1e300) for n in range(20)),
    }
    events, _ = lived(
        site,
        tmp_path,
        anomaly(**big),
        anomaly(AnomalyState.UPDATED, 2, **big),
        anomaly(AnomalyState.UPDATED, 3, **taken),
        anomaly(AnomalyState.RESOLVED, 4, **taken),
        sla(**ids),
        sla(SlaEventKind.MET, NOW + 1, **ids),
        health(opportunity=outreach, **risk),
        health(HealthLevel.HEALTHY, NOW + 1, opportunity=outreach, **risk),
        told=8,
    )
    assert {one["event_action"] for one in events} == {"trigger", "acknowledge", "resolve"}
