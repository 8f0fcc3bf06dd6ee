"""Anomalies across accounts: what opens, grows, stays silent and is resolved."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.records import (
    Anomaly,
    AnomalyAction,
    AnomalyActionKind,
    AnomalyState,
    ProblemReport,
)
from streams.core.anomalies import (
    AnomalyPolicy,
    Incident,
    Step,
    Subject,
    Watch,
    act,
    category_name,
    decode_incident,
    decode_subject,
    decode_watch,
    encode,
    forget,
    observe,
    wake,
)
from streams.core.anomalies.baseline import settle
from streams.core.anomalies.state import Sighting
from streams.core.anomalies.windows import (
    Counted,
    Counts,
    Seen,
    accounts_in,
    add,
    sightings,
    together,
    with_one_more,
)
from streams.core.policy.duration import Duration
from tests.core.filed import FiledInMemory, nobody_filed

POLICY = AnomalyPolicy()
MINUTE = 60_000
START = 29_460_000 * MINUTE


def report(account: str | None, at: int, **changes: object) -> ProblemReport:
    plain = ProblemReport(
        report_id=f"report-{account}-{at}",
        ticket_id=f"ticket-{account}",
        message_id=f"message-{account}-{at}",
        fingerprint="gateway-timeout",
        fingerprint_version=1,
        category="technical",
        occurred_at=START + at,
        source_partition=0,
        source_watermark=START + at,
        account_id=account,
        template="POST /payments returned <num>",
    )
    return msgspec.structs.replace(plain, **changes)


def heartbeat(at: int, partition: int = 0) -> ProblemReport:
    return report(None, at, heartbeat=True, source_partition=partition, source_watermark=START + at)


class Tenant:
    """What is stored of a tenant: encoded, as the agent keeps it, so that any step may restart."""

    def __init__(self, policy: AnomalyPolicy = POLICY) -> None:
        self.policy = policy
        self.watch = Watch()
        self.stored: dict[str, bytes] = {}
        self.filed = nobody_filed()
        self.outputs: list[Anomaly] = []

    def subject(self, name: str) -> Subject | None:
        value = self.stored.get(f"s {name}")
        return None if value is None else decode_subject(value)

    def incident(self, anomaly_id: str) -> Incident | None:
        value = self.stored.get(f"i {anomaly_id}")
        return None if value is None else decode_incident(value)

    def affected(self, anomaly_id: str) -> FiledInMemory:
        return self.filed[anomaly_id]

    def take(self, step: Step) -> tuple[Anomaly, ...]:
        self.watch = decode_watch(encode(step.watch))
        for kind, states in (("s", step.subjects), ("i", step.incidents)):
            for name, state in states.items():
                key = f"{kind} {name}"
                self.stored.pop(key, None)
                if state is not None:
                    self.stored[key] = encode(state)
        for name, keys in step.keys.items():
            self.filed[name].put(keys)
        self.outputs.extend(step.outputs)
        return step.outputs

    def hear(self, *reports: ProblemReport, now: int | None = None) -> list[Anomaly]:
        """Reports in their order, each at `now` or when it occurred; what they lead to."""
        return self.hear_words(None, *reports, now=now)

    def hear_words(
        self, also: str | None, *reports: ProblemReport, now: int | None = None
    ) -> list[Anomaly]:
        """Reports whose customers' words beside the error have a name."""
        before = len(self.outputs)
        for one in reports:
            moment = one.occurred_at if now is None else now
            self.take(observe(self, self.watch, one, self.policy, moment, also=also))
        return self.outputs[before:]

    def answer(self, action: AnomalyAction) -> tuple[Anomaly, ...]:
        return self.take(act(self, self.watch, action, self.policy, action.occurred_at))

    def let_pass(self, until: int) -> list[Anomaly]:
        """Heartbeats and deadlines minute by minute up to a time after START."""
        before = len(self.outputs)
        first = max(self.watch.watermark, START) // MINUTE + 1
        for minute in range(first, (START + until) // MINUTE + 1):
            now = minute * MINUTE
            self.hear(heartbeat(now - START))
            for key in list(self.stored):
                kind, name = key.split(" ", 1)
                incident = self.incident(name) if kind == "i" else None
                subject = self.subject(name) if kind == "s" else None
                if incident is not None and incident.deadline <= now:
                    self.take(wake(self, incident, self.watch, self.policy, now))
                if subject is not None and subject.deadline <= now:
                    self.take(forget(subject, self.watch, self.policy, now))
        return self.outputs[before:]

    def accounts(self, name: str, minute: int) -> int:
        subject = self.subject(name)
        assert subject is not None
        return accounts_in(subject, START // MINUTE + minute, self.policy)


FINGERPRINT = "gateway-timeout"
NEVER_OPEN = msgspec.structs.replace(
    POLICY, minimum_accounts=1_000, category_accounts=1_000, forget_single=POLICY.forget
)


def outage(
    accounts: int, start: int = 0, step: int = 4_000, **changes: object
) -> list[ProblemReport]:
    return [report(f"acme-{n}", start + n * step, **changes) for n in range(accounts)]


def opened() -> tuple[Tenant, Anomaly]:
    tenant = Tenant()
    return tenant, tenant.hear(*outage(3))[0]


def the_one(tenant: Tenant) -> Incident:
    """The incident of a tenant that has no other."""
    [incident] = map(tenant.incident, tenant.watch.incidents)
    assert incident is not None
    return incident


def states(outputs: Iterable[Anomaly]) -> list[AnomalyState]:
    return [anomaly.state for anomaly in outputs]


OPENED, UPDATED, RESOLVED = AnomalyState.OPENED, AnomalyState.UPDATED, AnomalyState.RESOLVED


def test_the_third_account_with_the_same_new_problem_opens_an_anomaly() -> None:
    _, anomaly = opened()
    assert anomaly.state is OPENED
    assert anomaly.accounts == 3
    assert anomaly.since == START
    assert anomaly.updated_at == START + 8_000
    assert anomaly.tail_probability < POLICY.open_probability
    assert anomaly.fingerprints == (FINGERPRINT,)
    assert [one.account_id for one in anomaly.sample_tickets] == ["acme-0", "acme-1", "acme-2"]


def test_two_accounts_are_not_an_anomaly() -> None:
    assert Tenant().hear(*outage(2)) == []


def test_three_accounts_spread_over_an_hour_are_not_an_anomaly() -> None:
    assert Tenant().hear(*outage(3, step=20 * MINUTE)) == []


def test_an_anomaly_is_updated_as_its_accounts_double_and_at_once_when_it_gets_worse() -> None:
    outputs = Tenant().hear(*outage(40))
    assert [(anomaly.state, anomaly.accounts) for anomaly in outputs] == [
        (OPENED, 3),
        (UPDATED, 6),
        (UPDATED, 10),
        (UPDATED, 20),
        (UPDATED, 40),
    ]
    assert [anomaly.revision for anomaly in outputs] == [1, 2, 3, 4, 5]
    assert len({anomaly.anomaly_id for anomaly in outputs}) == 1
    assert [anomaly.severity for anomaly in outputs] == ["warning"] * 2 + ["critical"] * 3


def test_a_quiet_anomaly_is_resolved_and_names_every_ticket_it_touched() -> None:
    tenant = Tenant()
    tenant.hear(*outage(40))
    (resolved,) = tenant.let_pass(60 * MINUTE)
    assert resolved.state is RESOLVED
    assert resolved.peak_accounts == 40
    assert {ticket.account_id for ticket in resolved.affected} == {f"acme-{n}" for n in range(40)}
    assert (resolved.part, resolved.more_follow) == (1, False)
    assert (resolved.total_tickets, resolved.total_accounts) == (40, 40)
    assert tenant.watch.incidents == {}


def test_who_had_it_before_it_began_is_named_at_its_end_though_the_report_came_late() -> None:
    tenant = Tenant()
    start = 10 * MINUTE
    tenant.hear(*outage(3, start=start, component="payments"))
    late = other("another", "early", start - 3 * MINUTE, component="payments")
    assert tenant.hear(late, now=START + start + MINUTE) == []
    (resolved,) = tenant.let_pass(60 * MINUTE)
    assert "early" in resolved.affected_accounts


@pytest.mark.parametrize("usual", [POLICY.prior_accounts, 1e-6])
def test_a_single_account_that_goes_on_does_not_keep_an_anomaly_open(usual: float) -> None:
    tenant = Tenant(msgspec.structs.replace(POLICY, prior_accounts=usual))
    (anomaly,) = tenant.hear(*outage(3))
    before = tenant.incident(anomaly.anomaly_id)
    assert tenant.hear(*[report("acme-0", (6 + n) * MINUTE) for n in range(5)]) == []
    after = tenant.incident(anomaly.anomaly_id)
    assert before is not None
    assert after is not None
    assert after.deadline == before.deadline


def test_an_anomaly_stays_open_while_a_slow_source_partition_holds_the_watermark_back() -> None:
    tenant, anomaly = opened()
    incident = tenant.incident(anomaly.anomaly_id)
    assert incident is not None
    now = incident.deadline
    behind = report(
        None, now - START, heartbeat=True, source_partition=1, source_watermark=START + MINUTE
    )
    tenant.hear(behind)
    assert tenant.take(wake(tenant, incident, tenant.watch, POLICY, now)) == ()
    after = tenant.incident(anomaly.anomaly_id)
    assert after is not None
    assert after.deadline > now


def test_the_same_problem_long_after_a_resolved_anomaly_opens_a_new_one() -> None:
    tenant, first = opened()
    tenant.let_pass(90 * MINUTE)
    (again,) = tenant.hear(*outage(3, start=91 * MINUTE))
    assert again.state is OPENED
    assert again.anomaly_id != first.anomaly_id


def test_a_flapping_problem_stays_one_anomaly_that_is_quiet_for_longer_each_time() -> None:
    tenant, first = opened()
    tenant.let_pass(16 * MINUTE)
    assert states(tenant.outputs) == [OPENED, RESOLVED]
    (again,) = tenant.hear(*outage(3, start=20 * MINUTE))
    assert (again.anomaly_id, again.state) == (first.anomaly_id, UPDATED)
    assert again.grouped_by == ("returned",)
    assert tenant.let_pass(40 * MINUTE) == []
    assert states(tenant.let_pass(60 * MINUTE)) == [RESOLVED]


def test_a_problem_that_is_usual_does_not_alert_at_the_number_that_is_new_elsewhere() -> None:
    tenant = Tenant(msgspec.structs.replace(POLICY, minimum_accounts=1_000))
    for minute in range(0, 600, 3):
        for n in range(2):
            tenant.hear(report(f"acme-{n}-{minute}", minute * MINUTE + n * 1_000))
    subject = tenant.subject(FINGERPRINT)
    assert subject is not None
    assert 3.0 < subject.baseline.mean() < 4.0
    tenant.policy = POLICY
    assert tenant.hear(*outage(3, start=610 * MINUTE)) == []
    assert states(tenant.hear(*outage(40, start=610 * MINUTE)))[:1] == [OPENED]


@pytest.mark.parametrize("problems", [0, 9])
def test_a_loud_account_and_problems_of_one_account_each_do_not_hide_an_outage(
    problems: int,
) -> None:
    tenant = Tenant()
    for minute in range(120):
        tenant.let_pass(minute * MINUTE)
        tenant.hear(other("loud", "loud", minute * MINUTE))
        for n in range(problems):
            name = f"{minute}-{n}"
            tenant.hear(other(name, f"usual-{name}", minute * MINUTE + n * 6_000))
    assert tenant.outputs == []
    tenant.hear(*outage(6, start=121 * MINUTE, step=30_000))
    assert states(tenant.outputs)[0] is OPENED
    assert {anomaly.anomaly_id for anomaly in tenant.outputs} == {tenant.outputs[0].anomaly_id}
    assert tenant.outputs[0].fingerprints == (FINGERPRINT,)
    assert tenant.outputs[0].accounts <= 5


def test_the_time_of_an_anomaly_is_not_learned_as_usual() -> None:
    tenant = Tenant()
    tenant.hear(*outage(40))
    tenant.let_pass(60 * MINUTE)
    tenant.hear(report("acme-1", 70 * MINUTE))
    for name in (FINGERPRINT, category_name("technical")):
        subject = tenant.subject(name)
        assert subject is not None
        assert subject.baseline.counts == 0.0


# One cause, one incident.


def other(fingerprint: str, account: str, at: int, **changes: object) -> ProblemReport:
    return report(account, at, fingerprint=fingerprint, **changes)


def storm(*fingerprints: str, accounts: int = 40, **changes: object) -> list[ProblemReport]:
    """Each account reports one of the fingerprints."""
    return [
        other(fingerprints[n % len(fingerprints)], f"acme-{n}", n * 4_000, **changes)
        for n in range(accounts)
    ]


def test_nothing_is_learned_while_an_anomaly_is_open_however_long_it_is() -> None:
    tenant, anomaly = opened()
    tenant.hear(*(report(f"acme-{n}", n * 20_000) for n in range(3, 180)))
    assert tenant.watch.incidents[anomaly.anomaly_id].resolved is False
    subject = tenant.subject(FINGERPRINT)
    assert subject is not None
    assert subject.settled > START // MINUTE + 30
    assert subject.baseline.counts == 0


def test_a_large_account_is_one_of_a_large_contract_or_tier() -> None:
    tenant = Tenant()
    valued = report("valued", 0, contract_value=POLICY.large_contract_value)
    below = report("below", 1_000, contract_value=POLICY.large_contract_value - 1)
    (anomaly,) = tenant.hear(valued, below, report("tiered", 2_000, account_tier="enterprise"))
    assert anomaly.large_accounts == ("tiered", "valued")


def test_fingerprints_of_one_component_that_burst_together_are_one_anomaly() -> None:
    tenant = Tenant()
    tenant.hear(*storm("502", "504", "down", component="payments"))
    tenant.let_pass(60 * MINUTE)
    assert len({anomaly.anomaly_id for anomaly in tenant.outputs}) == 1
    assert states(tenant.outputs)[0] is OPENED
    last = tenant.outputs[-1]
    assert set(last.fingerprints) == {"502", "504", "down"}
    assert {ticket.account_id for ticket in last.affected} == {f"acme-{n}" for n in range(40)}


def test_fingerprints_that_the_same_accounts_report_are_one_anomaly() -> None:
    tenant = Tenant()
    pairs = [
        other(name, f"acme-{n}", n * 4_000 + k, component=name, category=name)
        for n in range(10)
        for k, name in enumerate(("checkout", "webhooks"))
    ]
    outputs = tenant.hear(*pairs)
    assert len({anomaly.anomaly_id for anomaly in outputs}) == 1
    assert outputs[-1].grouped_by == ("accounts",)


def test_two_outages_of_different_components_and_accounts_are_two_anomalies() -> None:
    tenant = Tenant()
    tenant.hear(*storm("502", accounts=10, component="payments"))
    outputs = tenant.hear(
        *(other("login", f"other-{n}", 60_000 + n * 4_000, component="login") for n in range(10))
    )
    assert states(outputs)[0] is OPENED
    assert len({anomaly.anomaly_id for anomaly in tenant.outputs}) == 2


def each_own(accounts: int, start: int = 0, **changes: object) -> list[ProblemReport]:
    """Each account with an error of its own."""
    return [other(f"error-{n}", f"acme-{n}", start + n * 4_000, **changes) for n in range(accounts)]


def test_accounts_with_an_error_each_and_the_same_words_are_one_anomaly() -> None:
    tenant = Tenant()
    assert tenant.hear(*each_own(2)) == []
    tenant = Tenant()
    outputs = tenant.hear_words("login fails", *each_own(40))
    assert (states(outputs), outputs[0].accounts) == ([OPENED, *[UPDATED] * 4], 3)
    assert len({anomaly.anomaly_id for anomaly in outputs}) == 1
    tenant.let_pass(60 * MINUTE)
    assert {"login fails", "error-39"} <= set(tenant.outputs[-1].fingerprints)
    assert len(tenant.outputs[-1].affected) == 40


def test_an_error_and_the_words_beside_it_never_open_two() -> None:
    tenant = Tenant()
    tenant.hear_words("login fails", *outage(40))
    # The words alone, of others, and the error in other words.
    tenant.hear(*(other("login fails", f"bolt-{n}", MINUTE + n * 4_000) for n in range(10)))
    tenant.hear_words("cannot work", *(report(f"cora-{n}", MINUTE + n * 4_000) for n in range(10)))
    tenant.let_pass(60 * MINUTE)
    assert len({anomaly.anomaly_id for anomaly in tenant.outputs}) == 1
    assert len(tenant.outputs[-1].affected) == 60


def test_words_that_most_use_of_other_problems_are_no_part_of_an_anomaly() -> None:
    tenant = Tenant()
    tenant.watch = msgspec.structs.replace(tenant.watch, muted={"it fails": START + 90 * MINUTE})
    tenant.hear(*(other("it fails", f"usual-{n}", n * 1_000) for n in range(20)))
    tenant.hear_words("it fails", *outage(10, start=20_000))
    tenant.let_pass(60 * MINUTE)
    assert tenant.outputs[-1].fingerprints == (FINGERPRINT,)


def test_server_errors_of_several_parts_are_one_anomaly_only_at_the_same_time() -> None:
    for start, anomalies in ((MINUTE, 1), (20 * MINUTE, 2)):
        tenant = Tenant(msgspec.structs.replace(POLICY, quiet=60 * MINUTE))
        for part, status, begin in (("login", 502, 0), ("search", 503, start)):
            title = f"{part}: http {status}"
            tenant.hear(
                *(
                    other(title, f"{part}-{n}", begin + n * 4_000, component=part, template=title)
                    for n in range(10)
                )
            )
        assert len({anomaly.anomaly_id for anomaly in tenant.outputs}) == anomalies


def usual_category(tenant: Tenant, minutes: int) -> int:
    """One account a minute with a problem of its own; ends at the minute returned."""
    for minute in range(minutes):
        tenant.hear(other(f"own-{minute}", f"usual-{minute}", minute * MINUTE))
    return minutes


def test_a_category_bursts_by_itself_once_there_is_history_and_not_before() -> None:
    scattered = [other(f"odd-{n}", f"acme-{n}", n * 4_000, component=None) for n in range(40)]
    assert Tenant().hear(*scattered) == []
    tenant = Tenant(msgspec.structs.replace(POLICY, category_history=200.0))
    start = usual_category(tenant, 300) * MINUTE
    assert tenant.outputs == []
    outputs = tenant.hear(*(other(f"odd-{n}", f"acme-{n}", start + n * 4_000) for n in range(40)))
    assert states(outputs)[0] is OPENED
    assert len({anomaly.anomaly_id for anomaly in outputs}) == 1
    assert outputs[0].title == "technical"


def test_a_fingerprint_and_its_category_never_open_two() -> None:
    tenant = Tenant(msgspec.structs.replace(POLICY, category_history=200.0))
    start = usual_category(tenant, 300) * MINUTE
    mixed = [
        other("502" if n % 3 == 0 else f"odd-{n}", f"acme-{n}", start + n * 3_000)
        for n in range(60)
    ]
    tenant.hear(*mixed)
    assert len({anomaly.anomaly_id for anomaly in tenant.outputs}) == 1


# Time.


def test_a_retried_report_changes_nothing() -> None:
    once, twice = Tenant(), Tenant()
    first = report("acme-0", 0)
    once.hear(first)
    twice.hear(first, first)
    assert (once.stored, once.watch) == (twice.stored, twice.watch)


def test_a_ticket_reported_before_and_after_its_account_was_known_counts_once() -> None:
    tenant = Tenant()
    tenant.hear(report(None, 0, ticket_id="ticket-7", requester_id="mara"))
    tenant.hear(report("acme-7", MINUTE, ticket_id="ticket-7", requester_id="mara"))
    assert tenant.accounts(FINGERPRINT, 1) == 1


def test_a_report_from_a_clock_that_runs_ahead_counts_at_the_time_it_was_recorded() -> None:
    ahead = [report(f"acme-{n}", n * MINUTE * 60) for n in range(3)]
    (anomaly,) = Tenant().hear(*ahead, now=START)
    assert anomaly.since == START


def test_a_late_report_counts_where_it_belongs_and_past_the_bound_only_as_late() -> None:
    tenant = Tenant()
    tenant.hear(report("acme-0", 0), report("acme-1", 30 * MINUTE))
    now = START + 30 * MINUTE
    tenant.hear(report("acme-2", 15 * MINUTE), now=now)
    assert tenant.accounts(FINGERPRINT, 15) == 1
    assert tenant.watch.late == 0
    tenant.hear(report("acme-3", 15 * MINUTE - 1), now=now)
    assert tenant.watch.late == 1


def test_a_heartbeat_moves_the_watermark_and_no_count() -> None:
    tenant = Tenant()
    assert tenant.hear(heartbeat(5 * MINUTE)) == []
    assert tenant.stored == {}
    assert tenant.watch.watermark == START + 5 * MINUTE


def test_the_watermark_waits_for_the_slowest_partition_until_it_falls_idle() -> None:
    tenant = Tenant()
    tenant.hear(heartbeat(0, partition=1), heartbeat(MINUTE, partition=2))
    assert tenant.watch.watermark == START
    tenant.hear(heartbeat(4 * MINUTE, partition=2))
    assert tenant.watch.watermark == START + 4 * MINUTE


# Memory.


def test_a_fingerprint_of_one_account_is_forgotten_soon_and_another_after_a_day() -> None:
    tenant = Tenant()
    tenant.hear(report("acme-0", 0), other("two", "acme-0", 0), other("two", "acme-1", 0))
    assert tenant.watch.tracked == 2
    tenant.let_pass(POLICY.forget_single + MINUTE)
    assert tenant.subject(FINGERPRINT) is None
    assert tenant.subject("two") is not None
    tenant.let_pass(POLICY.forget + MINUTE)
    assert tenant.subject("two") is None
    assert tenant.watch.tracked == 0


def test_a_category_is_kept_for_weeks() -> None:
    tenant = Tenant()
    tenant.hear(report("acme-0", 0))
    category = tenant.subject(category_name("technical"))
    assert category is not None
    assert category.deadline == START + 28 * POLICY.forget


def test_a_fingerprint_that_is_forgotten_soon_leaves_its_empty_windows_to_the_pool() -> None:
    tenant = Tenant()
    tenant.hear(report("acme-0", 0))
    tenant.let_pass(POLICY.forget_single + MINUTE)
    day = POLICY.forget / POLICY.bucket
    assert tenant.watch.pool.mean() == pytest.approx(POLICY.window_buckets / day, rel=0.1)


def test_past_the_bound_new_fingerprints_count_for_their_category_only() -> None:
    tenant = Tenant(msgspec.structs.replace(POLICY, tracked_fingerprints=20))
    tenant.hear(*(other(f"odd-{n}", f"acme-{n}", n) for n in range(50)))
    assert sum(key.startswith("s ") for key in tenant.stored) == 21
    assert (tenant.watch.tracked, tenant.watch.untracked) == (20, 30)
    assert tenant.accounts(category_name("technical"), 0) == 50


def test_accounts_are_exact_up_to_the_bound_and_estimated_closely_beyond() -> None:
    tenant = Tenant(msgspec.structs.replace(POLICY, exact_accounts=100))
    tenant.hear(*(report(f"acme-{n}", n % MINUTE) for n in range(100)))
    assert tenant.accounts(FINGERPRINT, 0) == 100
    tenant.hear(*(report(f"acme-{n}", n % MINUTE) for n in range(100, 600)))
    tenant.hear(*(report(f"acme-{n}", n % MINUTE) for n in range(300, 600)))
    assert tenant.accounts(FINGERPRINT, 0) == pytest.approx(600, rel=0.06)


def test_an_incident_that_goes_on_counts_no_longer_back_than_can_still_change() -> None:
    tenant, anomaly = opened()
    tenant.hear(*outage(200, step=20_000))
    incident = tenant.incident(anomaly.anomaly_id)
    assert incident is not None
    assert incident.tickets == 200
    assert len(incident.buckets) == POLICY.lateness // POLICY.bucket + POLICY.window_buckets


@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 40)), max_size=150),
    st.sampled_from([1, 4, 10, 12]),
)
def test_no_window_keeps_twice_as_many_accounts_one_by_one_as_the_bound(
    made: list[tuple[int, int]], bound: int
) -> None:
    policy = msgspec.structs.replace(POLICY, exact_accounts=bound)
    counted: Counts = Counted({}, {})
    all_of: Counts = counted
    for number, who in made:
        new = Seen(number, f"a:{who}", f"T{who}", Sighting(START, large=False))
        counted, all_of = add(counted, new, policy), add(all_of, new, POLICY)
    for end in range(17):
        window = [len(counted.buckets.get(at, ())) for at in range(end - 4, end + 1)]
        assert sum(window) < 2 * max(bound, POLICY.window_buckets)
        close = pytest.approx(accounts_in(all_of, end, POLICY), abs=2)
        assert accounts_in(counted, end, policy) == close


@given(
    st.lists(st.tuples(st.integers(0, 6), st.integers(0, 40), st.booleans()), max_size=150),
    st.sampled_from([1, 4, 12]),
)
def test_two_counted_as_one_have_all_accounts_of_both_however_they_are_kept(
    made: list[tuple[int, int, bool]], bound: int
) -> None:
    policy = msgspec.structs.replace(POLICY, exact_accounts=bound)
    sides: list[Counts] = [Counted({}, {}), Counted({}, {})]
    all_of: Counts = Counted({}, {})
    for number, who, side in made:
        new = Seen(number, f"a:{who}", f"T{who}", Sighting(START, large=False))
        sides[side], all_of = add(sides[side], new, policy), add(all_of, new, POLICY)
    both = together(sides[0], sides[1], policy)
    turned = together(sides[1], sides[0], policy)
    for end in range(11):
        close = pytest.approx(accounts_in(all_of, end, POLICY), abs=2)
        assert accounts_in(both, end, policy) == close
        assert accounts_in(turned, end, policy) == close


def test_many_tickets_of_many_accounts_take_the_room_of_two_tickets_each_at_most() -> None:
    policy = msgspec.structs.replace(POLICY, exact_accounts=50)
    counted: Counts = Counted({}, {})
    for ticket in range(20):
        for who in range(10):
            new = Seen(0, f"a:{who}", f"T{who}-{ticket}", Sighting(START, large=False))
            counted = add(counted, new, policy)
    assert accounts_in(counted, 0, policy) == 10
    assert sum(map(len, counted.buckets[0].values())) <= 2 * 10


def test_a_problem_of_too_many_accounts_to_keep_is_remembered_as_one_of_several() -> None:
    tenant = Tenant(msgspec.structs.replace(POLICY, exact_accounts=20))
    tenant.hear(*outage(60, step=100))
    tenant.let_pass(POLICY.forget_single + MINUTE)
    assert tenant.subject(FINGERPRINT) is not None


# The on-call person's answers.


def action(anomaly: Anomaly, kind: AnomalyActionKind, **changes: object) -> AnomalyAction:
    plain = AnomalyAction(
        action_id=f"{kind} {anomaly.anomaly_id} {changes}",
        anomaly_id=anomaly.anomaly_id,
        kind=kind,
        occurred_at=anomaly.updated_at,
        actor_id="noor",
    )
    return msgspec.structs.replace(plain, **changes)


def test_an_acknowledged_anomaly_names_who_has_it() -> None:
    tenant, anomaly = opened()
    (output,) = tenant.answer(action(anomaly, AnomalyActionKind.ACKNOWLEDGE))
    assert (output.state, output.acknowledged_by) == (UPDATED, "noor")


def test_an_acknowledged_anomaly_that_comes_back_has_to_be_taken_again() -> None:
    tenant, anomaly = opened()
    tenant.answer(action(anomaly, AnomalyActionKind.ACKNOWLEDGE))
    assert tenant.hear(*outage(6, start=20_000))[-1].acknowledged_by == "noor"
    (over,) = tenant.let_pass(30 * MINUTE)
    (again, *_) = tenant.hear(*outage(12, start=31 * MINUTE))
    assert (again.anomaly_id, over.acknowledged_by) == (anomaly.anomaly_id, "noor")
    assert again.acknowledged_by is None


def test_an_answer_by_nobody_is_somebodys_and_takes_the_anomaly_from_no_one() -> None:
    tenant, anomaly = opened()
    (output,) = tenant.answer(action(anomaly, AnomalyActionKind.ACKNOWLEDGE, actor_id=None))
    assert output.acknowledged_by == "somebody"
    tenant.answer(action(anomaly, AnomalyActionKind.ACKNOWLEDGE))
    (output,) = tenant.answer(action(anomaly, AnomalyActionKind.KNOWN_ISSUE, actor_id=None))
    assert (output.known_issue, output.acknowledged_by) == (True, "noor")


@pytest.mark.parametrize("kind", [AnomalyActionKind.ACKNOWLEDGE, AnomalyActionKind.KNOWN_ISSUE])
def test_the_same_answer_again_is_no_news(kind: AnomalyActionKind) -> None:
    tenant, anomaly = opened()
    assert len(tenant.answer(action(anomaly, kind))) == 1
    assert tenant.answer(action(anomaly, kind, action_id="again")) == ()


@pytest.mark.parametrize("kind", list(AnomalyActionKind))
def test_an_answer_that_comes_twice_changes_nothing_more(kind: AnomalyActionKind) -> None:
    tenant, anomaly = opened()
    said = action(anomaly, kind)
    tenant.answer(said)
    before = tenant.watch
    late = msgspec.structs.replace(said, occurred_at=said.occurred_at + MINUTE)
    assert tenant.answer(late) == ()
    assert tenant.watch == before


def test_an_answer_about_one_problem_leaves_the_others_of_the_anomaly_as_they_are() -> None:
    tenant, anomaly = opened()
    tenant.hear(*outage(3, start=20_000, fingerprint="two"))
    until = START + 60 * MINUTE
    for kind in (AnomalyActionKind.MUTE, AnomalyActionKind.FALSE_ALARM):
        assert tenant.answer(action(anomaly, kind, fingerprint="two", until=until)) == ()
    assert (list(tenant.watch.muted), list(tenant.watch.bars)) == (["two"], ["two"])
    incident = tenant.incident(anomaly.anomaly_id)
    assert incident is not None
    assert incident.silent_until == 0
    (output,) = tenant.answer(action(anomaly, AnomalyActionKind.KNOWN_ISSUE, fingerprint="two"))
    assert not output.known_issue
    assert states(tenant.hear(*outage(40, start=30_000)))[:1] == [UPDATED]


def test_an_answer_to_an_anomaly_that_never_was_changes_nothing() -> None:
    tenant, anomaly = opened()
    for kind in AnomalyActionKind:
        assert tenant.answer(action(anomaly, kind, anomaly_id="anomaly-none")) == ()
    assert states(tenant.hear(*outage(40)))[:1] == [UPDATED]
    assert (tenant.watch.muted, tenant.watch.known, tenant.watch.bars) == ({}, {}, {})


def test_a_muted_anomaly_grows_in_silence_and_still_says_when_it_is_over() -> None:
    tenant, anomaly = opened()
    until = anomaly.updated_at + 60 * MINUTE
    tenant.answer(action(anomaly, AnomalyActionKind.MUTE, until=until))
    assert tenant.hear(*outage(40)) == []
    assert states(tenant.let_pass(30 * MINUTE)) == [RESOLVED]
    assert tenant.hear(*outage(10, start=50 * MINUTE)) == []
    tenant.let_pass(61 * MINUTE)
    assert states(tenant.hear(*outage(10, start=62 * MINUTE)))[:1] == [OPENED]


def test_a_false_alarm_is_resolved_at_once_and_raises_the_bar_of_its_kind() -> None:
    tenant, anomaly = opened()
    assert states(tenant.answer(action(anomaly, AnomalyActionKind.FALSE_ALARM))) == [RESOLVED]
    tenant.let_pass(90 * MINUTE)
    assert tenant.hear(*outage(3, start=100 * MINUTE)) == []
    assert states(tenant.hear(*outage(12, start=100 * MINUTE)))[:1] == [OPENED]


def test_a_false_alarm_said_hours_after_its_end_raises_the_bar_and_names_nobody() -> None:
    tenant, anomaly = opened()
    tenant.let_pass(3 * 60 * MINUTE)
    left = tenant.incident(anomaly.anomaly_id)
    assert left is not None
    assert (left.affected, left.samples, tenant.affected(anomaly.anomaly_id).kept) == ({}, {}, {})
    said = action(anomaly, AnomalyActionKind.FALSE_ALARM, occurred_at=START + 180 * MINUTE)
    assert tenant.answer(said) == ()
    assert tenant.hear(*outage(3, start=181 * MINUTE)) == []
    assert states(tenant.hear(*outage(12, start=181 * MINUTE)))[:1] == [OPENED]


def test_an_anomaly_that_is_over_is_forgotten_after_a_day() -> None:
    tenant, anomaly = opened()
    tenant.let_pass(POLICY.forget + 60 * MINUTE)
    assert tenant.incident(anomaly.anomaly_id) is None


def test_words_do_not_bring_back_an_error_that_is_muted() -> None:
    tenant = Tenant()
    (anomaly,) = tenant.hear_words("login fails", *outage(3))
    until = START + 200 * MINUTE
    tenant.answer(action(anomaly, AnomalyActionKind.MUTE, until=until))
    tenant.let_pass(90 * MINUTE)
    assert tenant.hear_words("login fails", *outage(20, start=100 * MINUTE)) == []
    # Others in the same words count by themselves.
    later = [other(f"new-{n}", f"bolt-{n}", 102 * MINUTE + n * 4_000) for n in range(3)]
    assert tenant.hear_words("login fails", *later[:2]) == []
    assert states(tenant.hear_words("login fails", later[2])) == [OPENED]


def test_a_known_issue_grows_in_silence_and_opens_as_known_the_next_time() -> None:
    tenant, anomaly = opened()
    (output,) = tenant.answer(action(anomaly, AnomalyActionKind.KNOWN_ISSUE))
    assert output.known_issue
    assert tenant.hear(*outage(40)) == []
    (resolved,) = tenant.let_pass(60 * MINUTE)
    assert len(resolved.affected) == 40
    tenant.let_pass(90 * MINUTE)
    (again, *more) = tenant.hear(*outage(40, start=91 * MINUTE))
    assert (again.known_issue, again.acknowledged_by, again.severity) == (True, "noor", "warning")
    assert more == []


def test_what_is_called_a_known_issue_after_its_end_comes_back_as_known() -> None:
    tenant, anomaly = opened()
    tenant.let_pass(30 * MINUTE)
    late = START + 31 * MINUTE
    for kind in (AnomalyActionKind.ACKNOWLEDGE, AnomalyActionKind.KNOWN_ISSUE):
        assert tenant.answer(action(anomaly, kind, occurred_at=late)) == ()
    (again, *_) = tenant.hear(*outage(20, start=32 * MINUTE))
    assert again.anomaly_id == anomaly.anomaly_id
    assert (again.known_issue, again.acknowledged_by, again.severity) == (True, "noor", "warning")


def test_a_known_issue_that_nobody_is_named_for_opens_as_somebodys_the_next_time() -> None:
    tenant, anomaly = opened()
    tenant.answer(action(anomaly, AnomalyActionKind.KNOWN_ISSUE, actor_id=None))
    tenant.let_pass(90 * MINUTE)
    (again, *_) = tenant.hear(*outage(40, start=91 * MINUTE))
    assert (again.known_issue, again.acknowledged_by) == (True, "somebody")


def test_a_known_issue_is_news_again_after_its_time() -> None:
    tenant = Tenant(msgspec.structs.replace(POLICY, known=Duration(60 * MINUTE)))
    (anomaly,) = tenant.hear(*outage(3))
    tenant.answer(action(anomaly, AnomalyActionKind.KNOWN_ISSUE))
    tenant.let_pass(61 * MINUTE)
    (again, *_) = tenant.hear(*outage(40, start=62 * MINUTE))
    assert (again.known_issue, again.acknowledged_by) == (False, None)


def test_an_answer_to_an_anomaly_that_is_gone_mutes_the_fingerprint_it_names() -> None:
    tenant, anomaly = opened()
    tenant.let_pass(60 * MINUTE)
    gone = action(
        anomaly,
        AnomalyActionKind.MUTE,
        occurred_at=START + 60 * MINUTE,
        until=START + 80 * MINUTE,
        fingerprint=FINGERPRINT,
    )
    assert tenant.answer(gone) == ()
    assert tenant.hear(*outage(10, start=61 * MINUTE)) == []


def test_an_anomaly_carries_the_runbook_of_its_component_or_category() -> None:
    books = {"payments": "https://wiki.example/pay", "technical": "https://wiki.example/tech"}
    for component, book in (("payments", books["payments"]), (None, books["technical"])):
        tenant = Tenant(msgspec.structs.replace(POLICY, runbooks=books))
        assert tenant.hear(*outage(3, component=component))[0].runbook == book


def test_stored_values_read_back_as_written_and_another_version_is_refused() -> None:
    tenant, anomaly = opened()
    subject, incident = tenant.subject(FINGERPRINT), tenant.incident(anomaly.anomaly_id)
    assert subject is not None
    assert incident is not None
    assert decode_subject(encode(subject)) == subject
    assert decode_incident(encode(incident)) == incident
    assert decode_watch(encode(tenant.watch)) == tenant.watch
    for decode in (decode_subject, decode_incident, decode_watch):
        with pytest.raises(ValueError, match="version 04"):
            decode(b"\x04" + encode(subject)[1:])


# Invariants.

reports = st.lists(
    st.builds(
        report,
        st.sampled_from([None, "acme", "bolt", "corso", "dune", "elm"]),
        st.integers(0, 14 * MINUTE),
        ticket_id=st.sampled_from([f"ticket-{n}" for n in range(8)]),
        source_watermark=st.just(START),
    ),
    max_size=30,
)


@given(
    st.lists(st.tuples(st.sampled_from("aabcr"), st.integers(0, 5), st.integers(0, 9)), max_size=60)
)
def test_a_count_with_one_report_more_is_that_of_all_reports(
    made: list[tuple[str, int, int]],
) -> None:
    policy = msgspec.structs.replace(POLICY, tickets_per_reporter=1)
    counted: Counts = Counted({}, {})
    tickets = set[int]()
    for number, (kind, who, ticket) in enumerate(sorted(made, key=lambda one: one[2] // 4)):
        at = START // MINUTE + made[number][1] // 2
        new = Seen(at, f"{kind}:{who}", f"T{ticket}", Sighting(START - number, large=False))
        accounts, is_new = accounts_in(counted, at, policy), ticket not in tickets
        grown = with_one_more(counted, accounts, new, policy, is_new_ticket=is_new)
        tickets.add(ticket)
        counted = add(counted, new, policy)
        assert grown in (None, accounts_in(counted, at, policy))


def test_accounts_of_a_ticket_each_need_no_counting_anew() -> None:
    counted: Counts = Counted({}, {})
    for number in range(100):
        new = Seen(START // MINUTE, f"a:{number}", f"T{number}", Sighting(START, large=False))
        for again in range(2):
            grown = with_one_more(counted, number + again, new, POLICY, is_new_ticket=not again)
            assert grown == number + 1
            counted = add(counted, new, POLICY)


@given(reports.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_of_reports_within_the_lateness_bound_does_not_change_the_counts(
    pair: tuple[list[ProblemReport], list[ProblemReport]],
) -> None:
    assert windows(pair[0]) == windows(pair[1])


@given(reports, st.data())
def test_a_replay_of_any_part_of_the_reports_doubles_nothing(
    some: list[ProblemReport], data: st.DataObject
) -> None:
    first = data.draw(st.integers(0, len(some)))
    last = data.draw(st.integers(first, len(some)))
    assert windows(some) == windows([*some[:last], *some[first:]])


def test_an_incident_ends_although_what_is_usual_of_its_component_goes_on() -> None:
    tenant, begins = Tenant(NEVER_OPEN), 12 * 60
    for minute in range(0, begins + 90, 2):
        if minute == begins:
            # A desk has many problems, so little is usual of one that is new.
            tenant.policy = POLICY
            tenant.watch = msgspec.structs.replace(tenant.watch, pool=Watch().pool)
            tenant.hear(*outage(20, start=minute * MINUTE, component="payments"))
        slow = report(f"usual-{minute % 60}", minute * MINUTE, component="payments")
        ticket, name = f"slow-{minute}", "payments-slow"
        tenant.hear(msgspec.structs.replace(slow, fingerprint=name, ticket_id=ticket))
        tenant.let_pass((minute + 1) * MINUTE)
    assert len({one.anomaly_id for one in tenant.outputs}) == 1
    last = tenant.outputs[-1]
    assert last.state is AnomalyState.RESOLVED
    assert last.resolved_at is not None
    assert last.resolved_at - last.since < 30 * MINUTE


@given(reports)
def test_every_ticket_that_an_incident_counts_is_among_its_affected(
    some: list[ProblemReport],
) -> None:
    tenant = Tenant()
    tenant.hear(*some, now=START + 15 * MINUTE)
    for name in tenant.watch.incidents:
        incident = tenant.incident(name)
        assert incident is not None
        counted = sightings(incident)
        assert {one.ticket_id for one in counted} <= tenant.affected(name).kept.keys()


def windows(some: Iterable[ProblemReport]) -> dict[object, object]:
    """What is counted of reports that all are recorded at one time, and the accounts a window."""
    tenant = Tenant()
    tenant.hear(*some, now=START + 15 * MINUTE)
    found: dict[object, object] = {}
    for name in (FINGERPRINT, category_name("technical")):
        subject = tenant.subject(name)
        if subject is not None:
            found[name] = subject.buckets
            found |= {(name, minute): tenant.accounts(name, minute) for minute in range(20)}
    return found


SPREAD = st.lists(
    st.tuples(st.integers(0, 60 * MINUTE), st.integers(0, 9)), min_size=1, max_size=40
)


def delayed_by(
    delay: int, made: list[tuple[int, int]], *, heard: bool
) -> tuple[Tenant, list[ProblemReport]]:
    """A tenant whose second source partition comes so much later than the first.

    Where it is `heard` meanwhile, it says each minute how far it has come.
    """
    each = [
        report(f"acme-{n}", at, source_partition=n % 2, ticket_id=f"ticket-{number}")
        for number, (at, n) in enumerate(sorted(made))
    ]
    line = [(one.occurred_at - START + delay * one.source_partition, one) for one in each]
    for now in range(0, 65 * MINUTE + delay, MINUTE):
        line.append((now, heartbeat(now, 0)))
        if heard or now >= delay:
            line.append((now, heartbeat(max(0, now - delay), 1)))
    tenant = Tenant(NEVER_OPEN)
    for at, one in sorted(line, key=lambda item: item[0]):
        tenant.hear(one, now=START + at)
    return tenant, each


@pytest.mark.parametrize("delay", [15 * MINUTE, 45 * MINUTE])
@settings(max_examples=25)
@given(made=SPREAD)
def test_a_source_partition_that_is_behind_gives_the_same_windows(
    delay: int, made: list[tuple[int, int]]
) -> None:
    """Learned baselines are equal once all has come, by the watermark alone past the lateness."""
    (prompt, _), (delayed, _) = (delayed_by(by, made, heard=True) for by in (0, delay))
    assert delayed.watch.late == prompt.watch.late == 0
    for name in (FINGERPRINT, category_name("technical")):
        assert learned(name, delayed) == pytest.approx(learned(name, prompt))


@settings(max_examples=25)
@given(SPREAD)
def test_a_source_partition_unheard_of_counts_up_to_the_lateness_bound_and_not_beyond(
    made: list[tuple[int, int]],
) -> None:
    prompt, _ = delayed_by(0, made, heard=False)
    within, _ = delayed_by(POLICY.lateness, made, heard=False)
    assert within.watch.late == 0
    for name in (FINGERPRINT, category_name("technical")):
        assert learned(name, within) == pytest.approx(learned(name, prompt))
    beyond, each = delayed_by(POLICY.lateness + 65 * MINUTE, made, heard=False)
    assert beyond.watch.late == sum(one.source_partition for one in each)


def learned(name: str, tenant: Tenant) -> tuple[float, float]:
    """The baseline once all windows have settled."""
    subject = tenant.subject(name)
    assert subject is not None
    far = msgspec.structs.replace(tenant.watch, watermark=START + 200 * MINUTE)
    settled, _ = settle(subject, far, NEVER_OPEN)
    return settled.baseline.counts, settled.baseline.windows


@given(
    st.lists(st.tuples(st.integers(0, 60 * MINUTE), st.integers(0, 500)), max_size=60),
)
def test_one_account_never_alerts_however_loud_it_is(loud: list[tuple[int, int]]) -> None:
    noise = [report("acme", at, ticket_id=f"ticket-{n}") for at, n in sorted(loud)]
    assert Tenant().hear(*noise) == []


def test_an_erased_ticket_leaves_the_incident_which_is_no_news_of_it() -> None:
    tenant = Tenant()
    reports = [
        report(f"a{number}", number * MINUTE, account_tier="enterprise") for number in range(6)
    ]
    [*_, told] = tenant.hear(*reports)
    erased = msgspec.structs.replace(
        heartbeat(6 * MINUTE), ticket_id="ticket-a2", category="technical", erased=True
    )
    [again] = tenant.hear(erased)
    assert (again.anomaly_id, again.state, again.revision) == (
        told.anomaly_id, told.state, told.revision,
    )  # fmt: skip
    assert "ticket-a2" not in repr(again)
    assert "a2" not in again.large_accounts
    assert not any(b"ticket-a2" in value for value in tenant.stored.values())
    assert not tenant.hear(erased)
    [over] = next(end for at in range(10, 600) if (end := tenant.let_pass(at * MINUTE)))
    assert over.state is AnomalyState.RESOLVED
    assert len(over.affected) == len(reports) - 1
    later = msgspec.structs.replace(erased, ticket_id="ticket-a3")
    [after] = tenant.hear(later, now=tenant.watch.watermark)
    assert (after.state, after.resolved_at) == (AnomalyState.RESOLVED, over.resolved_at)
    assert after.revision == over.revision + 1
    assert "ticket-a3" not in repr(after)
