"""Which reports and which problems are part of an incident, and which are not."""

import pytest
from msgspec.structs import replace

from detectors.spikes import Baseline
from schemas.records import AnomalyActionKind, ProblemReport
from streams.core.anomalies import Step, observe
from tests.core.test_anomalies import (
    FINGERPRINT,
    MINUTE,
    NEVER_OPEN,
    OPENED,
    POLICY,
    RESOLVED,
    START,
    UPDATED,
    Tenant,
    action,
    opened,
    other,
    outage,
    report,
    states,
    the_one,
)
from tests.core.test_anomalies_kinship import (
    CATEGORY,
    burst,
    open_subjects,
    says,
    tenant_with_history,
)

FIRST = START // MINUTE


def tickets(tenant: Tenant) -> set[str]:
    """Who is affected by the only incident."""
    return {*tenant.affected(the_one(tenant).anomaly_id).kept}


# Reports.


def test_words_beside_an_error_that_was_counted_before_are_no_part_of_its_anomaly() -> None:
    tenant = Tenant()
    one, *others = outage(3, component="payments")
    tenant.hear(one, *others)
    tenant.hear_words("it fails", one)
    assert tenant.subject("it fails") is not None
    assert "it fails" not in the_one(tenant).members


def test_words_that_join_an_anomaly_move_its_meaning_no_more_than_their_reports_do() -> None:
    tenant = Tenant()
    reports = outage(5, meaning=says(0), meaning_version=1)
    tenant.hear(*reports[:3])
    before = the_one(tenant).centre.weight
    again = [replace(one, ticket_id=f"again-{n}") for n, one in enumerate(reports[:3])]
    tenant.hear_words("it fails", *again)
    assert "it fails" in the_one(tenant).members
    assert the_one(tenant).centre.weight == before + 3


def test_a_report_that_says_nothing_new_of_whom_an_anomaly_touches_writes_nothing_of_it() -> None:
    tenant = Tenant()
    tenant.hear(*outage(3, component="payments", meaning=says(0), meaning_version=1))
    near = other("odd", "bolt", 20_000, meaning=says(1), meaning_version=1)
    tenant.hear(near)
    assert near.ticket_id in tickets(tenant)
    step = observe(tenant, tenant.watch, near, POLICY, near.occurred_at)
    assert (step.incidents, step.keys) == ({}, {})


def test_a_late_report_belongs_by_the_component_that_its_problem_is_known_by() -> None:
    tenant = Tenant()
    tenant.hear(other("slow", "before", 0, component="payments"))
    start = 2 * MINUTE
    tenant.hear(*outage(3, start=start, component="payments"))
    for minute in range(6, 30, 4):
        tenant.hear(*outage(5, start=minute * MINUTE, component="payments"))
    late = other("slow", "late", start + MINUTE)
    tenant.hear(late, now=START + 30 * MINUTE)
    assert tenant.watch.late == 1
    assert late.ticket_id in tickets(tenant)


def test_what_is_said_beside_an_error_brings_its_report_to_what_means_the_same() -> None:
    tenant = Tenant()
    tenant.hear(*outage(3, component="payments", meaning=says(0), meaning_version=1))
    near = {"also_means": says(1), "meaning_version": 1, "error_text": "error: 7"}
    tenant.hear(other("odd", "bolt", 20_000, **near))
    assert "ticket-bolt" in tickets(tenant)


@pytest.mark.parametrize(
    "same", [{"component": "payments"}, {"meaning": says(0), "meaning_version": 1}]
)
def test_a_report_of_long_before_an_anomaly_is_no_part_of_it(same: dict[str, object]) -> None:
    tenant = Tenant()
    tenant.hear(*(replace(one, **same) for one in outage(5, start=20 * MINUTE)))
    late = [
        other(f"slow-{minute}", f"late-{minute}", minute * MINUTE, **same) for minute in (0, 20)
    ]
    for minute in range(24, 44, 4):
        tenant.hear(*(replace(one, **same) for one in outage(5, start=minute * MINUTE)))
    tenant.hear(*late, now=START + 44 * MINUTE)
    assert tenant.watch.late == 2
    assert {"ticket-late-0", "ticket-late-20"} & tickets(tenant) == {"ticket-late-20"}


def test_a_late_report_counts_in_the_busiest_window_around_it() -> None:
    tenant, _ = opened()
    apart = (4, 4, 5, 5, 6, 7, 8)
    tenant.hear(*(report(f"bolt-{n}", at * MINUTE + n) for n, at in enumerate(apart)))
    assert the_one(tenant).peak == 7
    late = [report(f"late-{at}", at * MINUTE) for at in (0, 4)]
    tenant.hear(*late, now=START + 9 * MINUTE)
    assert (the_one(tenant).peak, the_one(tenant).peak_end) == (8, FIRST + 8)


# Problems.


def test_a_problem_that_joins_brings_its_other_names() -> None:
    tenant, _ = opened()
    accounts = ("acme-0", "acme-1", "new")
    for number, account in enumerate(accounts):
        one = other("two", account, 30_000 + number, category="billing")
        step = observe(tenant, tenant.watch, one, POLICY, one.occurred_at, aliases=("a form",))
        tenant.take(step)
    assert (the_one(tenant).grouped_by, the_one(tenant).aliases) == (("accounts",), ("a form",))


def test_an_account_in_common_does_not_make_two_problems_one() -> None:
    tenant = Tenant(replace(POLICY, minimum_accounts=2, open_probability=1e-3))
    tenant.hear(*outage(3, component="login"))
    accounts = ("acme-0", "bolt")
    outputs = tenant.hear(
        *(other("two", one, 30_000, component="mail", category="billing") for one in accounts)
    )
    assert states(outputs) == [OPENED]
    assert open_subjects(tenant) == [FINGERPRINT, "two"]


@pytest.mark.parametrize(("minute", "anomalies"), [(5, 1), (6, 2)])
def test_server_errors_are_of_one_time_up_to_a_window_apart(minute: int, anomalies: int) -> None:
    tenant = Tenant()
    for part, status, start in (("login", 502, 0), ("search", 503, minute * MINUTE)):
        title = f"{part}: http {status}"
        reports = (
            other(title, f"{part}-{n}", start + n, component=part, template=title) for n in range(3)
        )
        tenant.hear(*reports)
    assert len(open_subjects(tenant)) == anomalies


def test_what_was_called_a_false_alarm_does_not_come_back_with_another_problem() -> None:
    tenant, anomaly = opened()
    tenant.answer(action(anomaly, AnomalyActionKind.FALSE_ALARM))
    (another,) = tenant.hear(
        *(other("two", f"bolt-{n}", MINUTE + n, component="mail") for n in range(3))
    )
    assert (another.state, another.anomaly_id != anomaly.anomaly_id) == (OPENED, True)


def test_words_of_a_third_account_are_part_of_an_anomaly_too_large_to_keep_all_of_it() -> None:
    tenant = Tenant(replace(POLICY, exact_accounts=20))
    tenant.hear(*burst(0, "502", 0, 60))
    for number, are_part in enumerate((False, False, True)):
        tenant.hear_words("it fails", other("502", f"new-{number}", 119_000 + number))
        assert ("it fails" in the_one(tenant).members) is are_part


def unknown(count: int) -> list[ProblemReport]:
    """Tickets of a failure whose accounts nobody knows."""
    return [
        report(None, n, ticket_id=f"ticket-{n}", requester_id=f"mara-{n}", component="upload")
        for n in range(count)
    ]


def told_otherwise(ticket: int, at: int) -> ProblemReport:
    """One of these tickets, or another, with another problem and its account."""
    name, account = f"ticket-{ticket}", f"acme-{ticket}"
    return other("export", account, at, ticket_id=name, component="export", category="billing")


@pytest.mark.parametrize(
    ("those", "anomalies"), [((0, 1, 8), 2), ((0, 1, 2), 1)], ids=["two tickets", "three tickets"]
)
def test_a_problem_of_three_tickets_of_a_small_anomaly_is_part_of_it_and_of_two_it_is_not(
    those: tuple[int, ...], anomalies: int
) -> None:
    tenant = Tenant()
    tenant.hear(*unknown(3))
    tenant.hear(*(told_otherwise(ticket, 20_000 + ticket) for ticket in those))
    assert len(open_subjects(tenant)) == anomalies


def test_a_problem_that_has_all_tickets_of_a_smaller_anomaly_is_part_of_it() -> None:
    tenant = Tenant()
    tenant.hear(*unknown(3))
    tenant.policy = NEVER_OPEN
    tenant.hear(*(told_otherwise(ticket, 20_000 + ticket) for ticket in range(11)))
    tenant.policy = POLICY
    tenant.hear(told_otherwise(11, 30_000))
    assert open_subjects(tenant) == [FINGERPRINT]
    assert the_one(tenant).grouped_by == ("tickets",)


# Categories.


def test_that_a_category_has_come_along_is_told_though_it_goes_on() -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, "502", 0, 40))
    tenant.let_pass(2 * MINUTE)
    before = len(tenant.outputs)
    tenant.hear(*burst(2, None, 100, 20))
    assert len(tenant.outputs) == before
    told, over = tenant.let_pass(60 * MINUTE)
    assert (told.state, over.state) == (UPDATED, RESOLVED)
    assert told.grouped_by != ()


@pytest.mark.parametrize(("minute", "comes_along"), [(5, True), (6, False)])
def test_a_category_brings_its_accounts_up_to_a_window_past_the_peak(
    minute: int, *, comes_along: bool
) -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, "502", 0, 5))
    tenant.let_pass(minute * MINUTE)
    scattered = burst(minute, None, 50, 8)
    tenant.hear(*scattered)
    assert open_subjects(tenant) == ["502"]
    assert ({one.ticket_id for one in scattered} <= tickets(tenant)) is comes_along


@pytest.mark.parametrize(("minute", "is_news"), [(5, False), (6, True)])
def test_a_category_is_news_again_a_window_after_what_was_too_large_to_tell_its_accounts(
    minute: int, *, is_news: bool
) -> None:
    tenant = Tenant(replace(POLICY, exact_accounts=20, category_history=0.0))
    tenant.hear(*burst(0, "502", 0, 60))
    before = the_one(tenant)
    assert max(before.sketches) == FIRST + 1
    tenant.hear(*burst(minute, None, 100, 8))
    assert (the_one(tenant) != before) is is_news


def test_a_category_of_too_many_accounts_to_keep_is_news_of_its_own() -> None:
    tenant = Tenant(replace(NEVER_OPEN, exact_accounts=20, category_history=0.0))
    tenant.hear(*burst(0, None, 0, 59))
    tenant.policy = replace(POLICY, exact_accounts=20, category_history=0.0)
    (anomaly, *_) = tenant.hear(*burst(1, None, 90, 1))
    assert anomaly.state is OPENED
    assert anomaly.accounts == pytest.approx(60, abs=2)


def test_what_is_usual_of_a_category_is_usual_of_the_anomaly_that_it_comes_along_with() -> None:
    tenant = tenant_with_history()
    tenant.hear(other("first", "early", 0))
    category = tenant.subject(CATEGORY)
    assert category is not None
    known = replace(category, baseline=Baseline(600.0, 600.0, 600.0, 600.0))
    tenant.take(Step(tenant.watch, {CATEGORY: known}))
    tenant.hear(*burst(30, "502", 0, 20))
    alone = the_one(tenant).expected.mean
    usual = set()
    for one in burst(31, None, 50, 40):
        tenant.hear(one)
        usual.add(round(the_one(tenant).expected.mean, 1))
    assert alone < 0.1
    assert usual == {round(alone, 1), 0.9}, "once, however many reports it brings"
    assert the_one(tenant).expected.dispersion >= POLICY.least_dispersion


def test_a_category_that_goes_on_is_part_of_its_own_anomaly_and_a_problem_comes_along() -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, None, 0, 20))
    assert the_one(tenant).grouped_by == ("member",)
    tenant.hear(*burst(1, "502", 50, 5))
    assert the_one(tenant).grouped_by == ("member", "category")
