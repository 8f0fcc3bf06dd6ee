"""A category's incident and those of its problems: one cause never opens two."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import ProblemReport
from streams.core.anomalies import category_name
from tests.core.test_anomalies import (
    MINUTE,
    OPENED,
    POLICY,
    RESOLVED,
    START,
    Tenant,
    other,
    outage,
    states,
    the_one,
)

CATEGORY = category_name("technical")
BURSTS = st.lists(
    st.tuples(
        st.integers(0, 59),
        st.sampled_from(["502", "login", None]),
        st.integers(0, 90),
        st.integers(4, 30),
    ),
    min_size=2,
    max_size=6,
)


def tenant_with_history() -> Tenant:
    """One whose categories can burst."""
    return Tenant(msgspec.structs.replace(POLICY, category_history=0.0))


def burst(minute: int, name: str | None, first: int, size: int) -> list[ProblemReport]:
    """Accounts two seconds apart, with a fingerprint, or with an error of its own each."""
    return [
        other(name or f"odd-{minute}-{n}", f"acme-{n}", minute * MINUTE + (n - first) * 2_000)
        for n in range(first, first + size)
    ]


def open_subjects(tenant: Tenant) -> list[str]:
    """Who opened what is open."""
    found = [
        tenant.incident(name)
        for name, entry in tenant.watch.incidents.items()
        if not entry.resolved
    ]
    return [one.subject for one in found if one is not None]


@given(BURSTS)
def test_a_category_is_never_open_beside_a_problem_of_it(
    bursts: list[tuple[int, str | None, int, int]],
) -> None:
    tenant = tenant_with_history()
    made = [one for each in bursts for one in burst(*each)]
    for one in sorted(made, key=lambda one: one.occurred_at):
        if one.occurred_at - START >= MINUTE + tenant.watch.watermark - START:
            tenant.let_pass(one.occurred_at - START)
        tenant.hear(one)
        subjects = open_subjects(tenant)
        assert CATEGORY not in subjects or len(subjects) == 1


def test_a_category_joins_an_incident_long_past_its_peak() -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, "502", 0, 5))
    tenant.let_pass(8 * MINUTE)
    tenant.hear(*burst(8, None, 50, 20))
    assert open_subjects(tenant) == ["502"]
    assert tenant.outputs[-1].grouped_by[0] == "category"


def test_what_bursts_when_another_is_long_past_its_peak_is_an_incident_of_its_own() -> None:
    tenant = tenant_with_history()
    (opened, *_) = tenant.hear(*burst(0, "502", 0, 5))
    tenant.let_pass(8 * MINUTE)
    before = tenant.incident(opened.anomaly_id)
    tenant.hear(*burst(8, None, 50, 20))
    incident = tenant.incident(opened.anomaly_id)
    assert before is not None
    assert incident is not None
    assert (incident.expected, incident.hot_until) == (before.expected, before.hot_until)
    assert set(tenant.affected(opened.anomaly_id).kept) == {
        one.ticket_id for one in burst(0, "502", 0, 5)
    }
    tenant.hear(*burst(9, "login", 50, 5))
    assert open_subjects(tenant) == ["502", "login"]


def test_a_category_that_bursts_long_past_an_incidents_peak_is_told_with_its_accounts() -> None:
    tenant = tenant_with_history()
    (opened, *_) = tenant.hear(*burst(0, "502", 0, 5))
    before = tenant.incident(opened.anomaly_id)
    tenant.let_pass(8 * MINUTE)
    told = tenant.hear(*burst(8, None, 50, 20))
    assert [one.accounts for one in told] == [8, 16]
    after = tenant.incident(opened.anomaly_id)
    assert before is not None
    assert after is not None
    assert after.expected.mean < 3 * before.expected.mean, "what is usual of it is added once"


def test_a_category_brings_nothing_from_before_the_outage_that_it_comes_along_with() -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, None, 90, 4), *burst(8, "502", 0, 5), *burst(8, None, 50, 20))
    last = tenant.outputs[-1]
    assert "category" in last.grouped_by
    *_, over = tenant.let_pass(60 * MINUTE)
    accounts = {one.account_id for one in over.affected}
    assert accounts >= {f"acme-{n}" for n in (*range(5), *range(50, 60))}
    assert not accounts & {f"acme-{n}" for n in range(90, 94)}


def test_a_problem_joins_the_incident_of_its_category_long_past_its_peak() -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, None, 0, 20))
    tenant.let_pass(8 * MINUTE)
    tenant.hear(*burst(8, "502", 50, 5))
    assert open_subjects(tenant) == [CATEGORY]
    assert "502" in tenant.outputs[-1].fingerprints


def test_a_category_that_is_over_does_not_come_back_beside_a_problem_of_it() -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, None, 0, 20))
    assert states(tenant.let_pass(16 * MINUTE)) == [RESOLVED]
    tenant.hear(*burst(17, "502", 50, 5))
    tenant.hear(*burst(24, None, 100, 20))
    assert open_subjects(tenant) == ["502"]


def test_a_problem_of_a_category_that_is_over_joins_what_is_open_of_the_category() -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, None, 0, 20), *burst(1, "502", 0, 4))
    tenant.let_pass(16 * MINUTE)
    tenant.hear(*burst(17, "login", 50, 4), *burst(17, "502", 60, 4))
    assert open_subjects(tenant) == ["login"]


def test_a_problem_that_is_over_does_not_come_back_beside_its_category() -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, "502", 0, 5))
    assert states(tenant.let_pass(16 * MINUTE)) == [RESOLVED]
    tenant.hear(*burst(17, None, 50, 20))
    tenant.hear(*burst(24, "502", 100, 5))
    assert open_subjects(tenant) == [CATEGORY]


def test_a_category_that_comes_back_is_the_same_incident() -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, None, 0, 20))
    tenant.let_pass(16 * MINUTE)
    tenant.hear(*burst(20, None, 50, 20))
    assert len({one.anomaly_id for one in tenant.outputs}) == 1
    assert tenant.outputs[-1].grouped_by[-1] == "returned"


def test_two_problems_of_one_category_with_other_accounts_are_two_incidents() -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, "502", 0, 5))
    tenant.let_pass(8 * MINUTE)
    assert states(tenant.hear(*burst(8, "login", 50, 5))) == [OPENED]
    assert sorted(open_subjects(tenant)) == ["502", "login"]
    tenant.hear(*burst(14, None, 100, 20))
    assert sorted(open_subjects(tenant)) == ["502", "login"]


# By what they mean. Two vectors are the less alike the more of their eight numbers differ in sign.


def says(different: int) -> tuple[int, ...]:
    """A meaning whose cosine to that of 0 is 1 less a quarter for each number that is different."""
    return tuple(-106 if number < different else 106 for number in range(8))


@pytest.mark.parametrize(("different", "anomalies"), [(2, 1), (3, 2)])
def test_a_vague_problem_joins_one_of_its_category_unless_it_means_something_else(
    different: int, anomalies: int
) -> None:
    tenant = Tenant()
    tenant.hear(*outage(5, component="webhooks", meaning=says(0)))
    vague = [other("vague", f"bolt-{n}", 30_000 + n, meaning=says(different)) for n in range(5)]
    tenant.hear(*vague)
    assert len(open_subjects(tenant)) == anomalies


@pytest.mark.parametrize(("category", "belongs"), [("technical", True), ("security", False)])
def test_a_report_of_another_part_belongs_only_where_it_is_of_the_same_category(
    category: str, *, belongs: bool
) -> None:
    tenant = Tenant()
    [anomaly, *_] = tenant.hear(*outage(5, component="payments", meaning=says(0)))
    near = other("login", "bolt", 30_000, component="login", category=category, meaning=says(1))
    tenant.hear(near)
    incident = tenant.incident(anomaly.anomaly_id)
    assert incident is not None
    assert ("ticket-bolt" in tenant.affected(anomaly.anomaly_id).kept) is belongs


def test_a_problem_of_accounts_of_an_incident_too_large_to_keep_them_all_is_part_of_it() -> None:
    tenant = Tenant(msgspec.structs.replace(POLICY, exact_accounts=20))
    tenant.hear(*burst(0, "502", 0, 60))
    tenant.hear(
        *(other("login", f"acme-{n}", 2 * MINUTE + n, category="billing") for n in range(8))
    )
    incident = the_one(tenant)
    assert (incident.members[-2], incident.grouped_by) == ("login", ("accounts",))


def test_a_category_is_no_news_beside_an_incident_too_large_to_tell_its_accounts() -> None:
    tenant = Tenant(msgspec.structs.replace(POLICY, exact_accounts=20, category_history=0.0))
    tenant.hear(*burst(0, "502", 0, 60))
    (before,) = (tenant.incident(name) for name in tenant.watch.incidents)
    tenant.hear(*burst(2, None, 100, 4))
    (after,) = (tenant.incident(name) for name in tenant.watch.incidents)
    assert before is not None
    assert before == after


def test_a_problem_whose_tickets_are_mostly_those_of_an_incident_is_part_of_it() -> None:
    tenant = Tenant()
    tenant.hear(*outage(5, component="upload", meaning=says(0)))
    between = [other(f"lone-{n}", f"cora-{n}", 30_000 + n, meaning=says(1)) for n in range(4)]
    tenant.hear(*between)
    far = {"component": "export", "meaning": says(2)}
    tenant.hear(*(other("export", f"bolt-{n}", 40_000 + n, **far) for n in range(3)))
    assert open_subjects(tenant) == ["gateway-timeout"]
    assert tenant.watch.incidents.popitem()[1].members[-1] == "export"


def test_a_problem_that_shares_a_few_tickets_with_an_incident_opens_its_own() -> None:
    tenant = Tenant()
    tenant.hear(*outage(5, component="upload", meaning=says(0)))
    tenant.hear(*(other(f"lone-{n}", f"cora-{n}", 30_000 + n, meaning=says(1)) for n in range(2)))
    far = {"component": "export", "meaning": says(2)}
    tenant.hear(*(other("export", f"bolt-{n}", 40_000 + n, **far) for n in range(3)))
    assert open_subjects(tenant) == ["gateway-timeout", "export"]


def test_a_problem_that_shares_less_than_half_of_its_tickets_with_an_incident_opens_its_own() -> (
    None
):
    tenant = Tenant()
    far = {"component": "export", "meaning": says(2)}
    tenant.hear(*(other("export", f"early-{n}", 6 * n * MINUTE, **far) for n in range(4)))
    start = 20 * MINUTE
    tenant.hear(*outage(5, start=start, component="upload", meaning=says(0)))
    shared = (
        other(f"lone-{n}", f"cora-{n}", start + 30_000 + n, meaning=says(1)) for n in range(3)
    )
    tenant.hear(*shared)
    tenant.hear(*(other("export", f"bolt-{n}", start + 40_000 + n, **far) for n in range(3)))
    assert open_subjects(tenant) == ["gateway-timeout", "export"]
