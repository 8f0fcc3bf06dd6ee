"""What is learned as usual, of which windows, and what comes back or comes late."""

from math import log10

import pytest
from msgspec.structs import replace

from detectors.season import DAY, HOUR
from detectors.spikes import Baseline
from streams.core.anomalies import Watch, category_name, forget, observe
from streams.core.anomalies.baseline import (
    MOST_DEVIATIONS,
    expected_accounts,
    flow,
    open_line,
    settle,
    skip,
)
from streams.core.anomalies.state import Subject
from streams.core.policy.duration import Duration
from tests.core.test_anomalies import (
    FINGERPRINT,
    MINUTE,
    NEVER_OPEN,
    POLICY,
    RESOLVED,
    START,
    UPDATED,
    Tenant,
    opened,
    other,
    outage,
    report,
    states,
)
from tests.core.test_anomalies_season import MONDAY, after_weeks

FIRST = START // MINUTE
LATE = POLICY.lateness // MINUTE


def problem(tenant: Tenant, name: str = FINGERPRINT) -> Subject:
    found = tenant.subject(name)
    assert found is not None
    return found


def settled_through(tenant: Tenant, minute: int, name: str = FINGERPRINT) -> tuple[Subject, Watch]:
    """A subject once a window's last bucket is the last that has settled."""
    far = replace(tenant.watch, watermark=START + (minute + 1 + LATE) * MINUTE)
    return settle(problem(tenant, name), far, NEVER_OPEN)


def test_an_account_is_learned_of_in_all_windows_that_it_is_in_and_in_no_other() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(report("acme", 0))
    for minute in (4, 5, 6):
        settled, _ = settled_through(tenant, minute)
        assert settled.settled == FIRST + minute
        assert settled.baseline.counts == pytest.approx(5.0, abs=0.1)
        assert settled.baseline.windows == pytest.approx(minute + 1, abs=0.1)


def test_a_bucket_is_kept_as_long_as_it_lies_in_a_window_that_can_still_change() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(report("acme", 0))
    assert set(settled_through(tenant, 3)[0].buckets) == {FIRST}
    assert set(settled_through(tenant, 4)[0].buckets) == set()


def test_a_category_teaches_the_pool_nothing() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(report("acme", 0))
    before = tenant.watch.pool
    assert settled_through(tenant, 10, category_name("technical"))[1].pool == before
    assert settled_through(tenant, 10)[1].pool.windows > before.windows


def test_what_is_unheard_of_is_learned_as_a_little_more_than_is_usual() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(*outage(50, step=10))
    usual = Baseline().expected(POLICY.prior_accounts, POLICY.prior_windows)
    settled, _ = settled_through(tenant, 0)
    assert settled.baseline.counts == usual.usual_most(MOST_DEVIATIONS) + 1


def test_what_follows_an_anomaly_is_learned_again() -> None:
    tenant, _ = opened()
    assert states(tenant.let_pass(16 * MINUTE)) == [RESOLVED]
    begun = problem(tenant).settled
    tenant.hear(report("acme-0", 40 * MINUTE))
    subject = problem(tenant)
    assert subject.baseline.windows == pytest.approx(subject.settled - begun, abs=0.1)
    assert subject.baseline.windows > 5


def test_half_an_hour_counts_by_the_factor_of_its_own_hour() -> None:
    policy = replace(NEVER_OPEN, bucket=Duration(30 * MINUTE), half_life_windows=10**6)
    tenant = Tenant(policy)
    season, begins = after_weeks().season, MONDAY + 28 * DAY
    tenant.watch = replace(tenant.watch, season=season)
    tenant.hear(report("acme", begins - START))
    far = replace(tenant.watch, watermark=begins + DAY + 30 * MINUTE)
    settled, _ = settle(problem(tenant), far, policy)
    usual = sum(2 * season.factor(begins + hour * HOUR) for hour in range(24))
    assert settled.baseline.windows == pytest.approx(usual, rel=0.001)


def test_an_hour_begins_with_the_window_that_begins_with_it() -> None:
    policy = replace(NEVER_OPEN, bucket=Duration(30 * MINUTE), half_life_windows=10**6)
    tenant = Tenant(policy)
    season, opens = after_weeks().season, MONDAY + 28 * DAY + 8 * HOUR
    tenant.watch = replace(tenant.watch, season=season)
    tenant.hear(report("acme", opens - HOUR - START))
    far = replace(tenant.watch, watermark=opens + 2 * HOUR)
    settled, _ = settle(problem(tenant), far, policy)
    assert settled.settled == opens // policy.bucket + 2
    usual = [2 * season.factor(opens - HOUR), 2 * season.factor(opens), season.factor(opens + HOUR)]
    assert usual[1] > 4 * usual[0]
    assert settled.baseline.windows == pytest.approx(sum(usual), rel=0.001)


def test_what_is_forgotten_in_its_time_leaves_the_pool_the_windows_that_it_was_known_for() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(*outage(2))
    step = forget(problem(tenant), tenant.watch, NEVER_OPEN, problem(tenant).deadline)
    assert step.subjects == {FINGERPRINT: None}
    day = POLICY.forget / POLICY.bucket
    assert step.watch.pool.windows == pytest.approx(day, rel=0.1)


def test_few_fingerprints_are_judged_as_strictly_as_many() -> None:
    line = log10(POLICY.open_probability)
    assert open_line(Watch(), POLICY) == open_line(Watch(tracked=1), POLICY) == line


def test_what_is_skipped_is_never_counted_again() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(report("acme", 0), report("bolt", 3 * MINUTE))
    subject = skip(problem(tenant), FIRST + 1)
    assert (subject.settled, set(subject.buckets)) == (FIRST + 1, {FIRST + 3})
    assert skip(subject, FIRST) is subject


def test_of_a_new_problem_at_least_as_much_is_usual_as_of_all_that_meet_in_a_window() -> None:
    tenant = Tenant(NEVER_OPEN)
    tenant.hear(report("acme", 0))
    busy = replace(tenant.watch, pool=Baseline(600.0, 600.0, 600.0, 600.0))
    means = [
        expected_accounts(problem(tenant), watch, START, POLICY).mean
        for watch in (tenant.watch, busy)
    ]
    assert means == pytest.approx([POLICY.prior_accounts, 1.0])


def test_a_report_of_an_hour_before_counts_for_the_one_that_runs() -> None:
    watch = flow(flow(Watch(), START + HOUR), START)
    assert (watch.flow.hour, watch.flow.reports) == ((START + HOUR) // HOUR, 2)


def test_the_minute_in_which_an_anomaly_ended_is_not_counted_again() -> None:
    tenant, _ = opened()
    tenant.let_pass(16 * MINUTE)
    ended = problem(tenant).settled
    late = [report(f"late-{n}", (ended + n) * MINUTE - START) for n in range(2)]
    tenant.hear(*late, now=START + 17 * MINUTE)
    assert set(problem(tenant).buckets) == {ended + 1}


def test_what_else_a_known_report_goes_by_is_remembered() -> None:
    tenant = Tenant()
    one = report("acme", 0)
    tenant.hear(one)
    step = observe(tenant, tenant.watch, one, POLICY, one.occurred_at, aliases=("form",))
    tenant.take(step)
    assert problem(tenant).aliases == ("form",)
    assert problem(tenant, category_name("technical")).aliases == ()
    again = observe(tenant, tenant.watch, one, POLICY, one.occurred_at, aliases=("form",))
    assert again.subjects == {}


def test_a_problem_is_kept_for_a_day_once_two_accounts_have_reported_it() -> None:
    apart, before, alone = Tenant(), Tenant(), Tenant()
    apart.hear(report("acme", 0), report("bolt", 2 * MINUTE))
    assert problem(apart).deadline == START + 2 * MINUTE + POLICY.forget
    before.hear(report("acme", 0), report("bolt", 1_000), report("acme", 24 * MINUTE))
    assert set(problem(before).buckets) == {FIRST + 24}
    assert problem(before).deadline == START + 24 * MINUTE + POLICY.forget
    alone.hear(report("acme", 0), report("acme", 24 * MINUTE))
    assert problem(alone).deadline == START + 24 * MINUTE + POLICY.forget_single


def test_who_had_the_problem_before_it_began_is_told_with_the_record_after_the_next() -> None:
    tenant = Tenant()
    start = 10 * MINUTE
    tenant.hear(*outage(3, start=start, component="payments"))
    early = {"component": "payments", "account_tier": "enterprise"}
    tenant.hear(other("another", "early", start - 3 * MINUTE, **early), now=START + start)
    *_, told = tenant.hear(*outage(12, start=start, component="payments"))
    assert (told.state, told.large_accounts) == (UPDATED, ("early",))


def test_an_anomaly_that_is_back_once_more_is_told_at_once_too() -> None:
    tenant, _ = opened()
    for start in (20, 60):
        tenant.let_pass((start - 1) * MINUTE)
        assert tenant.outputs[-1].state is RESOLVED
        (again,) = tenant.hear(*outage(3, start=start * MINUTE))
        assert (again.state, again.updated_at) == (UPDATED, START + start * MINUTE + 8_000)
