"""Whom an anomaly touches lies under keys of its own in the store, and is listed from there."""

import json
from pathlib import Path

from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import Anomaly, ProblemReport
from schemas.topics import OPEN_ANOMALIES
from streams.agents.affected_keys import ACCOUNTS, TICKETS
from streams.agents.anomalies import AnomaliesAgent
from streams.agents.anomaly_states import INCIDENTS
from streams.core.anomalies import AnomalyPolicy, decode_incident
from streams.engine.store import PartitionStore
from tests.agents.harness import START, Harness, decoded
from tests.agents.test_other_agents import MINUTE, report

REPORTS, ACTIONS = AnomaliesAgent.sources
SECOND = Path(__file__).with_name("anomalies_state_2.json")
"""What the second version stored of nine accounts with one problem in the payments: its list had
room for seven of their tickets.
"""


def agent(folder: Path, most: int = 5_000) -> Harness:
    policy = replace(AnomalyPolicy(), affected_tickets=most)
    return Harness(AnomaliesAgent(Codec(), policy), folder, REPORTS, ACTIONS)


def of_the_second_version(folder: Path) -> Harness:
    store = PartitionStore(folder / "store")
    stored = json.loads(SECOND.read_text())
    store.write({bytes.fromhex(key): bytes.fromhex(value) for key, value in stored.items()})
    store.close()
    return agent(folder)


def reports(numbers: range) -> list[ProblemReport]:
    return [
        replace(report(n, f"a{n}"), occurred_at=at, source_watermark=at, component="payments")
        for n in numbers
        for at in [START + n * 4_000]
    ]


def keys(at: Harness) -> list[int]:
    return [len(list(at.partition.store.scan(one, one + b"\xff"))) for one in (TICKETS, ACCOUNTS)]


def told(at: Harness, minutes: range) -> list[Anomaly]:
    """What the end leads to, the clock moving a minute at a time."""
    outputs = [one for n in minutes for one in at.tick(REPORTS, START + n * MINUTE)]
    assert decoded(outputs, OPEN_ANOMALIES) == [None]
    return decoded(outputs, "support.anomalies")


def test_a_list_of_several_parts_outlives_restarts_and_leaves_no_keys(tmp_path: Path) -> None:
    first = agent(tmp_path, 4)
    first.feed(REPORTS, *reports(range(1, 6)))
    first.feed(REPORTS, *reports(range(4, 10)))
    assert keys(first) == [9, 9]
    first.partition.store.close()
    parts = told(agent(tmp_path, 4), range(90))
    assert [(one.part, len(one.affected), one.more_follow) for one in parts] == [
        (1, 4, True),
        (2, 4, True),
        (3, 1, False),
    ]
    names = [one.ticket_id for part in parts for one in part.affected]
    assert names == [f"T{n}" for n in range(1, 10)]


def test_the_keys_of_an_anomaly_go_once_it_no_longer_comes_back(tmp_path: Path) -> None:
    whole = agent(tmp_path)
    whole.feed(REPORTS, *reports(range(1, 10)))
    [over] = told(whole, range(90))
    assert (over.total_tickets, keys(whole)) == (9, [0, 0])


def test_a_report_of_a_storm_writes_its_ticket_and_rewrites_no_list(tmp_path: Path) -> None:
    storm = agent(tmp_path)
    storm.feed(REPORTS, *reports(range(1, 10)))
    [(_, value)] = storm.partition.store.scan(INCIDENTS.prefix, INCIDENTS.prefix + b"\xff")
    assert decode_incident(value[8:]).affected == {}
    assert len(decode_incident(value[8:]).samples) == AnomalyPolicy().sample_tickets


def test_an_incident_of_the_second_version_lists_whom_it_held_and_who_came_since(
    tmp_path: Path,
) -> None:
    later = of_the_second_version(tmp_path)
    outputs = later.feed(REPORTS, *reports(range(3, 13)))
    [grown] = decoded(outputs, "support.anomalies")
    assert [one.ticket_id for one in grown.sample_tickets] == [f"T{n}" for n in range(1, 6)]
    assert grown.accounts == 10
    [over] = told(later, range(90))
    assert [one.ticket_id for one in over.affected] == [f"T{n}" for n in range(1, 13)]
    assert (over.total_tickets, over.total_accounts) == (12, 12)


def test_an_incident_of_the_second_version_that_hears_nothing_more_is_listed(
    tmp_path: Path,
) -> None:
    [over] = told(of_the_second_version(tmp_path), range(90))
    assert {f"T{n}" for n in range(1, 8)} <= {one.ticket_id for one in over.affected}
    assert over.total_tickets == len(over.affected)
