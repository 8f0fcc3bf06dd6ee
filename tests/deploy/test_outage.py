"""The demo's outage in an hour of its traffic: one anomaly, by the agents that run, in its time."""

import heapq
import time
from collections.abc import Iterable
from pathlib import Path

from schemas.codec import Codec
from schemas.records import Anomaly, AnomalyState
from streams.agents.anomalies import AnomaliesAgent
from streams.agents.deciding import Decider
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.core.anomalies import AnomalyPolicy
from streams.core.policy import default_policy
from streams.demo.input import background, folder, moved
from streams.history.files import Event, read_history, time_of
from tests.agents.harness import START, Harness, decoded
from tests.agents.test_other_agents import report

REPORTS, ACTIONS = AnomaliesAgent.sources
MINUTE = 60_000
BATCH = 50


def written(name: str) -> list[Event]:
    return [moved(event, -START, "") for event in read_history(folder() / name)]


def hour(*histories: list[Event]) -> list[Event]:
    """An hour of ordinary traffic with written conversations in it, by time."""
    found: list[Event] = []
    for event in heapq.merge(background(), *histories, key=time_of):
        if time_of(event) > 60 * MINUTE:
            return found
        found.append(moved(event, START, ""))
    raise AssertionError("the background ends")


def anomalies_of(events: list[Event], place: Path) -> list[Anomaly]:
    """What both agents make of them, an hour and a half long."""
    tickets = Harness(TicketsAgent(Codec(), Decider(default_policy())), place / "t", CONVERSATIONS)
    agent = Harness(AnomaliesAgent(Codec(), AnomalyPolicy()), place / "a", REPORTS, ACTIONS)
    found: list[Anomaly] = []
    for first in range(0, len(events), BATCH):
        outputs = tickets.feed(CONVERSATIONS, *events[first : first + BATCH])
        problems = decoded(outputs, "support.problem-reports")
        if problems:
            found += decoded(agent.feed(REPORTS, *problems), "support.anomalies")
    for minute in range(61, 90):
        outputs = agent.tick(REPORTS, START + minute * MINUTE)
        found += decoded(outputs, "support.anomalies")
    return found


def ids(anomalies: Iterable[Anomaly]) -> set[str]:
    return {anomaly.anomaly_id for anomaly in anomalies}


def test_forty_accounts_in_their_own_words_are_one_anomaly_and_nothing_else_alerts(
    tmp_path: Path,
) -> None:
    outage = written("outage.jsonl")
    found = anomalies_of(hour(outage, written("conversations.jsonl")), tmp_path)
    assert len(ids(found)) == 1
    states = [anomaly.state for anomaly in found]
    assert states[0] is AnomalyState.OPENED
    assert states[-1] is AnomalyState.RESOLVED
    assert set(states[1:-1]) == {AnomalyState.UPDATED}
    last = found[-1]
    assert last.component == "payments"
    assert len(last.fingerprints) >= 3
    assert len({ticket.account_id for ticket in last.affected}) == last.peak_accounts == 40
    first_report = START + time_of(outage[0])
    assert found[0].updated_at - first_report < 20_000


def test_an_hour_of_ordinary_traffic_opens_nothing(tmp_path: Path) -> None:
    assert anomalies_of(hour(), tmp_path) == []


def test_the_third_accounts_report_opens_the_anomaly_at_once(tmp_path: Path) -> None:
    agent = Harness(AnomaliesAgent(Codec(), AnomalyPolicy()), tmp_path, REPORTS, ACTIONS)
    agent.feed(REPORTS, report(1, "a1"), report(2, "a2"))
    began = time.thread_time()
    (opened,) = decoded(agent.feed(REPORTS, report(3, "a3")), "support.anomalies")
    assert time.thread_time() - began < 2
    assert opened.state is AnomalyState.OPENED
    assert opened.updated_at == report(3, "a3").occurred_at
