"""Anomalies across accounts: what opens, grows, stays silent and is resolved."""

from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
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
    FingerprintState,
    Step,
    Watch,
    act,
    decode_fingerprint,
    decode_watch,
    encode_fingerprint,
    encode_watch,
    fingerprint_of,
    observe,
    tick,
)
from streams.core.anomalies.windows import accounts_in

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


def play(
    reports: Iterable[ProblemReport],
    state: FingerprintState | None = None,
    watch: Watch | None = None,
    now: int | None = None,
) -> tuple[FingerprintState | None, Watch, list[Anomaly]]:
    watch = watch or Watch()
    outputs: list[Anomaly] = []
    for one in reports:
        moment = now if now is not None else one.occurred_at
        step = observe(state, watch, one, POLICY, moment)
        state, watch = step.state, step.watch
        outputs.extend(step.outputs)
    return state, watch, outputs


def outage(accounts: int, start: int = 0, step: int = 4_000) -> list[ProblemReport]:
    return [report(f"acme-{n}", start + n * step) for n in range(accounts)]


def opened() -> tuple[FingerprintState, Watch, Anomaly]:
    state, watch, outputs = play(outage(3))
    assert state is not None
    return state, watch, outputs[0]


def quiet(state: FingerprintState, watch: Watch) -> Step:
    now = state.deadline
    _, watch, _ = play([heartbeat(now - START)], state, watch)
    return tick(state, watch, POLICY, now)


def test_the_third_account_with_the_same_new_problem_opens_an_anomaly() -> None:
    _, _, outputs = play(outage(3))
    (anomaly,) = outputs
    assert anomaly.state is AnomalyState.OPENED
    assert anomaly.accounts == 3
    assert anomaly.since == START
    assert anomaly.updated_at == START + 8_000
    assert anomaly.tail_probability < POLICY.open_probability
    assert [ticket.account_id for ticket in anomaly.sample_tickets] == [
        "acme-0",
        "acme-1",
        "acme-2",
    ]


def test_two_accounts_are_not_an_anomaly() -> None:
    assert play(outage(2))[2] == []


def test_three_accounts_spread_over_an_hour_are_not_an_anomaly() -> None:
    assert play(outage(3, step=20 * MINUTE))[2] == []


def test_an_anomaly_is_updated_each_time_its_accounts_have_doubled() -> None:
    outputs = play(outage(40))[2]
    assert [(anomaly.state, anomaly.accounts) for anomaly in outputs] == [
        (AnomalyState.OPENED, 3),
        (AnomalyState.UPDATED, 6),
        (AnomalyState.UPDATED, 12),
        (AnomalyState.UPDATED, 24),
    ]
    assert [anomaly.revision for anomaly in outputs] == [1, 2, 3, 4]
    assert len({anomaly.anomaly_id for anomaly in outputs}) == 1
    assert [anomaly.severity for anomaly in outputs] == ["warning"] * 2 + ["critical"] * 2


def test_a_quiet_anomaly_is_resolved_and_names_every_ticket_it_touched() -> None:
    state, watch, _ = play(outage(40))
    assert state is not None
    step = quiet(state, watch)
    (resolved,) = step.outputs
    assert resolved.state is AnomalyState.RESOLVED
    assert resolved.peak_accounts == 40
    assert {ticket.account_id for ticket in resolved.affected} == {f"acme-{n}" for n in range(40)}
    assert step.watch.open == {}
    assert step.state is not None
    assert step.state.open is None


def test_a_single_account_that_goes_on_does_not_keep_an_anomaly_open() -> None:
    state, watch, anomaly = opened()
    deadline = state.deadline
    more = [report("acme-0", 6 * MINUTE + n * MINUTE) for n in range(5)]
    after, _, outputs = play(more, state, watch)
    assert after is not None
    assert outputs == []
    assert after.deadline == deadline
    assert anomaly.state is AnomalyState.OPENED


def test_an_anomaly_stays_open_while_a_slow_source_partition_holds_the_watermark_back() -> None:
    state, watch, _ = opened()
    now = state.deadline
    behind = msgspec.structs.replace(
        heartbeat(now - START, partition=1), source_watermark=START + MINUTE
    )
    step = tick(state, observe(state, watch, behind, POLICY, now).watch, POLICY, now)
    assert step.outputs == ()
    assert step.state is not None
    assert step.state.deadline > now


def test_the_same_problem_after_a_resolved_anomaly_opens_a_new_one() -> None:
    state, watch, first = opened()
    step = quiet(state, watch)
    _, _, outputs = play(outage(3, start=40 * MINUTE), step.state, step.watch)
    assert [anomaly.state for anomaly in outputs] == [AnomalyState.OPENED]
    assert outputs[0].anomaly_id != first.anomaly_id


def test_a_problem_that_is_usual_does_not_alert_at_the_number_that_is_new_elsewhere() -> None:
    usual = [
        report(f"acme-{n % 2}-{minute}", minute * MINUTE + n * 1_000)
        for minute in range(0, 600, 3)
        for n in range(2)
    ]
    quiet_policy = msgspec.structs.replace(POLICY, minimum_accounts=1_000)
    state: FingerprintState | None = None
    watch = Watch()
    for one in usual:
        step = observe(state, watch, one, quiet_policy, one.occurred_at)
        state, watch = step.state, step.watch
    assert state is not None
    assert 3.0 < state.baseline.mean() < 4.0
    assert play(outage(3, start=610 * MINUTE), state, watch)[2] == []
    assert play(outage(40, start=610 * MINUTE), state, watch)[2] != []


def test_a_retried_report_changes_nothing() -> None:
    first = report("acme-0", 0)
    once = play([first])
    twice = play([first, first])
    assert once == twice


def test_a_ticket_reported_before_and_after_its_account_was_known_counts_once() -> None:
    unknown = report(None, 0, ticket_id="ticket-7", requester_id="mara")
    known = report("acme-7", MINUTE, ticket_id="ticket-7", requester_id="mara")
    state, _, _ = play([unknown, known])
    assert state is not None
    assert accounts_in(state.buckets, (START + MINUTE) // MINUTE, POLICY) == 1


def test_a_report_from_a_clock_that_runs_ahead_counts_at_the_time_it_was_recorded() -> None:
    ahead = [report(f"acme-{n}", n * MINUTE * 60) for n in range(3)]
    _, _, outputs = play(ahead, now=START)
    (anomaly,) = outputs
    assert anomaly.since == START


def test_a_late_report_counts_where_it_belongs_and_past_the_bound_only_as_late() -> None:
    state, watch, _ = play([report("acme-0", 0), report("acme-1", 30 * MINUTE)])
    now = START + 30 * MINUTE
    within, watch, _ = play([report("acme-2", 16 * MINUTE)], state, watch, now=now)
    assert within is not None
    assert accounts_in(within.buckets, START // MINUTE + 16, POLICY) == 1
    assert watch.late == 0
    _, watch, _ = play([report("acme-3", 13 * MINUTE)], within, watch, now=now)
    assert watch.late == 1


def test_a_heartbeat_moves_the_watermark_and_no_count() -> None:
    state, watch, outputs = play([heartbeat(5 * MINUTE)])
    assert state is None
    assert outputs == []
    assert watch.watermark == START + 5 * MINUTE


def test_the_watermark_waits_for_the_slowest_partition_until_it_falls_idle() -> None:
    slow, fast = heartbeat(0, partition=1), heartbeat(MINUTE, partition=2)
    _, watch, _ = play([slow, fast])
    assert watch.watermark == START
    _, watch, _ = play([heartbeat(4 * MINUTE, partition=2)], None, watch)
    assert watch.watermark == START + 4 * MINUTE


def test_a_fingerprint_unseen_for_a_day_is_forgotten() -> None:
    state, watch, _ = play([report("acme-0", 0)])
    assert state is not None
    assert tick(state, watch, POLICY, state.deadline).state is None


def action(anomaly: Anomaly, kind: AnomalyActionKind, **changes: object) -> AnomalyAction:
    plain = AnomalyAction(
        action_id="action-1",
        anomaly_id=anomaly.anomaly_id,
        kind=kind,
        occurred_at=anomaly.updated_at,
        actor_id="noor",
    )
    return msgspec.structs.replace(plain, **changes)


def test_an_acknowledged_anomaly_names_who_has_it() -> None:
    state, watch, anomaly = opened()
    answer = action(anomaly, AnomalyActionKind.ACKNOWLEDGE)
    assert fingerprint_of(watch, answer) == state.fingerprint
    (output,) = act(state, watch, answer, POLICY, anomaly.updated_at).outputs
    assert (output.state, output.acknowledged_by) == (AnomalyState.UPDATED, "noor")


def test_a_muted_anomaly_grows_in_silence_and_still_says_when_it_is_over() -> None:
    state, watch, anomaly = opened()
    until = anomaly.updated_at + 60 * MINUTE
    answer = action(anomaly, AnomalyActionKind.MUTE, until=until)
    step = act(state, watch, answer, POLICY, anomaly.updated_at)
    after, watch, outputs = play(outage(40), step.state, step.watch)
    assert outputs == []
    assert after is not None
    assert [one.state for one in quiet(after, watch).outputs] == [AnomalyState.RESOLVED]


def test_a_false_alarm_is_resolved_at_once_and_stays_quiet() -> None:
    state, watch, anomaly = opened()
    answer = action(anomaly, AnomalyActionKind.FALSE_ALARM)
    step = act(state, watch, answer, POLICY, anomaly.updated_at)
    assert [one.state for one in step.outputs] == [AnomalyState.RESOLVED]
    assert play(outage(10, start=2 * MINUTE), step.state, step.watch)[2] == []


def test_stored_values_read_back_as_written_and_another_version_is_refused() -> None:
    state, watch, _ = opened()
    assert decode_fingerprint(encode_fingerprint(state)) == state
    assert decode_watch(encode_watch(watch)) == watch
    with pytest.raises(ValueError, match="version 02"):
        decode_fingerprint(b"\x02" + encode_fingerprint(state)[1:])


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


@given(reports.flatmap(lambda some: st.tuples(st.just(some), st.permutations(some))))
def test_the_order_of_reports_within_the_lateness_bound_does_not_change_the_counts(
    orders: tuple[list[ProblemReport], list[ProblemReport]],
) -> None:
    counts = []
    for order in orders:
        state, watch, _ = play(order, now=START + 15 * MINUTE)
        buckets = state.buckets if state else {}
        ends = range(START // MINUTE, START // MINUTE + 20)
        counts.append((watch.late, [accounts_in(buckets, end, POLICY) for end in ends]))
    assert counts[0] == counts[1]


@given(reports)
def test_the_same_reports_give_the_same_states_and_records(some: list[ProblemReport]) -> None:
    assert play(some, now=START + 15 * MINUTE) == play(some, now=START + 15 * MINUTE)


@given(
    st.lists(st.tuples(st.integers(0, 60 * MINUTE), st.integers(0, 500)), max_size=60),
)
def test_one_account_never_alerts_however_loud_it_is(loud: list[tuple[int, int]]) -> None:
    reports = [report("acme", at, ticket_id=f"ticket-{n}") for at, n in sorted(loud)]
    assert play(reports)[2] == []
