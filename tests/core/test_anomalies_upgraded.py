"""Anomalies that an earlier version left in its state go on as those of today."""

from msgspec.structs import replace

from schemas.records import AnomalyActionKind
from streams.core.anomalies import Incident, encode, forget
from tests.core.test_anomalies import (
    FINGERPRINT,
    MINUTE,
    POLICY,
    RESOLVED,
    START,
    Tenant,
    action,
    opened,
    other,
    outage,
    report,
    the_one,
)
from tests.core.test_anomalies_growing import erased
from tests.core.test_anomalies_kinship import open_subjects, says


def held(tenant: Tenant, *, cut: int = 0, without: str | None = None) -> Incident:
    """The only incident as the version before had it: with its affected tickets, in no keys.

    `without` is a ticket that its list had no room for.
    """
    incident = the_one(tenant)
    kept = tenant.affected(incident.anomaly_id)
    tickets = {name: one for name, one in kept.kept.items() if name != without}
    was = replace(incident, affected=tickets, tickets=0, accounts=0, cut=cut)
    kept.kept.clear()
    kept.counts.clear()
    tenant.stored[f"i {incident.anomaly_id}"] = encode(was)
    return was


def test_an_erased_ticket_leaves_the_tickets_that_an_anomaly_held_and_its_account_stays() -> None:
    tenant, _ = opened()
    tenant.hear(report("acme-0", 20_000, ticket_id="second"))
    held(tenant)
    tenant.hear(erased("second", 30_000))
    kept = tenant.affected(the_one(tenant).anomaly_id)
    assert sorted(kept.kept) == ["ticket-acme-0", "ticket-acme-1", "ticket-acme-2"]
    assert kept.counts == {"acme-0": 1, "acme-1": 1, "acme-2": 1}
    assert (the_one(tenant).tickets, the_one(tenant).accounts) == (3, 3)
    assert not any(b"second" in value for value in tenant.stored.values())


def test_an_erased_ticket_leaves_the_windows_of_an_anomaly_whose_list_had_no_room_for_it() -> None:
    tenant, _ = opened()
    held(tenant, cut=1, without="ticket-acme-1")
    tenant.hear(erased("ticket-acme-1", 30_000))
    assert not any(b"ticket-acme-1" in value for value in tenant.stored.values())
    (over,) = tenant.let_pass(60 * MINUTE)
    assert (over.total_tickets, over.total_accounts, over.reports_cut) == (2, 2, 1)


def test_a_ticket_that_a_list_had_no_room_for_counts_once_when_its_account_is_known() -> None:
    tenant, _ = opened()
    unknown = report(None, 12_000, ticket_id="unknown", requester_id="mara")
    tenant.hear(unknown)
    held(tenant, cut=1, without="unknown")
    tenant.hear(replace(unknown, account_id="acme", occurred_at=START + 14_000))
    assert (the_one(tenant).latest[1], the_one(tenant).peak) == (4, 4)


def test_a_problem_whose_tickets_an_anomaly_held_is_part_of_it() -> None:
    tenant = Tenant()
    tenant.hear(*outage(5, component="upload", meaning=says(0)))
    tenant.hear(*(other(f"lone-{n}", f"cora-{n}", 30_000 + n, meaning=says(1)) for n in range(4)))
    held(tenant)
    far = {"component": "export", "meaning": says(2)}
    tenant.hear(*(other("export", f"bolt-{n}", 40_000 + n, **far) for n in range(3)))
    assert open_subjects(tenant) == [FINGERPRINT]


def test_everybody_whom_an_anomaly_held_is_listed_at_its_end() -> None:
    tenant, anomaly = opened()
    was = held(tenant)
    assert tenant.answer(action(anomaly, AnomalyActionKind.FALSE_ALARM))[0].state is RESOLVED
    assert [one.ticket_id for one in tenant.outputs[-1].affected] == [*was.affected]


def test_an_anomaly_whose_severity_was_not_kept_is_no_news_for_that() -> None:
    tenant, _ = opened()
    was = replace(the_one(tenant), told_severity="")
    tenant.stored[f"i {was.anomaly_id}"] = encode(was)
    assert tenant.hear(report("acme-3", 12_000)) == []


def test_problems_that_nobody_had_numbered_yet_are_forgotten_without_making_fewer_of_none() -> None:
    tenant = Tenant()
    tenant.hear(report("acme", 0))
    subject = tenant.subject(FINGERPRINT)
    assert subject is not None
    uncounted = replace(tenant.watch, tracked=0)
    step = forget(subject, uncounted, POLICY, START + POLICY.forget_single)
    assert step.subjects == {FINGERPRINT: None}
    assert step.watch.tracked == 0
