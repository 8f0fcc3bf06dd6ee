"""What an incident takes in as it grows, and what belongs to none."""

import pytest
from msgspec.structs import replace

from detectors.spikes import Baseline
from schemas.records import AnomalyActionKind, ProblemReport
from streams.core.anomalies import Step, merge
from streams.core.anomalies.incidents import quiet_at
from streams.core.anomalies.listing import DELETED_AT_ONCE
from streams.core.anomalies.state import Affected, Keys
from streams.core.policy.duration import Duration
from tests.core.test_anomalies import (
    FINGERPRINT,
    MINUTE,
    OPENED,
    POLICY,
    RESOLVED,
    START,
    Tenant,
    action,
    heartbeat,
    opened,
    other,
    outage,
    report,
    states,
    the_one,
)
from tests.core.test_anomalies_kinship import CATEGORY, burst, tenant_with_history

FIRST = START // MINUTE


def erased(ticket: str, at: int) -> ProblemReport:
    return replace(heartbeat(at), ticket_id=ticket, category="technical", erased=True)


def test_who_had_the_same_problem_before_it_burst_is_affected() -> None:
    tenant = Tenant()
    tenant.hear(report("early", 0), *outage(3, start=8 * MINUTE))
    (over,) = tenant.let_pass(60 * MINUTE)
    assert over.affected_accounts == ("acme-0", "acme-1", "acme-2", "early")
    assert over.since == START + 8 * MINUTE


def test_an_incident_begins_with_the_first_report_of_its_window() -> None:
    tenant = Tenant()
    tenant.hear(report("before", 3 * MINUTE), *outage(3, start=8 * MINUTE))
    assert the_one(tenant).since == START + 8 * MINUTE
    tenant = Tenant()
    tenant.hear(report("within", 4 * MINUTE), *outage(2, start=8 * MINUTE))
    assert the_one(tenant).since == START + 4 * MINUTE


def test_who_had_a_problem_of_the_same_component_long_before_is_not_affected() -> None:
    tenant = Tenant()
    tenant.hear(
        other("slow", "long-before", 0, component="payments"),
        other("slow", "before", 5 * MINUTE, component="payments"),
        *outage(3, start=18 * MINUTE, component="payments"),
    )
    (over,) = tenant.let_pass(90 * MINUTE)
    assert over.affected_accounts == ("acme-0", "acme-1", "acme-2", "before")


def test_what_a_problem_counted_before_the_incident_is_not_counted_for_it() -> None:
    tenant = Tenant()
    tenant.hear(other("slow", "before", 0, component="payments"))
    tenant.hear(*outage(3, start=8 * MINUTE, component="payments"))
    tenant.hear(other("slow", "after", 9 * MINUTE, component="payments"))
    assert set(the_one(tenant).buckets) == {FIRST + 8, FIRST + 9}


def test_an_incident_is_of_the_first_component_that_joins_it_and_began_with_its_first_report() -> (
    None
):
    tenant = Tenant()
    tenant.hear(other("two", "acme-0", 0, component="payments", category="billing"))
    tenant.hear(*outage(3, start=MINUTE))
    assert (the_one(tenant).component, the_one(tenant).since) == (None, START + MINUTE)
    same = (
        other("two", f"acme-{n}", 2 * MINUTE + n, component="payments", category="billing")
        for n in (1, 2)
    )
    tenant.hear(*same)
    assert the_one(tenant).grouped_by == ("accounts",)
    assert (the_one(tenant).component, the_one(tenant).since) == ("payments", START)


def test_two_of_three_accounts_are_enough_to_be_part_of_an_incident() -> None:
    tenant = Tenant()
    tenant.hear(*outage(3))
    accounts = ("acme-0", "acme-1", "new")
    tenant.hear(*(other("two", one, 30_000, category="billing") for one in accounts))
    assert "two" in the_one(tenant).members


def test_the_same_accounts_with_another_problem_do_not_bring_back_what_is_over() -> None:
    tenant, anomaly = opened()
    tenant.let_pass(16 * MINUTE)
    outputs = tenant.hear(*outage(3, start=17 * MINUTE, fingerprint="two", category="billing"))
    assert states(outputs) == [OPENED]
    assert outputs[0].anomaly_id != anomaly.anomaly_id


def test_words_of_two_accounts_are_no_part_of_an_anomaly_and_of_three_they_are() -> None:
    tenant, _ = opened()
    for number, are_part in enumerate((False, False, True)):
        again = report(f"acme-{number}", 20_000 + number, ticket_id=f"again-{number}")
        tenant.hear_words("it fails", again)
        assert ("it fails" in the_one(tenant).members) is are_part


def test_a_server_error_is_no_part_of_what_is_none() -> None:
    tenant = Tenant()
    for part, title in (("login", "login: it is slow"), ("search", "search: http 503")):
        tenant.hear(
            *(
                other(title, f"{part}-{n}", n * 4_000, component=part, template=title)
                for n in range(5)
            )
        )
    assert len(tenant.watch.incidents) == 2


def test_the_busiest_window_of_equals_is_the_earliest() -> None:
    tenant, _ = opened()
    tenant.hear(*outage(3, start=5 * MINUTE))
    assert (the_one(tenant).peak, the_one(tenant).peak_end) == (3, FIRST)


def test_an_incident_is_quiet_for_no_longer_than_six_times_as_long() -> None:
    tenant, _ = opened()
    quiet = [quiet_at(replace(the_one(tenant), reopened=n), POLICY) for n in (0, 1, 5, 9)]
    assert [at - quiet[0] for at in quiet] == [0, POLICY.quiet, *[5 * POLICY.quiet] * 2]


def test_what_varies_of_a_problem_varies_of_the_incident_that_it_joins() -> None:
    tenant = Tenant()
    tenant.hear(other("usual", "usual-1", 0, component="payments"))
    usual = tenant.subject("usual")
    assert usual is not None
    varied = replace(usual, baseline=Baseline(60.0, 600.0, 30.0, 600.0))
    tenant.take(Step(tenant.watch, {"usual": varied}))
    tenant.hear(*outage(3, start=MINUTE, component="payments"))
    assert the_one(tenant).expected.dispersion == 0.0
    tenant.hear(other("usual", "usual-2", 2 * MINUTE, component="payments"))
    assert the_one(tenant).expected.dispersion > POLICY.least_dispersion


def test_an_incident_ends_and_a_problem_is_forgotten_as_soon_as_its_time_is_over() -> None:
    tenant, _ = opened()
    assert states(tenant.let_pass(11 * MINUTE)) == [RESOLVED]
    tenant = Tenant()
    tenant.hear(report("acme", 0))
    tenant.let_pass(POLICY.forget_single - MINUTE)
    assert tenant.subject(FINGERPRINT) is not None
    tenant.let_pass(POLICY.forget_single)
    assert tenant.subject(FINGERPRINT) is None


def test_what_was_counted_up_to_an_incidents_end_is_not_counted_again() -> None:
    tenant, _ = opened()
    tenant.let_pass(11 * MINUTE)
    subject = tenant.subject(FINGERPRINT)
    assert subject is not None
    assert subject.settled == FIRST + 10
    slow = Tenant()
    slow.hear(replace(heartbeat(0, partition=1), source_watermark=START - 10 * MINUTE))
    (anomaly,) = slow.hear(*outage(3))
    slow.answer(action(anomaly, AnomalyActionKind.FALSE_ALARM))
    subject = slow.subject(FINGERPRINT)
    assert subject is not None
    assert subject.settled == FIRST


def test_all_keys_are_deleted_though_the_incident_could_be_forgotten_by_then() -> None:
    tenant = Tenant(replace(POLICY, forget=Duration(30 * MINUTE)))
    (anomaly,) = tenant.hear(*outage(3))
    kept = tenant.affected(anomaly.anomaly_id)
    kept.put(Keys({f"more-{n}": Affected(START, None) for n in range(2 * DELETED_AT_ONCE)}))
    tenant.let_pass(60 * MINUTE)
    assert tenant.incident(anomaly.anomaly_id) is None
    assert kept.kept == {}


def test_all_parts_of_a_list_say_the_same_end() -> None:
    tenant = Tenant(replace(POLICY, affected_tickets=2))
    tenant.hear(*outage(6))
    parts = tenant.let_pass(60 * MINUTE)
    assert states(parts) == [RESOLVED] * 3
    assert len({(one.resolved_at, one.updated_at) for one in parts}) == 1


# Categories.


def test_an_answer_is_about_the_category_only_where_that_opened_the_incident() -> None:
    for name, muted in ((None, CATEGORY), ("502", "502")):
        tenant = tenant_with_history()
        (anomaly, *_) = tenant.hear(*burst(0, name, 0, 20))
        tenant.answer(action(anomaly, AnomalyActionKind.MUTE))
        assert list(tenant.watch.muted) == [muted]


def test_a_category_whose_accounts_an_incident_explains_does_not_join_it() -> None:
    tenant = tenant_with_history()
    tenant.hear(*burst(0, "502", 0, 20))
    assert the_one(tenant).grouped_by == ()


def test_a_category_whose_alarm_was_false_opens_with_more_accounts() -> None:
    tenant = tenant_with_history()
    (anomaly, *_) = tenant.hear(*burst(0, None, 0, 20))
    tenant.answer(action(anomaly, AnomalyActionKind.FALSE_ALARM))
    tenant.let_pass(90 * MINUTE)
    assert states(tenant.hear(*burst(90, None, 100, 60)))[:1] == [OPENED]


def test_who_has_a_problem_whose_alarm_was_false_does_not_count_for_its_category() -> None:
    tenant = tenant_with_history()
    (anomaly,) = tenant.hear(*burst(0, "502", 0, 5))
    tenant.answer(action(anomaly, AnomalyActionKind.FALSE_ALARM))
    tenant.let_pass(60 * MINUTE)
    assert tenant.hear(*burst(60, "502", 0, 5), *burst(60, None, 50, 5)) == []
    assert states(tenant.hear(*burst(61, None, 60, 5)))[:1] == [OPENED]


# Erasures.


def test_an_account_that_reports_again_after_its_ticket_was_erased_is_counted_again() -> None:
    tenant = Tenant()
    tenant.hear(*outage(4), erased("ticket-acme-3", 20_000))
    tenant.hear(report("acme-3", 30_000, ticket_id="anew"))
    (over,) = tenant.let_pass(60 * MINUTE)
    assert (over.total_tickets, over.total_accounts) == (4, 4)


def test_an_erased_ticket_leaves_the_category_of_a_problem_that_was_not_tracked() -> None:
    tenant = Tenant(replace(POLICY, tracked_fingerprints=1))
    tenant.hear(other("one", "acme", 0, category="billing"), report("bolt", 1_000))
    assert any(b"ticket-bolt" in value for value in tenant.stored.values())
    tenant.hear(erased("ticket-bolt", 2_000))
    assert not any(b"ticket-bolt" in value for value in tenant.stored.values())


def test_an_erased_ticket_leaves_the_problems_of_an_incident_however_many_came_after_them() -> None:
    tenant = Tenant()
    tenant.hear(*outage(3, component="payments"))
    tenant.hear(*(other(f"p{n}", f"b{n}", 10_000 + n, component=f"c{n}") for n in range(30)))
    tenant.hear(erased("ticket-acme-1", 20_000))
    assert not any(b"ticket-acme-1" in value for value in tenant.stored.values())


# Merges.


def test_an_anomaly_that_takes_in_another_problem_is_as_large_as_both() -> None:
    tenant = Tenant()
    tenant.hear(report("early", 0), report("also", 1_000))
    tenant.hear(*outage(3, fingerprint="new", start=2_000))
    tenant.take(merge(tenant, tenant.watch, "new", FINGERPRINT, POLICY))
    (over,) = tenant.let_pass(60 * MINUTE)
    assert over.peak_accounts == 5


@pytest.mark.parametrize("kind", [AnomalyActionKind.MUTE, AnomalyActionKind.KNOWN_ISSUE])
def test_what_was_answered_about_an_alias_for_longer_holds_for_the_older_problem(
    kind: AnomalyActionKind,
) -> None:
    tenant, anomaly = opened()
    for hours, name in ((9, "new"), (1, FINGERPRINT)):
        until = START + hours * 60 * MINUTE
        at = until - POLICY.known if kind is AnomalyActionKind.KNOWN_ISSUE else START + MINUTE
        tenant.answer(action(anomaly, kind, fingerprint=name, occurred_at=at, until=until))
    answers = tenant.watch.muted or tenant.watch.known
    tenant.take(merge(tenant, tenant.watch, "new", FINGERPRINT, POLICY))
    assert (tenant.watch.muted or tenant.watch.known)[FINGERPRINT] == answers["new"]


def test_a_problem_is_kept_as_long_as_whichever_of_the_two_was_met_last() -> None:
    for first, last in ((FINGERPRINT, "new"), ("new", FINGERPRINT)):
        tenant = Tenant()
        tenant.hear(other(first, "acme", 0), other(last, "bolt", 9 * MINUTE))
        after = tenant.subject(last)
        assert after is not None
        tenant.take(merge(tenant, tenant.watch, "new", FINGERPRINT, POLICY))
        both = tenant.subject(FINGERPRINT)
        assert both is not None
        assert (both.seen_at, both.deadline) == (after.seen_at, after.deadline)


def test_what_is_over_takes_nothing_in_and_holds_nothing_back_from_what_is_open() -> None:
    tenant = Tenant()
    (new, *_) = tenant.hear(*outage(3, fingerprint="new", component="search"))
    tenant.let_pass(16 * MINUTE)
    before = tenant.incident(new.anomaly_id)
    later = [report(f"globex-{n}", 17 * MINUTE + n, component="mail") for n in range(3)]
    (old,) = tenant.hear(*later)
    tenant.hear(other("new", "late", 18 * MINUTE, component="other"))
    tenant.take(merge(tenant, tenant.watch, "new", FINGERPRINT, POLICY))
    after = tenant.incident(new.anomaly_id)
    assert before is not None
    assert after is not None
    assert (after.buckets, after.tickets) == (before.buckets, before.tickets)
    ends = {one.anomaly_id: one for one in tenant.let_pass(120 * MINUTE) if one.state is RESOLVED}
    assert "late" in ends[old.anomaly_id].affected_accounts
