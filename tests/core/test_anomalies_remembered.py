"""What is kept of problems, components and meanings, and how far the clock of a tenant has come."""

import pytest
from msgspec.structs import replace

from schemas.records import AnomalyActionKind
from streams.core.anomalies import Watch, category_name, forget
from streams.core.anomalies.centres import SETTLED, Centre, Part, belongs, nearest
from streams.core.anomalies.earlier import (
    LATEST_COMPONENTS,
    MOST_COMPONENTS,
    MOST_PROBLEMS,
    latest,
    noticed,
)
from tests.core.test_anomalies import (
    FINGERPRINT,
    MINUTE,
    NEVER_OPEN,
    OPENED,
    POLICY,
    START,
    UPDATED,
    Tenant,
    action,
    heartbeat,
    opened,
    other,
    outage,
    report,
    states,
)
from tests.core.test_anomalies_kinship import says

TECHNICAL = category_name("technical")


def test_the_latest_problems_of_the_latest_components_are_known() -> None:
    watch = Watch()
    for number in range(MOST_PROBLEMS + 5):
        watch = noticed(watch, other(f"login-{number}", "acme", number, component="login"))
    assert watch.recent["login"] == tuple(f"login-{n}" for n in range(5, MOST_PROBLEMS + 5))
    for number in range(MOST_COMPONENTS):
        one = other(f"problem-{number}", "acme", number, component=f"part-{number}")
        watch = noticed(watch, one)
    assert len(watch.recent) == MOST_COMPONENTS
    assert "login" not in watch.recent
    newest = range(MOST_COMPONENTS - LATEST_COMPONENTS, MOST_COMPONENTS)
    assert list(latest(watch)) == [f"problem-{number}" for number in newest]


def test_a_centre_follows_its_first_reports_and_only_those_of_its_version() -> None:
    one = report("acme", 0, meaning=says(0), meaning_version=1)
    centre = Centre().after(one)
    for strange in (replace(one, meaning_version=2), replace(one, meaning=says(0)[:4])):
        assert centre.after(strange) == centre
    assert centre.nearness(says(0), 1) == pytest.approx(1.0, abs=0.05)
    assert (centre.nearness(says(0), 2), centre.nearness(says(0)[:4], 1)) == (0.0, 0.0)
    for _ in range(SETTLED + 2):
        centre = centre.after(one)
    assert centre.weight == SETTLED


def test_of_equally_near_ones_a_meaning_belongs_to_the_first() -> None:
    one = report("acme", 0, meaning=says(0), meaning_version=1)
    centre, part = Centre().after(one), Part(None, "technical")
    those = [("first", centre, part), ("second", centre, part)]
    assert nearest(those, says(0), 1, part) == "first"


def test_what_names_another_component_has_to_be_nearer_and_of_the_same_category() -> None:
    none, login = Part(None, "billing"), Part("login", "technical")
    mail, bill = Part("mail", "technical"), Part("mail", "billing")
    assert belongs(0.45, none, login)
    assert belongs(0.45, login, none)
    assert belongs(0.45, mail, bill)
    assert not belongs(0.45, login, mail)
    assert belongs(0.6, login, mail)
    assert not belongs(0.6, login, bill)


def test_a_report_that_comes_late_makes_its_problem_no_older() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(report("acme", 10 * MINUTE))
    before = tenant.subject(FINGERPRINT)
    tenant.hear(report("bolt", 5 * MINUTE), now=START + 10 * MINUTE)
    after = tenant.subject(FINGERPRINT)
    assert before is not None
    assert after is not None
    assert (after.seen_at, after.deadline) == (before.seen_at, before.deadline)


def test_a_category_has_no_meaning_and_no_component_of_its_own() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(report("acme", 0, meaning=says(0), meaning_version=1, component="login"))
    category, problem = tenant.subject(TECHNICAL), tenant.subject(FINGERPRINT)
    assert category is not None
    assert problem is not None
    assert (category.centre, category.component) == (Centre(), None)
    assert (problem.centre.weight, problem.component) == (1, "login")


@pytest.mark.parametrize(
    ("template", "error", "title"),
    [("timeout after <num>", "timeout after 7", "timeout after <num>"), ("", "boom", "boom")]
    + [("", None, "technical")],
)
def test_a_problem_is_called_by_its_template_its_error_or_its_category(
    template: str, error: str | None, title: str
) -> None:
    tenant = Tenant()
    [anomaly] = tenant.hear(*outage(3, template=template, error_text=error))
    assert anomaly.title == title


def test_a_window_is_told_with_its_beginning_and_end() -> None:
    _, anomaly = opened()
    length = POLICY.window_buckets * POLICY.bucket
    assert (anomaly.window_start, anomaly.window_end) == (START + MINUTE - length, START + MINUTE)


def test_an_anomaly_that_is_back_with_fewer_accounts_has_not_grown() -> None:
    tenant = Tenant()
    tenant.hear(*outage(40))
    tenant.let_pass(30 * MINUTE)
    assert states(tenant.hear(*outage(12, start=31 * MINUTE))) == [UPDATED]


@pytest.mark.parametrize("kind", [AnomalyActionKind.MUTE, AnomalyActionKind.FALSE_ALARM])
def test_what_is_answered_about_a_category_holds_for_its_problems(kind: AnomalyActionKind) -> None:
    tenant, anomaly = opened()
    said = action(anomaly, kind, fingerprint=TECHNICAL, until=START + 300 * MINUTE)
    tenant.answer(said)
    tenant.let_pass(90 * MINUTE)
    assert tenant.hear(*outage(3, start=91 * MINUTE, fingerprint="new")) == []


def test_a_source_partition_cannot_be_ahead_of_the_clock() -> None:
    tenant = Tenant()
    ahead = replace(heartbeat(0), source_watermark=START + 60 * MINUTE)
    tenant.hear(ahead, now=START + MINUTE)
    assert tenant.watch.watermark == START + MINUTE


def test_the_watermark_never_goes_back() -> None:
    tenant = Tenant()
    tenant.hear(heartbeat(5 * MINUTE), now=START + 5 * MINUTE)
    tenant.hear(heartbeat(3 * MINUTE), now=START + 5 * MINUTE)
    assert tenant.watch.sources[0].watermark == tenant.watch.watermark == START + 5 * MINUTE
    tenant.hear(heartbeat(MINUTE, partition=1), now=START + 6 * MINUTE)
    assert tenant.watch.watermark == START + 5 * MINUTE


def test_a_source_partition_is_idle_as_soon_as_its_time_is_over() -> None:
    for silent, watermark in ((POLICY.idle_source - 1, 0), (POLICY.idle_source, MINUTE)):
        tenant = Tenant()
        tenant.hear(heartbeat(0, partition=1), now=START)
        tenant.hear(heartbeat(MINUTE), now=START + silent)
        assert tenant.watch.watermark == START + watermark


def test_buckets_keep_the_length_that_they_were_first_counted_by() -> None:
    tenant = Tenant()
    tenant.hear(report("acme", 0))
    tenant.policy = replace(POLICY, bucket=2 * MINUTE)
    tenant.hear(heartbeat(MINUTE))
    assert tenant.watch.bucket == POLICY.bucket


def test_a_problem_is_not_forgotten_while_a_slow_source_partition_still_reports_it() -> None:
    tenant = Tenant()
    behind, outputs = 40 * MINUTE, []
    for at in range(0, 2 * MINUTE, MINUTE // 2):
        now = START + at + behind
        slow = report(f"acme-{at}", at, source_partition=1)
        outputs += tenant.hear(slow, heartbeat(at + behind), now=now)
        subject = tenant.subject(FINGERPRINT)
        assert subject is not None
        tenant.take(forget(subject, tenant.watch, POLICY, now))
    assert tenant.watch.late == 0
    assert states(outputs) == [OPENED]


def test_a_problem_is_forgotten_once_no_source_partition_is_behind_its_time() -> None:
    tenant = Tenant()
    tenant.hear(report("acme", 0, source_partition=1), now=START + 40 * MINUTE)
    tenant.hear(heartbeat(40 * MINUTE))
    for minute in (40, 41, 42):
        subject = tenant.subject(FINGERPRINT)
        assert subject is not None
        tenant.take(forget(subject, tenant.watch, POLICY, START + minute * MINUTE))
    assert tenant.subject(FINGERPRINT) is None
