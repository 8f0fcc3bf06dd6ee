"""At the end of an anomaly everybody whom it touched is listed, however many they are."""

from collections import defaultdict
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import (
    AffectedTicket,
    Anomaly,
    AnomalyAction,
    AnomalyActionKind,
    AnomalyState,
)
from streams.core.anomalies.affected import MOST_LARGE
from streams.core.anomalies.listing import DELETED_AT_ONCE, PAUSE
from streams.core.anomalies.state import Affected, Keys
from tests.core.filed import FiledInMemory
from tests.core.test_anomalies import (
    MINUTE,
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


def listed(parts: list[Anomaly]) -> list[AffectedTicket]:
    return [ticket for part in parts for ticket in part.affected]


def ends(outputs: list[Anomaly]) -> list[list[Anomaly]]:
    """The parts of each list, one list an end."""
    found: list[list[Anomaly]] = []
    for one in outputs:
        if one.state is RESOLVED:
            if one.part == 1:
                found.append([])
            found[-1].append(one)
    return found


def few(most: int) -> Tenant:
    return Tenant(replace(POLICY, affected_tickets=most))


def test_what_one_record_has_no_room_for_follows_in_further_parts() -> None:
    tenant = few(15)
    tenant.hear(*outage(40))
    [*parts] = tenant.let_pass(60 * MINUTE)
    assert [(one.part, len(one.affected), one.more_follow) for one in parts] == [
        (1, 15, True),
        (2, 15, True),
        (3, 10, False),
    ]
    assert {one.ticket_id for one in listed(parts)} == {f"ticket-acme-{n}" for n in range(40)}
    assert {one for part in parts for one in part.affected_accounts} == {
        f"acme-{n}" for n in range(40)
    }
    assert {(one.revision, one.total_tickets, one.total_accounts) for one in parts} == {
        (parts[0].revision, 40, 40)
    }
    assert len({one.edition for one in parts}) == 3
    for one in parts:
        assert list(one.affected) == sorted(one.affected, key=lambda each: each.reported_at)


BOUNDS = replace(POLICY, exact_accounts=10, tickets_per_reporter=2)


def test_who_reports_past_what_the_windows_keep_one_by_one_is_listed() -> None:
    tenant = Tenant(BOUNDS)
    storm = [report(f"acme-{n}", 100 * n) for n in range(300)]
    loud = [report("acme-1", 100 * n, ticket_id=f"loud-{n}") for n in range(300)]
    again = [report("acme-1", 31_000, ticket_id=f"loud-{n}") for n in range(300)]
    tenant.hear(*storm, *loud, *again)
    tenant.let_pass(60 * MINUTE)
    [[over]] = ends(tenant.outputs)
    assert {one.ticket_id for one in over.affected} == {one.ticket_id for one in (*storm, *loud)}
    assert (over.total_tickets, over.total_accounts) == (600, 300)


def test_what_becomes_unusual_past_what_the_windows_keep_one_by_one_opens_an_anomaly() -> None:
    tenant = Tenant(replace(BOUNDS, minimum_accounts=100))
    storm = [report(f"acme-{n}", 10_000 + 10 * n) for n in range(300)]
    [anomaly, *_] = tenant.hear(*storm)
    assert anomaly.state is AnomalyState.OPENED
    assert 100 <= anomaly.accounts < 120
    assert anomaly.since == START
    tenant.let_pass(60 * MINUTE)
    [[over]] = ends(tenant.outputs)
    since = [one.ticket_id for one in storm if one.occurred_at >= anomaly.updated_at]
    assert {one.ticket_id for one in over.affected} >= {*since}


def test_whose_a_ticket_is_is_heard_past_what_the_windows_keep() -> None:
    tenant = Tenant(BOUNDS)
    tenant.hear(*(report(f"acme-{n}", 100 * n) for n in range(500)))
    unknown = report(None, 51_000, ticket_id="late to say")
    tenant.hear(unknown, replace(unknown, account_id="acme-1"))
    tenant.let_pass(60 * MINUTE)
    [[over]] = ends(tenant.outputs)
    [one] = [one for one in over.affected if one.ticket_id == "late to say"]
    assert (one.account_id, over.total_accounts) == ("acme-1", 500)


def test_an_account_whose_only_ticket_is_erased_is_listed_no_more_however_often_it_reported() -> (
    None
):
    tenant = few(10)
    tenant.hear(*outage(4, start=MINUTE), report("acme-3", 30_000), report("acme-3", 10_000))
    gone = replace(heartbeat(2 * MINUTE), ticket_id="ticket-acme-3", erased=True)
    tenant.hear(replace(gone, category="technical"))
    tenant.let_pass(60 * MINUTE)
    [[over]] = ends(tenant.outputs)
    assert (over.total_tickets, over.total_accounts) == (3, 3)
    assert over.affected_accounts == ("acme-0", "acme-1", "acme-2")


def test_who_is_erased_is_counted_no_more_with_whoever_reports_next() -> None:
    tenant = Tenant()
    tenant.hear(*outage(6))
    for ticket in ("ticket-acme-1", "ticket-acme-2", "ticket-acme-3"):
        gone = replace(heartbeat(25_000), ticket_id=ticket, erased=True)
        tenant.hear(replace(gone, category="technical"))
    tenant.hear(report("next", 26_000))
    incident = the_one(tenant)
    assert (incident.latest[1], incident.peak) == (4, 6)


def test_an_erased_ticket_leaves_the_category_of_a_message_that_is_not_its_own() -> None:
    tenant = Tenant()
    tenant.hear(other("error-1", "acme", MINUTE, category="billing"))
    assert any(b"ticket-acme" in value for value in tenant.stored.values())
    gone = replace(heartbeat(2 * MINUTE), ticket_id="ticket-acme", erased=True)
    tenant.hear(replace(gone, category="technical"))
    assert not any(b"ticket-acme" in value for value in tenant.stored.values())


def test_who_has_an_error_of_their_own_in_a_category_that_storms_is_listed() -> None:
    tenant = Tenant(replace(BOUNDS, category_history=0.0))
    storm = [other(f"error-{n}", f"acme-{n}", 100 * n) for n in range(300)]
    tenant.hear(*storm)
    tenant.let_pass(60 * MINUTE)
    [[over]] = ends(tenant.outputs)
    assert {one.ticket_id for one in over.affected} == {one.ticket_id for one in storm}


def test_a_report_too_late_to_count_is_listed_while_the_anomaly_is_open() -> None:
    tenant, _ = opened()
    for minute in range(0, 40, 4):
        tenant.hear(*outage(5, start=minute * MINUTE))
        tenant.let_pass((minute + 3) * MINUTE)
    late = report("late", 5 * MINUTE)
    assert tenant.hear(late, now=START + 40 * MINUTE) == []
    assert tenant.watch.late == 1
    tenant.let_pass(120 * MINUTE)
    [[over]] = ends(tenant.outputs)
    assert late.ticket_id in {one.ticket_id for one in over.affected}


def test_an_anomaly_names_a_few_tickets_and_not_all_of_its_large_accounts() -> None:
    tenant = Tenant()
    storm = [report(f"acme-{n}", n, account_tier="enterprise") for n in range(300)]
    tenant.hear(*reversed(storm))
    [*_, told] = tenant.answer(action(tenant.outputs[-1], AnomalyActionKind.ACKNOWLEDGE))
    first = [f"ticket-acme-{n}" for n in range(POLICY.sample_tickets)]
    assert [one.ticket_id for one in told.sample_tickets] == first
    incident = the_one(tenant)
    assert (len(incident.large), len(incident.samples)) == (MOST_LARGE, POLICY.sample_tickets)


def test_of_tickets_reported_at_one_time_the_examples_do_not_go_by_who_was_first() -> None:
    tenant = Tenant()
    tenant.hear(*(report(f"acme-{n}", 1_000) for n in reversed(range(9))))
    [told] = tenant.answer(action(tenant.outputs[-1], AnomalyActionKind.ACKNOWLEDGE))
    first = [f"ticket-acme-{n}" for n in range(POLICY.sample_tickets)]
    assert [one.ticket_id for one in told.sample_tickets] == first


def test_a_large_account_is_named_once_however_many_tickets_it_has() -> None:
    tenant, _ = opened()
    again = [report("big", n, ticket_id=f"big-{n}", account_tier="enterprise") for n in range(3)]
    tenant.hear(*again)
    [told] = tenant.answer(action(tenant.outputs[-1], AnomalyActionKind.ACKNOWLEDGE))
    assert told.large_accounts == ("big",)


def test_a_ticket_was_reported_when_it_first_was_and_is_whose_it_first_was() -> None:
    tenant, _ = opened()
    one = report("acme", 3 * MINUTE, ticket_id="one")
    tenant.hear(one)
    tenant.hear(
        replace(one, occurred_at=START + MINUTE),
        replace(one, account_id="bolt", occurred_at=START + 2 * MINUTE),
        now=START + 3 * MINUTE,
    )
    tenant.let_pass(60 * MINUTE)
    [[over]] = ends(tenant.outputs)
    [listed_one] = [each for each in over.affected if each.ticket_id == "one"]
    assert (listed_one.reported_at, listed_one.account_id) == (START + MINUTE, "acme")
    assert over.affected_accounts == ("acme", "acme-0", "acme-1", "acme-2")
    assert over.total_accounts == 4


def test_an_account_with_two_tickets_from_the_start_is_listed_as_long_as_one_is_left() -> None:
    tenant = Tenant()
    tenant.hear(report("acme-0", 0, ticket_id="second"), *outage(3))
    gone = replace(heartbeat(MINUTE), ticket_id="second", erased=True)
    tenant.hear(replace(gone, category="technical"))
    tenant.let_pass(60 * MINUTE)
    [[over]] = ends(tenant.outputs)
    assert (over.total_tickets, over.total_accounts) == (3, 3)
    assert over.affected_accounts == ("acme-0", "acme-1", "acme-2")


def test_a_part_is_told_a_while_after_the_one_before() -> None:
    tenant, anomaly = opened()
    tenant.policy = replace(POLICY, affected_tickets=1)
    [first] = tenant.answer(action(anomaly, AnomalyActionKind.FALSE_ALARM))
    incident = tenant.incident(anomaly.anomaly_id)
    assert incident is not None
    assert (first.more_follow, incident.deadline) == (True, first.updated_at + PAUSE)


def test_ids_as_long_as_they_may_be_fit_into_the_parts() -> None:
    tenant, anomaly = opened()
    account, long = "\x01" * 256, "\U0001f600" * 250
    filed = {f"{long}{n:06}": Affected(START, account) for n in range(1_200)}
    tenant.affected(anomaly.anomaly_id).put(Keys({**filed}, {account: 1_200}))
    tenant.let_pass(60 * MINUTE)
    [parts] = ends(tenant.outputs)
    assert len(parts) > 1
    assert len(listed(parts)) == 1_203
    assert all(len(Codec().encode(one).value or b"") < 1_000_000 for one in parts)


def test_keys_are_deleted_some_at_a_time_once_the_problem_does_not_come_back() -> None:
    tenant, anomaly = opened()
    kept = tenant.affected(anomaly.anomaly_id)
    more = 2 * DELETED_AT_ONCE
    kept.put(Keys({f"more-{n}": Affected(START, "acme") for n in range(more)}, {"acme": more}))
    left = list[int]()
    tenant.let_pass(20 * MINUTE)
    for minute in range(21, 90):
        tenant.let_pass(minute * MINUTE)
        left.append(len(kept.kept))
    assert list(dict.fromkeys(left)) == [more + 3, DELETED_AT_ONCE + 3, 3, 0]
    assert kept.counts == {}


def test_keys_that_are_deleted_are_not_looked_at_again(monkeypatch: pytest.MonkeyPatch) -> None:
    tenant, anomaly = opened()
    tenant.let_pass(20 * MINUTE)
    kept, asked = tenant.affected(anomaly.anomaly_id), list[str]()
    names = sorted(f"more-{n}" for n in range(2 * DELETED_AT_ONCE))
    kept.put(Keys({name: Affected(START, None) for name in names}))

    def listed(behind: str, most: int) -> list[tuple[str, Affected]]:
        asked.append(behind)
        return FiledInMemory.listed(kept, behind, most)

    monkeypatch.setattr(kept, "listed", listed)
    tenant.let_pass(90 * MINUTE)
    first, second = names[DELETED_AT_ONCE - 1], names[-1]
    assert asked[:3] == ["", first, second]
    assert kept.kept == {}


def test_a_list_that_the_problem_interrupts_is_told_whole_when_it_is_over_again() -> None:
    tenant = few(10)
    tenant.hear(*outage(25))
    until = next(at for at in range(5, 60) if tenant.let_pass(at * MINUTE))
    assert states(tenant.outputs)[-1] is RESOLVED
    back = outage(30, start=until * MINUTE)
    assert states(tenant.hear(*back))[0] is AnomalyState.UPDATED
    tenant.let_pass(180 * MINUTE)
    first, last = ends(tenant.outputs)
    assert first[0].anomaly_id == last[0].anomaly_id
    assert [one.part for one in last] == [1, 2, 3]
    assert {one.ticket_id for one in listed(last)} == {f"ticket-acme-{n}" for n in range(30)}


def test_an_erased_ticket_leaves_the_list_which_is_told_again() -> None:
    tenant = few(4)
    own = [report("acme-1", n, ticket_id=f"more-{n}") for n in range(2)]
    tenant.hear(*outage(6), *own)
    end = next(at for at in range(5, 60) if tenant.let_pass(at * MINUTE))
    for ticket, tickets, accounts in (("ticket-acme-1", 7, 6), ("ticket-acme-2", 6, 5)):
        erased = replace(heartbeat(end * MINUTE), ticket_id=ticket, erased=True)
        tenant.hear(replace(erased, category="technical"))
        tenant.let_pass((end := end + 5) * MINUTE)
        told = ends(tenant.outputs)[-1]
        assert [one.part for one in told] == [1, 2]
        assert ticket not in {one.ticket_id for one in listed(told)}
        assert len(listed(told)) == tickets
        assert {(one.total_tickets, one.total_accounts) for one in told} == {(tickets, accounts)}


def test_who_knows_records_by_their_ids_misses_nobody_of_a_list_that_an_erasure_interrupts() -> (
    None
):
    tenant, anomaly = opened()
    tenant.hear(*outage(6))
    tenant.policy = replace(POLICY, affected_tickets=2)
    tenant.answer(action(anomaly, AnomalyActionKind.FALSE_ALARM))
    gone = replace(heartbeat(MINUTE), ticket_id="ticket-acme-0", erased=True)
    tenant.hear(replace(gone, category="technical"))
    tenant.let_pass(5 * MINUTE)
    parts = [one for one in tenant.outputs if one.state is RESOLVED]
    seen = {one.edition: one for one in reversed(parts)}
    told = {one.ticket_id for one in listed([*seen.values()])}
    assert told >= {f"ticket-acme-{n}" for n in range(1, 6)}


class Desk:
    """Plays what happens to one component, and knows who has to be in its lists."""

    def __init__(self, *, bounded: bool) -> None:
        self.tenant = few(3)
        if bounded:
            bounds = {"exact_accounts": 5, "tickets_per_reporter": 1}
            self.tenant.policy = replace(self.tenant.policy, **bounds)
        self.now = 0
        self.reported: dict[str, set[str | None]] = {}
        self.must: dict[str, set[str]] = defaultdict(set)
        self.parts: dict[str, list[Anomaly]] = {}
        self._seen = 0

    def report(self, ticket: str, account: str | None, name: str) -> None:
        self.now += 2_000
        one = report(account, self.now, fingerprint=name, component="c", ticket_id=ticket)
        self.tenant.hear(one)
        self.reported.setdefault(ticket, set()).add(account)
        for anomaly_id, entry in self.tenant.watch.incidents.items():
            if not entry.resolved:
                self.must[anomaly_id].add(ticket)

    def let_pass(self, minutes: int) -> None:
        self.now = (self.now // MINUTE + minutes) * MINUTE
        self.tenant.let_pass(self.now)

    def erase(self, ticket: str) -> None:
        self.reported.pop(ticket, None)
        for those in self.must.values():
            those.discard(ticket)
        gone = heartbeat(self.now, 0)
        self.tenant.hear(replace(gone, ticket_id=ticket, category="technical", erased=True))

    def false_alarm(self) -> None:
        at, kind = START + self.now, AnomalyActionKind.FALSE_ALARM
        for name in list(self.tenant.watch.incidents):
            said = AnomalyAction(f"{name}/{self.now}", name, kind, at)
            self.tenant.answer(said)

    def check(self) -> None:
        """Whoever is told so far is told rightly, and once a list is whole nobody is missing."""
        new, self._seen = self.tenant.outputs[self._seen :], len(self.tenant.outputs)
        for one in new:
            if one.state is not RESOLVED:
                continue
            if one.part == 1:
                self.parts[one.anomaly_id] = []
            parts = self.parts[one.anomaly_id]
            parts.append(one)
            assert [part.part for part in parts] == [*range(1, len(parts) + 1)]
            if not one.more_follow:
                self._check_whole(one, listed(parts))

    def _check_whole(self, last: Anomaly, told: list[AffectedTicket]) -> None:
        tickets = [one.ticket_id for one in told]
        assert len(set(tickets)) == len(tickets) == last.total_tickets
        assert self.must[last.anomaly_id] <= set(tickets) <= self.reported.keys()
        accounts = {one.account_id for one in told} - {None}
        assert len(accounts) == last.total_accounts
        assert all(one.account_id in self.reported[one.ticket_id] for one in told)


STEP = st.one_of(
    st.tuples(
        st.just(Desk.report),
        st.sampled_from([f"T{n}" for n in range(9)]),
        st.sampled_from([None, "acme", "bolt", "corso", "dune", "elm"]),
        st.sampled_from(["one", "two"]),
    ),
    st.tuples(st.just(Desk.let_pass), st.integers(1, 30)),
    st.tuples(st.just(Desk.erase), st.sampled_from([f"T{n}" for n in range(9)])),
    st.tuples(st.just(Desk.false_alarm)),
)


@settings(max_examples=100)
@given(st.booleans(), st.lists(STEP, min_size=8, max_size=40))
def test_whatever_happens_nobody_is_left_untold_and_nobody_told_for_nothing(
    bounded: bool,
    steps: list[tuple[Callable[..., None], *tuple[object, ...]]],
) -> None:
    desk = Desk(bounded=bounded)
    for number in range(3):
        desk.report(f"T{number}", f"first-{number}", "one")
    for act, *how in steps:
        act(desk, *how)
        desk.check()
    desk.let_pass(120)
    desk.check()
    assert all(entry.resolved for entry in desk.tenant.watch.incidents.values())
    assert not any(desk.tenant.affected(name).kept for name in desk.must)
