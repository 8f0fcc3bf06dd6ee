"""Reports that came under an alias count for the older problem, each once."""

import pytest

from schemas.records import AnomalyActionKind
from streams.core.anomalies import merge
from tests.core.test_anomalies import (
    FINGERPRINT,
    MINUTE,
    OPENED,
    POLICY,
    RESOLVED,
    START,
    Tenant,
    action,
    opened,
    other,
    outage,
    report,
)


def merged(tenant: Tenant, alias: str) -> None:
    tenant.take(merge(tenant, tenant.watch, alias, FINGERPRINT, POLICY))


def test_what_either_had_is_there_once() -> None:
    tenant = Tenant()
    tenant.hear(report("a", 0), report("b", 1_000), other("new", "b", 2_000), other("new", "c", 3))
    assert tenant.watch.tracked == 2
    merged(tenant, "new")
    assert tenant.subject("new") is None
    assert tenant.accounts(FINGERPRINT, 0) == 3
    assert tenant.watch.tracked == 1


def test_an_older_problem_without_state_takes_over_that_of_its_alias() -> None:
    tenant = Tenant()
    tenant.hear(other("new", "b", 0))
    merged(tenant, "new")
    assert tenant.accounts(FINGERPRINT, 0) == 1
    assert (tenant.subject("new"), tenant.watch.tracked) == (None, 1)


def test_an_open_anomaly_of_an_alias_goes_on_under_the_older_problem() -> None:
    tenant = Tenant()
    (anomaly,) = tenant.hear(*outage(3, fingerprint="new"))
    assert anomaly.state is OPENED
    merged(tenant, "new")
    outputs = tenant.hear(*(report(f"more-{n}", 20_000 + n) for n in range(12)))
    assert {one.anomaly_id for one in outputs} == {anomaly.anomaly_id}


def test_an_open_anomaly_of_an_alias_takes_in_whoever_reported_the_older_problem() -> None:
    tenant = Tenant()
    tenant.hear(report("early", 0), report("also", 9 * MINUTE))
    (anomaly,) = tenant.hear(*outage(3, fingerprint="new", start=10 * MINUTE))
    merged(tenant, "new")
    tenant.hear(report("last", 11 * MINUTE))
    resolved = tenant.let_pass(90 * MINUTE)[-1]
    assert (resolved.anomaly_id, resolved.state) == (anomaly.anomaly_id, RESOLVED)
    assert {"early", "also", "last"} < {*resolved.affected_accounts}
    assert (resolved.since, resolved.peak_accounts) == (START, 5)


def test_an_open_anomaly_takes_in_whoever_reported_it_in_words_known_only_now() -> None:
    tenant, anomaly = opened()
    tenant.hear(other("new", "early", 1_000))
    merged(tenant, "new")
    (resolved,) = [one for one in tenant.let_pass(90 * MINUTE) if one.state is RESOLVED]
    assert resolved.anomaly_id == anomaly.anomaly_id
    assert "early" in resolved.affected_accounts


def test_a_late_report_of_before_it_opened_belongs_to_what_it_has_taken_in() -> None:
    tenant = Tenant()
    tenant.hear(report("early", 0))
    tenant.hear(*outage(3, fingerprint="new", start=10 * MINUTE))
    merged(tenant, "new")
    tenant.hear(report("late", MINUTE))
    resolved = tenant.let_pass(90 * MINUTE)[-1]
    assert {"early", "late"} < {*resolved.affected_accounts}


def test_who_is_in_another_open_anomaly_is_not_taken_in() -> None:
    tenant = Tenant()
    (new,) = tenant.hear(*outage(3, fingerprint="new", component="search"))
    later = [report(f"globex-{n}", 7 * MINUTE + n, component="mail") for n in range(3)]
    (old,) = tenant.hear(*later)
    merged(tenant, "new")
    ends = [one for one in tenant.let_pass(120 * MINUTE) if one.state is RESOLVED]
    accounts = {one.anomaly_id: len(one.affected_accounts) for one in ends}
    assert accounts == {new.anomaly_id: 3, old.anomaly_id: 3}


@pytest.mark.parametrize("kind", [AnomalyActionKind.MUTE, AnomalyActionKind.FALSE_ALARM])
def test_what_was_answered_about_an_alias_holds_for_the_older_problem(
    kind: AnomalyActionKind,
) -> None:
    tenant = Tenant()
    (anomaly,) = tenant.hear(*outage(3, fingerprint="new"))
    tenant.answer(action(anomaly, kind, until=START + 300 * MINUTE))
    merged(tenant, "new")
    tenant.let_pass(120 * MINUTE)
    assert tenant.hear(*outage(3, start=121 * MINUTE)) == []


@pytest.mark.parametrize("kind", [AnomalyActionKind.MUTE, AnomalyActionKind.KNOWN_ISSUE])
def test_what_was_answered_about_an_alias_does_not_shorten_what_holds_for_the_older_problem(
    kind: AnomalyActionKind,
) -> None:
    tenant, anomaly = opened()
    for hours, name in ((1, "new"), (9, FINGERPRINT)):
        at = START + hours * 60 * MINUTE
        tenant.answer(action(anomaly, kind, fingerprint=name, occurred_at=at, until=2 * at))
    before = tenant.watch
    merged(tenant, "new")
    assert tenant.watch.muted.get(FINGERPRINT) == before.muted.get(FINGERPRINT)
    assert tenant.watch.known.get(FINGERPRINT) == before.known.get(FINGERPRINT)


@pytest.mark.parametrize("name", ["new", FINGERPRINT])
def test_an_anomaly_of_an_alias_is_answered_by_either_name(name: str) -> None:
    tenant = Tenant()
    (anomaly,) = tenant.hear(*outage(3, fingerprint="new"))
    merged(tenant, "new")
    said = action(anomaly, AnomalyActionKind.FALSE_ALARM, fingerprint=name)
    (resolved,) = tenant.answer(said)
    assert (resolved.anomaly_id, resolved.state) == (anomaly.anomaly_id, RESOLVED)


@pytest.mark.parametrize("name", ["new", FINGERPRINT])
def test_what_is_muted_by_either_name_stays_quiet(name: str) -> None:
    tenant = Tenant()
    (anomaly,) = tenant.hear(*outage(3, fingerprint="new"))
    merged(tenant, "new")
    until = START + 300 * MINUTE
    tenant.answer(action(anomaly, AnomalyActionKind.MUTE, fingerprint=name, until=until))
    assert tenant.hear(*(report(f"more-{n}", 20_000 + n) for n in range(12))) == []
    tenant.let_pass(120 * MINUTE)
    assert tenant.hear(*outage(3, start=121 * MINUTE)) == []
