"""A category's incident and those of its problems: one cause never opens two."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from schemas.records import ProblemReport
from streams.core.anomalies import category_name
from tests.core.test_anomalies import MINUTE, OPENED, POLICY, RESOLVED, START, Tenant, other, states

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
