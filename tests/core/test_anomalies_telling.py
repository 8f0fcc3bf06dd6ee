"""When an open incident is told of again: news at once, and what has joined it all together."""

import msgspec

from schemas.records import AnomalyActionKind, ProblemReport
from streams.core.anomalies import wake
from streams.core.anomalies.incidents import quiet_at
from streams.core.policy.duration import Duration
from tests.core.test_anomalies import (
    FINGERPRINT,
    MINUTE,
    OPENED,
    POLICY,
    RESOLVED,
    START,
    UPDATED,
    Tenant,
    action,
    heartbeat,
    opened,
    other,
    outage,
    states,
)

PAUSE = POLICY.update_pause


def bursts(*problems: str, start: int = 0) -> list[ProblemReport]:
    """Three accounts each, a second apart, with one problem after another."""
    return [
        other(name, f"{name}-{n}", start + (3 * number + n) * 1_000)
        for number, name in enumerate(problems)
        for n in range(3)
    ]


def test_a_storm_of_problems_that_join_is_told_as_it_doubles_and_not_problem_by_problem() -> None:
    tenant = Tenant()
    outputs = tenant.hear(*bursts(*(f"error-{n}" for n in range(80))))
    assert [one.accounts for one in outputs] == [3, 6, 12, 24, 48, 96, 192]
    assert len({one.anomaly_id for one in outputs}) == 1
    assert len(outputs[-1].fingerprints) == POLICY.members - 1


def test_what_is_usual_of_problems_that_find_no_room_does_not_add_up() -> None:
    tenant = Tenant(msgspec.structs.replace(POLICY, members=3))
    (first, *_) = tenant.hear(*bursts("one", "two"))
    before = tenant.incident(first.anomaly_id)
    tenant.hear(*(other("three", f"three-{n}", 10_000 + n * 1_000) for n in range(40)))
    after = tenant.incident(first.anomaly_id)
    assert before is not None
    assert after is not None
    assert after.peak == 46
    assert after.expected == before.expected


def test_problems_that_joined_are_told_together_by_the_next_report_after_a_pause() -> None:
    tenant = Tenant()
    *_, before = tenant.hear(*outage(12))
    names = ("search", "export")
    assert tenant.hear(*bursts(*names, start=MINUTE)) == []
    said = before.updated_at - START
    assert tenant.hear(other("search", "late-1", said + PAUSE - 1_000)) == []
    (after,) = tenant.hear(other("search", "late-2", said + PAUSE))
    assert (after.state, after.revision) == (UPDATED, before.revision + 1)
    assert set(after.fingerprints) == {FINGERPRINT, *names}


def test_a_pause_that_the_policy_makes_longer_does_not_hold_back_what_joined_until_the_end() -> (
    None
):
    tenant = Tenant()
    *_, before = tenant.hear(*outage(12))
    tenant.hear(*bursts("search", "export", start=MINUTE))
    tenant.policy = msgspec.structs.replace(POLICY, update_pause=Duration(2 * PAUSE))
    told, over = tenant.let_pass(60 * MINUTE)
    assert (told.state, over.state) == (UPDATED, RESOLVED)
    assert 0 <= told.updated_at - before.updated_at - 2 * PAUSE < MINUTE


def test_problems_that_joined_are_told_though_nobody_reports_any_more() -> None:
    tenant = Tenant()
    *_, before = tenant.hear(*outage(12))
    tenant.hear(*bursts("search", "export", start=MINUTE))
    assert states(tenant.let_pass(60 * MINUTE)) == [UPDATED, RESOLVED]
    told = tenant.outputs[-2]
    assert 0 <= told.updated_at - before.updated_at - PAUSE < MINUTE


def test_what_joins_a_muted_anomaly_is_not_told() -> None:
    tenant, anomaly = opened()
    until = START + 30 * MINUTE
    tenant.answer(action(anomaly, AnomalyActionKind.MUTE, until=until))
    tenant.hear(*bursts("search", start=MINUTE))
    tenant.hear(*bursts("search", start=7 * MINUTE))
    incident = tenant.incident(anomaly.anomaly_id)
    assert incident is not None
    assert incident.deadline == quiet_at(incident, POLICY), "nothing wakes it before it is over"
    assert states(tenant.let_pass(60 * MINUTE)) == [RESOLVED]


def test_what_a_mute_held_back_is_told_as_it_ends_though_nobody_reports_any_more() -> None:
    for news in (outage(40), bursts("search", start=MINUTE)):
        tenant, anomaly = opened()
        until = START + 8 * MINUTE
        tenant.answer(action(anomaly, AnomalyActionKind.MUTE, until=until))
        assert tenant.hear(*news) == []
        (told,) = tenant.let_pass(9 * MINUTE)
        assert (told.state, told.updated_at) == (UPDATED, until)


def test_a_mute_that_is_made_longer_holds_back_until_its_new_end() -> None:
    tenant, anomaly = opened()
    for minute in (5, 8):
        until = START + minute * MINUTE
        tenant.answer(action(anomaly, AnomalyActionKind.MUTE, until=until))
        assert tenant.hear(*outage(40)) == []
    (told,) = tenant.let_pass(9 * MINUTE)
    assert told.updated_at == until


def test_what_a_mute_held_back_is_told_when_the_mute_is_made_shorter() -> None:
    tenant, anomaly = opened()
    for until in (START + 10 * MINUTE, START + 7 * MINUTE):
        tenant.answer(action(anomaly, AnomalyActionKind.MUTE, until=until))
        tenant.hear(*outage(40))
    (told,) = tenant.let_pass(8 * MINUTE)
    assert (told.state, told.updated_at) == (UPDATED, START + 7 * MINUTE)


def test_an_anomaly_that_is_back_is_told_at_once() -> None:
    tenant, _ = opened()
    tenant.let_pass(16 * MINUTE)
    assert states(tenant.outputs) == [OPENED, RESOLVED]
    *_, third = outage(3, start=17 * MINUTE)
    (again,) = tenant.hear(*outage(3, start=17 * MINUTE))
    assert (again.state, again.updated_at) == (UPDATED, third.occurred_at)


def test_an_anomaly_of_reports_that_came_late_ends_after_it_was_opened() -> None:
    """Who knows the last record by its time would take an earlier end for a repetition."""
    tenant = Tenant()
    now = START + 14 * MINUTE
    tenant.hear(heartbeat(14 * MINUTE))
    (told,) = tenant.hear(*outage(3), now=now)
    incident = tenant.incident(told.anomaly_id)
    assert incident is not None
    assert incident.deadline < now
    (over,) = tenant.take(wake(tenant, incident, tenant.watch, POLICY, incident.deadline))
    assert over.state is RESOLVED
    assert over.updated_at >= told.updated_at
    assert over.resolved_at is not None
    assert told.opened_at is not None
    assert over.resolved_at >= told.opened_at
