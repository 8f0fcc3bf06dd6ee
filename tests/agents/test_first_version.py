"""What the first version of the anomalies agent stored is read and carried on.

`anomalies_state_1.json` is a store that it wrote (keys and values in hex): an outage of five
accounts in the payments that `noor` acknowledged, and one of four that was muted.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import AnomalyAction, AnomalyActionKind, AnomalyState
from schemas.topics import OPEN_ANOMALIES
from streams.agents.anomalies import AnomaliesAgent
from streams.core.anomalies import AnomalyPolicy
from streams.engine.store import PartitionStore
from tests.agents.harness import START, Harness, decoded
from tests.agents.test_other_agents import MINUTE, report

REPORTS, ACTIONS = AnomaliesAgent.sources
STORED = Path(__file__).with_name("anomalies_state_1.json")
PAYMENTS, QUIET = "anomaly-c5e0074de0663d84", "anomaly-77c38768369445cc"


@pytest.fixture
def agent(tmp_path: Path) -> Harness:
    store = PartitionStore(tmp_path / "store")
    stored = json.loads(STORED.read_text())
    store.write({bytes.fromhex(key): bytes.fromhex(value) for key, value in stored.items()})
    store.close()
    return Harness(AnomaliesAgent(Codec(), AnomalyPolicy()), tmp_path, REPORTS, ACTIONS)


def later(number: int, minute: int, **changes: Any) -> Any:
    at = START + minute * MINUTE + number * 1_000
    return replace(report(number, f"b{number}"), occurred_at=at, source_watermark=at, **changes)


def test_its_open_anomalies_are_resolved_in_their_time(agent: Harness) -> None:
    outputs = agent.tick(REPORTS, START + 90 * MINUTE)
    found = {one.anomaly_id: one for one in decoded(outputs, "support.anomalies")}
    assert set(found) == {PAYMENTS, QUIET}
    assert {one.state for one in found.values()} == {AnomalyState.RESOLVED}
    assert found[PAYMENTS].affected_accounts == ("a1", "a2", "a3", "a4", "a5")
    assert found[PAYMENTS].acknowledged_by == "noor"
    assert decoded(outputs, OPEN_ANOMALIES) == [None, None]


def test_an_open_anomaly_of_its_time_grows_with_its_component(agent: Harness) -> None:
    words = [later(n, 1, fingerprint=f"new-{n}", component="payments") for n in range(20, 26)]
    outputs = agent.feed(REPORTS, *words)
    grown, graver = decoded(outputs, "support.anomalies")
    assert (grown.anomaly_id, grown.state, grown.accounts) == (PAYMENTS, AnomalyState.UPDATED, 6)
    assert (graver.accounts, graver.severity) == (10, "critical")
    found = decoded(agent.tick(REPORTS, START + 90 * MINUTE), "support.anomalies")
    [resolved] = [one for one in found if one.anomaly_id == PAYMENTS]
    before, new = (f"a{n}" for n in range(1, 6)), (f"b{n}" for n in range(20, 26))
    assert resolved.affected_accounts == (*before, *new)


def test_an_answer_to_an_anomaly_of_its_time_counts(agent: Harness) -> None:
    false = AnomalyAction("x", PAYMENTS, AnomalyActionKind.FALSE_ALARM, START + MINUTE)
    [resolved] = decoded(agent.feed(ACTIONS, false), "support.anomalies")
    assert (resolved.anomaly_id, resolved.state) == (PAYMENTS, AnomalyState.RESOLVED)
    assert {
        one.anomaly_id
        for one in decoded(agent.tick(REPORTS, START + 90 * MINUTE), "support.anomalies")
    } == {QUIET}


def test_the_same_problem_still_belongs_to_it(agent: Harness) -> None:
    outputs = agent.feed(REPORTS, *(later(n, 1) for n in range(10, 22)))
    found = decoded(outputs, "support.anomalies")
    assert found
    assert {one.anomaly_id for one in found} == {PAYMENTS}
