"""Outages after an ordinary day: what is usual of a category is known, so that it can burst."""

import random
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import Anomaly, ConversationMessage, ProblemReport
from streams.agents.anomalies import AnomaliesAgent
from streams.core.anomalies import AnomalyPolicy
from tests.agents.harness import START, Harness, decoded
from tests.agents.test_outages import (
    ACTIONS,
    MINUTE,
    REPORTS,
    TWO_NAMED,
    anomalies_of,
    outages,
    told,
    told_of,
)
from tests.agents.test_outages_elsewhere import OUTAGES as ELSEWHERE
from tests.agents.test_outages_elsewhere import tickets

OUTAGES = {
    **told_of(Path(__file__).with_name("outages_unnamed.txt")),
    **ELSEWHERE,
    **{name: outages()[name] for name in TWO_NAMED},
}
ENOUGH = 10
"""Reports of as many accounts that are more than chance in a category, whatever they say."""
HOURS, PER_HOUR, ACCOUNTS = 24, 12, 500
APART = 10 * MINUTE
ABOUT_HALF = 0.55


def ordinary_day() -> Iterator[ProblemReport]:
    """Problems of one account each, up to the outage."""
    chance = random.Random(1)
    for number in range(HOURS * PER_HOUR):
        at = (
            START - (HOURS * PER_HOUR - number) * 60 * MINUTE // PER_HOUR + chance.randrange(MINUTE)
        )
        yield problem(f"usual-{number}", number, at, f"usual-{chance.randrange(ACCOUNTS)}")


def problem(name: str, number: int, at: int, account: str) -> ProblemReport:
    """A report of a technical problem that `number` tells from others."""
    return ProblemReport(
        report_id=name,
        ticket_id=name,
        message_id=name,
        fingerprint=f"{number:016x}",
        fingerprint_version=1,
        category="technical",
        occurred_at=at,
        source_partition=0,
        source_watermark=at,
        account_id=account,
    )


def of(name: str, seed: int, later: int = 0) -> list[ConversationMessage]:
    """An outage's messages, each ticket and account named for it."""
    return [
        replace(
            one,
            ticket_id=f"{name}/{one.ticket_id}",
            account_id=f"{name}/{one.account_id}",
            sent_at=one.sent_at + later,
        )
        for one in told(OUTAGES[name], seed)
    ]


def names(found: list[Anomaly]) -> set[str]:
    return {anomaly.anomaly_id for anomaly in found}


@pytest.mark.parametrize("count", [ENOUGH - 1, ENOUGH])
def test_reports_that_share_no_more_than_their_category_are_an_anomaly_from_ten_on(
    count: int, tmp_path: Path
) -> None:
    agent = Harness(AnomaliesAgent(Codec(), AnomalyPolicy()), tmp_path, REPORTS, ACTIONS)
    for report in ordinary_day():
        agent.feed(REPORTS, report)
    found: list[Anomaly] = []
    for number in range(count):
        at = START + number * MINUTE // 5
        fresh = problem(f"fresh-{number}", 10**6 + number, at, f"fresh-{number}")
        found += decoded(agent.feed(REPORTS, fresh), "support.anomalies")
    assert len(found) == count - (ENOUGH - 1)


@pytest.mark.parametrize("seed", range(4))
def test_an_outage_that_its_customers_name_in_many_ways_is_one_anomaly_but_for_two_of_fourteen(
    seed: int, tmp_path: Path
) -> None:
    apart = []
    for number, name in enumerate(OUTAGES):
        folder = tmp_path / str(number)
        folder.mkdir()
        problems, found = anomalies_of(iter(of(name, seed)), folder, ordinary_day())
        if len(names(found)) != 1 and (problems >= ENOUGH or found):
            apart.append(name)
    assert len(OUTAGES) == 14
    assert len(apart) <= 2, apart


def test_of_two_outages_ten_minutes_apart_about_half_are_not_one_anomaly(tmp_path: Path) -> None:
    """As one counts a pair whose anomalies have three tickets or more of either.

    Where a whole category is open already, all that bursts in it is part of it: the more reports
    are read as such, the more pairs have both bursts in one category.
    """
    as_one = []
    for number, (one, other) in enumerate(pairs := [*combinations(OUTAGES, 2)][::4]):
        both = sorted((*of(one, 1), *of(other, 2, APART)), key=lambda message: message.sent_at)
        _, found = anomalies_of(iter(both), tmp_path / str(number), ordinary_day())
        if any(min(each[one], each[other]) >= 3 for each in tickets(found)):
            as_one.append((one, other))
    assert len(as_one) < ABOUT_HALF * len(pairs), as_one
