"""What the records of an incident say, when they go out, and how long an answer holds."""

from msgspec.structs import replace

from schemas.records import AnomalyActionKind
from streams.core.anomalies import merge, observe, wake
from streams.core.policy.duration import Duration
from tests.core.test_anomalies import (
    FINGERPRINT,
    MINUTE,
    OPENED,
    POLICY,
    START,
    UPDATED,
    Tenant,
    action,
    opened,
    other,
    outage,
    report,
    the_one,
)
from tests.core.test_anomalies_kinship import burst, tenant_with_history
from tests.core.test_anomalies_telling import PAUSE

ACKNOWLEDGE, KNOWN, MUTE = (
    AnomalyActionKind.ACKNOWLEDGE,
    AnomalyActionKind.KNOWN_ISSUE,
    AnomalyActionKind.MUTE,
)


def test_a_mute_that_ended_with_the_anomaly_holds_nothing_back_when_it_is_back() -> None:
    tenant, anomaly = opened()
    far = START + 300 * MINUTE
    tenant.answer(action(anomaly, MUTE, until=far))
    assert tenant.hear(*outage(40, start=20_000)) == []
    tenant.let_pass(16 * MINUTE)
    now = START + 16 * MINUTE
    tenant.answer(action(anomaly, MUTE, until=now, occurred_at=now))
    (back,) = tenant.hear(*outage(3, start=17 * MINUTE))
    also = (other("search", f"acme-{n}", 18 * MINUTE + n, category="billing") for n in range(3))
    assert tenant.hear(*also) == []
    (told,) = tenant.let_pass(25 * MINUTE)
    assert (back.state, told.state) == (UPDATED, UPDATED)
    assert 0 <= told.updated_at - back.updated_at - PAUSE < MINUTE


def test_a_mute_is_over_at_the_moment_that_it_names() -> None:
    tenant, anomaly = opened()
    end = 10 * MINUTE
    tenant.answer(action(anomaly, MUTE, fingerprint="new", until=START + end))
    muted = (other("new", f"bolt-{n}", end - 3 + n, category="billing") for n in range(3))
    assert tenant.hear(*muted) == []
    (again,) = tenant.hear(other("new", "bolt-3", end, category="billing"))
    assert (again.state, again.accounts) == (OPENED, 4)


def test_a_known_issue_is_news_from_the_moment_on_that_its_time_is_over() -> None:
    tenant = Tenant(replace(POLICY, known=Duration(90 * MINUTE)))
    (anomaly,) = tenant.hear(*outage(3))
    tenant.answer(action(anomaly, KNOWN))
    tenant.let_pass(80 * MINUTE)
    tenant.hear(*outage(2, start=90 * MINUTE))
    over = anomaly.updated_at + 90 * MINUTE
    (again,) = tenant.hear(report("acme-2", over - START))
    assert (again.known_issue, again.acknowledged_by) == (False, None)


def test_a_known_issue_is_forgotten_when_its_time_is_over() -> None:
    tenant, anomaly = opened()
    said = START + MINUTE
    for name, at in (("one", said), ("two", said + 1)):
        tenant.answer(action(anomaly, KNOWN, fingerprint=name, occurred_at=at))
    tenant.answer(action(anomaly, ACKNOWLEDGE, occurred_at=said + POLICY.known))
    assert list(tenant.watch.known) == ["two"]


def test_an_answer_from_a_clock_that_is_behind_makes_no_record_older() -> None:
    tenant, anomaly = opened()
    tenant.answer(action(anomaly, ACKNOWLEDGE, occurred_at=anomaly.updated_at - MINUTE))
    assert the_one(tenant).told_at == anomaly.updated_at


def test_who_reported_a_category_before_it_burst_is_not_affected() -> None:
    tenant = tenant_with_history()
    tenant.hear(other("first", "early", 0), *burst(8, None, 50, 8))
    assert the_one(tenant).since == START + 8 * MINUTE
    assert "ticket-early" not in tenant.affected(the_one(tenant).anomaly_id).kept


def test_an_anomaly_opens_with_all_names_of_its_problem() -> None:
    tenant = Tenant()
    for one in outage(3):
        step = observe(tenant, tenant.watch, one, POLICY, one.occurred_at, aliases=("a form",))
        tenant.take(step)
    assert [one.aliases for one in tenant.outputs] == [("a form",)]


def test_an_anomaly_is_as_unlikely_as_it_was_at_its_most_when_it_is_back_with_fewer() -> None:
    tenant = Tenant()
    *_, most = tenant.hear(*outage(40))
    tenant.let_pass(30 * MINUTE)
    (back,) = tenant.hear(*outage(3, start=31 * MINUTE))
    assert (back.accounts, back.peak_accounts) == (3, most.peak_accounts)
    assert back.expected == most.expected
    assert back.tail_probability == most.tail_probability


def test_a_policy_that_asks_for_fewer_examples_holds_at_once() -> None:
    tenant = Tenant()
    *_, anomaly = tenant.hear(*outage(6))
    tenant.policy = replace(POLICY, sample_tickets=2)
    (told,) = tenant.answer(action(anomaly, ACKNOWLEDGE))
    assert [one.ticket_id for one in told.sample_tickets] == ["ticket-acme-0", "ticket-acme-1"]


def test_a_ticket_with_an_id_that_fills_a_record_is_listed_in_one_of_its_own() -> None:
    tenant, _ = opened()
    tenant.hear(report("acme", 20_000, ticket_id="long" * 200_000))
    parts = tenant.let_pass(60 * MINUTE)
    assert [(one.part, len(one.affected)) for one in parts] == [(1, 1), (2, 3)]
    assert (parts[0].more_follow, parts[1].more_follow) == (True, False)


def test_an_anomaly_that_is_over_comes_back_until_its_time_to_do_so_is_over() -> None:
    tenant, anomaly = opened()
    (over,) = tenant.let_pass(16 * MINUTE)
    assert over.resolved_at is not None
    ended = the_one(tenant)
    for early, is_watched in ((1, True), (0, False)):
        now = over.resolved_at + POLICY.flap - early
        tenant.take(wake(tenant, ended, tenant.watch, POLICY, now))
        assert (anomaly.anomaly_id in tenant.watch.incidents) is is_watched


# Merges.


def test_a_problem_keeps_all_names_that_its_alias_had() -> None:
    tenant = Tenant()
    tenant.hear(other("newest", "acme", 0), other("new", "bolt", 1_000), report("corso", 2_000))
    for alias, group in (("newest", "new"), ("new", FINGERPRINT)):
        tenant.take(merge(tenant, tenant.watch, alias, group, POLICY))
    subject = tenant.subject(FINGERPRINT)
    assert subject is not None
    assert subject.aliases == ("newest", "new")


def test_what_an_alias_counted_where_the_older_problem_has_learned_is_not_counted_again() -> None:
    tenant = Tenant()
    tenant.hear(other("new", "long-before", 0), report("acme", 0), report("acme", 40 * MINUTE))
    tenant.hear(other("newer", "late", 30 * MINUTE), now=START + 40 * MINUTE)
    for alias in ("new", "newer"):
        tenant.take(merge(tenant, tenant.watch, alias, FINGERPRINT, POLICY))
    subject = tenant.subject(FINGERPRINT)
    assert subject is not None
    assert {number - START // MINUTE for number in subject.buckets} == {30, 40}


def test_an_open_anomaly_counts_what_a_problem_whose_own_is_over_has_had_since() -> None:
    tenant = Tenant()
    tenant.hear(*outage(3, fingerprint="new", component="search"))
    tenant.let_pass(16 * MINUTE)
    later = [report(f"globex-{n}", 17 * MINUTE + n, component="mail") for n in range(3)]
    (anomaly,) = tenant.hear(*later)
    tenant.hear(other("new", "since", 18 * MINUTE, component="other"))
    tenant.take(merge(tenant, tenant.watch, "new", FINGERPRINT, POLICY))
    incident = tenant.incident(anomaly.anomaly_id)
    assert incident is not None
    assert incident.peak == 4
