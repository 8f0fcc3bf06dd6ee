"""How long and how many of the on-call person's answers are remembered."""

import pytest
from msgspec.structs import replace

from schemas.records import AnomalyActionKind
from streams.core.anomalies import actions
from streams.core.anomalies.actions import ANSWERS_REMEMBERED
from tests.core.test_anomalies import FINGERPRINT, MINUTE, START, action, opened

ACKNOWLEDGE, KNOWN, MUTE, FALSE = (
    AnomalyActionKind.ACKNOWLEDGE,
    AnomalyActionKind.KNOWN_ISSUE,
    AnomalyActionKind.MUTE,
    AnomalyActionKind.FALSE_ALARM,
)


def test_only_the_last_answers_are_known_again() -> None:
    tenant, anomaly = opened()
    said = action(anomaly, ACKNOWLEDGE)
    for number in range(ANSWERS_REMEMBERED + 1):
        tenant.answer(replace(said, action_id=f"said-{number}"))
    assert len(tenant.watch.answered) == ANSWERS_REMEMBERED
    assert "said-0" not in tenant.watch.answered


def test_a_known_issue_stays_one_whoever_takes_it() -> None:
    tenant, anomaly = opened()
    tenant.answer(action(anomaly, KNOWN))
    (output,) = tenant.answer(action(anomaly, ACKNOWLEDGE, actor_id="lee"))
    assert (output.known_issue, output.acknowledged_by) == (True, "lee")


@pytest.mark.parametrize(("kind", "kept"), [(MUTE, "muted"), (KNOWN, "known"), (FALSE, "bars")])
def test_of_too_many_answers_the_newest_hold(
    kind: AnomalyActionKind, kept: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "MOST_ANSWERS", 3)
    tenant, anomaly = opened()
    for number in range(6):
        tenant.answer(action(anomaly, kind, fingerprint=f"name-{number}"))
    assert list(getattr(tenant.watch, kept)) == [f"name-{number}" for number in range(2, 6)]


def test_a_false_alarm_that_is_said_twice_raises_the_bar_twice() -> None:
    tenant, anomaly = opened()
    for number in range(2):
        tenant.answer(action(anomaly, FALSE, action_id=f"said-{number}"))
    bar, at = tenant.watch.bars[FINGERPRINT], anomaly.updated_at
    assert (bar.height, bar.alerts, bar.at) == (3.0, 2 * actions.SURE, at)


def test_what_was_answered_is_forgotten_when_its_time_is_over() -> None:
    tenant, anomaly = opened()
    tenant.answer(action(anomaly, MUTE, fingerprint="one", until=START + 5 * MINUTE))
    tenant.answer(action(anomaly, MUTE, fingerprint="two", until=START + 9 * MINUTE))
    tenant.answer(action(anomaly, ACKNOWLEDGE, occurred_at=START + 5 * MINUTE))
    assert list(tenant.watch.muted) == ["two"]
