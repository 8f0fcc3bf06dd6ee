"""What records mean for alerts, and what a receiver is told of it."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.records import AffectedTicket, AnomalyState, HealthLevel, Record, SlaEventKind
from streams.alerts.changes import LONGEST_KEY, change_of, dedup_key
from streams.alerts.config import (
    AlertsConfig,
    AnomalySeverities,
    Kind,
    Route,
    Runbooks,
    Severities,
    Severity,
    SlaSeverities,
)
from streams.alerts.receivers.slack import FIELDS
from streams.alerts.routing import takes, wanted
from streams.alerts.telling import Event, Telling, tell
from tests.alerts.samples import MINUTE, NOW, anomaly, config, health, sla, webhook

CONFIG = config(
    webhook(), runbooks=Runbooks({"checkout": "https://w/c"}, {"technical": "https://w/t"})
)


def told_of(
    *records: Record, settings: AlertsConfig = CONFIG, routed: bool = True
) -> list[Telling]:
    """What one receiver is told of records about the same alert, one after the other."""
    tellings, told = list[Telling](), None
    for record in records:
        change = change_of(record, settings)
        if change is None:
            tellings.append(Telling((), told))
        else:
            tellings.append(tell(told, change, wanted=routed))
        told = tellings[-1].told
    return tellings


def events(*records: Record, settings: AlertsConfig = CONFIG, routed: bool = True) -> list[str]:
    """The events of it; a dash where a record leads to nothing."""
    tellings = told_of(*records, settings=settings, routed=routed)
    return ["+".join(one.event for one in each.notices) or "-" for each in tellings]


def test_an_anomaly_is_triggered_updated_and_resolved_under_one_key() -> None:
    records = (
        anomaly(),
        anomaly(AnomalyState.UPDATED, 2, severity="critical"),
        anomaly(AnomalyState.RESOLVED, 3),
    )
    tellings = told_of(*records)
    assert events(*records) == ["trigger", "update", "resolve"]
    assert {notice.alert.dedup_key for one in tellings for notice in one.notices} == {
        "baton/anomaly/a-1"
    }
    last = tellings[2].notices[0].alert
    assert (last.severity, last.starts_at) == ("critical", NOW)  # what is over is what was told
    assert last.facts["over"] == "resolved"


def test_an_anomaly_says_what_since_when_at_how_many_and_at_its_end_whom_to_tell() -> None:
    peak: dict[str, Any] = {"peak_accounts": 24, "growth": 2.0}
    affected = tuple(AffectedTicket(f"T{n}", NOW, f"a{n // 2}") for n in range(4))
    ended = anomaly(AnomalyState.RESOLVED, 3, affected=affected, peak_accounts=24, total_tickets=6)
    ended = replace(ended, affected_accounts=("a0", "a1"), more_follow=True, total_accounts=3)
    began, grown, over = told_of(
        anomaly(),
        anomaly(AnomalyState.UPDATED, 2, **peak),
        ended,
    )
    assert began.notices[0].alert.facts == {
        "accounts": "12",
        "since": "2026-01-05T09:00:00.000Z",
        "usual": "0.4",
        "category": "technical",
        "component": "checkout",
        "large_accounts": "acme",
        "sample_tickets": "T1",
    }
    assert grown.notices[0].alert.facts["growth"] == "2 times"
    last = over.notices[0].alert.facts
    assert (last["over"], last["affected"]) == ("resolved", "6 tickets of 3 accounts")
    assert len(last) <= FIELDS, "Slack would show a part of it"


def test_further_parts_of_the_list_at_the_end_tell_nobody_again() -> None:
    over = anomaly(AnomalyState.RESOLVED, 3, total_tickets=9_000)
    assert events(anomaly(), over, replace(over, part=2)) == ["trigger", "resolve", "-"]


def test_what_was_never_told_is_not_resolved() -> None:
    assert events(anomaly(AnomalyState.RESOLVED, 3)) == ["-"]
    assert events(sla(SlaEventKind.MET)) == ["-"]
    assert events(health(HealthLevel.HEALTHY)) == ["-"]


def test_the_same_news_is_told_once_and_older_news_not_at_all() -> None:
    opened, grown = anomaly(), anomaly(AnomalyState.UPDATED, 2)
    assert events(opened, opened, grown, opened, grown) == ["trigger", "-", "update", "-", "-"]


def test_who_takes_an_anomaly_is_told_as_an_acknowledgement_once() -> None:
    taken = anomaly(AnomalyState.UPDATED, 2, acknowledged_by="kim")
    grown = anomaly(AnomalyState.UPDATED, 3, acknowledged_by="kim")
    assert events(anomaly(), taken, grown) == ["trigger", "acknowledge", "update"]
    assert events(taken) == ["trigger+acknowledge"]


@pytest.mark.parametrize(("before", "after"), [("warning", "critical"), ("critical", "warning")])
def test_a_severity_that_changes_as_somebody_takes_the_anomaly_is_told_first(
    before: str, after: str
) -> None:
    opened = anomaly(severity=before)
    taken = anomaly(AnomalyState.UPDATED, 2, acknowledged_by="kim", severity=after)
    assert events(opened, taken) == ["trigger", "update+acknowledge"]
    update, acknowledgement = told_of(opened, taken)[1].notices
    assert update.before is not None
    assert (update.before.severity, update.alert.severity) == (before, after)
    assert acknowledgement.before == update.alert


def test_an_anomaly_that_is_merged_is_over_and_names_the_other() -> None:
    merged = anomaly(AnomalyState.MERGED, 2, merged_into="a-0")
    [_, over] = told_of(anomaly(), merged)
    assert over.notices[0].event is Event.RESOLVE
    assert over.notices[0].alert.facts["over"] == "merged into a-0"


@pytest.mark.parametrize(
    ("component", "own", "link"),
    [
        ("checkout", None, "https://w/c"),
        ("search", None, "https://w/t"),
        (None, None, "https://w/t"),
        ("checkout", "https://own", "https://own"),
    ],
)
def test_a_runbook_is_the_records_own_else_the_components_else_the_categorys(
    component: str | None, own: str | None, link: str
) -> None:
    change = change_of(anomaly(component=component, runbook=own), CONFIG)
    assert change is not None
    assert change.alert.runbook == link


@pytest.mark.parametrize("end", [SlaEventKind.MET, SlaEventKind.CANCELLED, SlaEventKind.ACTIVATED])
def test_a_breach_is_told_and_its_end(end: SlaEventKind) -> None:
    assert events(sla(), sla(end, NOW + MINUTE)) == ["trigger", "resolve"]


def test_warnings_are_told_where_the_file_gives_them_a_severity() -> None:
    records = (
        sla(SlaEventKind.WARNED, NOW - 2 * MINUTE, percent=50),
        sla(SlaEventKind.WARNED, NOW - MINUTE, percent=80),
        sla(),
        sla(SlaEventKind.MET, NOW + MINUTE),
    )
    assert events(*records) == ["-", "-", "trigger", "resolve"]
    warned = config(webhook(), severities=Severities(sla=SlaSeverities(warned=Severity.INFO)))
    assert events(*records, settings=warned) == ["trigger", "update", "update", "resolve"]
    told = [one.told for one in told_of(*records, settings=warned) if one.told]
    assert [one.severity for one in told] == ["info", "info", "error"]
    assert {one.starts_at for one in told} == {NOW - 2 * MINUTE}


def test_an_account_is_told_of_when_it_is_at_risk_and_when_not_any_more() -> None:
    records = (
        health(HealthLevel.WATCH),
        health(at=NOW + 1),
        health(at=NOW + 2, score=30.0),  # worse, but nothing new
        health(HealthLevel.WATCH, NOW + 3),
        health(HealthLevel.HEALTHY, NOW + 4),
    )
    assert events(*records) == ["-", "trigger", "-", "resolve", "-"]
    [_, told, *_] = told_of(*records)
    assert told.told is not None
    assert told.told.facts["reasons"] == "sentiment trend -0.31 (usual 0.02)"
    assert (told.told.facts["owner"], told.told.facts["tickets"]) == ("kim", "T1, T2")


def test_an_alert_that_is_no_longer_severe_enough_is_over() -> None:
    only = AnomalySeverities(warning=None)
    settings = config(webhook(), severities=Severities(anomaly=only))
    milder = anomaly(AnomalyState.UPDATED, 2, severity="warning")
    assert events(anomaly(severity="critical"), milder, settings=settings) == ["trigger", "resolve"]
    assert events(milder, settings=settings) == ["-"]


def test_who_was_told_hears_of_the_end_though_no_route_leads_there_any_more() -> None:
    opened = told_of(anomaly())[0].told
    change = change_of(anomaly(AnomalyState.RESOLVED, 2), CONFIG)
    assert change is not None
    assert tell(opened, change, wanted=False).notices[0].event is Event.RESOLVE
    assert events(anomaly(), anomaly(AnomalyState.RESOLVED, 2), routed=False) == ["-", "-"]


@given(st.lists(st.sampled_from(["open", "grow", "end"]), max_size=12))
def test_a_receiver_has_open_what_the_last_record_says_is_so(steps: list[str]) -> None:
    states = {
        "open": AnomalyState.OPENED,
        "grow": AnomalyState.UPDATED,
        "end": AnomalyState.RESOLVED,
    }
    records = [anomaly(states[step], number) for number, step in enumerate(steps, 1)]
    tellings = told_of(*records)
    open_now = False
    for step, telling in zip(steps, tellings, strict=True):
        expected = {(False, False): [], (False, True): ["trigger"], (True, True): ["update"]}
        so = step != "end"
        assert [n.event for n in telling.notices] == expected.get((open_now, so), ["resolve"])
        open_now = so
        assert (telling.told is not None) is open_now


@given(st.lists(st.text(max_size=300), min_size=1, max_size=3))
def test_a_dedup_key_is_short_and_tells_what_it_is_about_apart(parts: list[str]) -> None:
    assert len(dedup_key(*parts)) <= LONGEST_KEY
    assert dedup_key(*parts) == dedup_key(*parts)
    assert dedup_key(*parts, "x" * 300) != dedup_key(*parts, "x" * 299)


def test_a_route_takes_what_all_its_lists_have() -> None:
    change = change_of(anomaly(severity="critical"), CONFIG)
    assert change is not None
    alert = change.alert
    base = Route(receivers=("hook",), kinds=(Kind.ANOMALY,), severities=(Severity.CRITICAL,))
    assert takes(base, alert)
    assert takes(replace(base, components=("checkout", "search"), tenants=("default",)), alert)
    for narrower in (
        replace(base, components=("search",)),
        replace(base, kinds=(Kind.SLA,)),
        replace(base, severities=(Severity.ERROR,)),
        replace(base, tenants=("other",)),
        replace(base, categories=("billing",)),
        replace(base, segments=("vip",)),  # an anomaly has none
    ):
        assert not takes(narrower, alert)
    routes = (replace(base, kinds=(Kind.SLA,)), base)
    assert wanted(routes, "hook", alert)
    assert not wanted(routes, "other", alert)
