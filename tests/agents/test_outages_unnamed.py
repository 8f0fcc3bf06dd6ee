"""Outages after an ordinary day: what is usual of a category is known, so that it can burst."""

import random
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.records import Anomaly, ConversationMessage, ProblemReport
from tests.agents.harness import START
from tests.agents.test_outages import MINUTE, TWO_NAMED, anomalies_of, outages, told, told_of
from tests.agents.test_outages_elsewhere import OUTAGES as ELSEWHERE
from tests.agents.test_outages_elsewhere import tickets

OUTAGES = {
    **told_of(Path(__file__).with_name("outages_unnamed.txt")),
    **ELSEWHERE,
    **{name: outages()[name] for name in TWO_NAMED},
}
ENOUGH = 9
"""Reports that are more than chance in a category."""
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
        yield ProblemReport(
            report_id=f"usual-{number}",
            ticket_id=f"usual-{number}",
            message_id=f"usual-{number}",
            fingerprint=f"{number:016x}",
            fingerprint_version=1,
            category="technical",
            occurred_at=at,
            source_partition=0,
            source_watermark=at,
            account_id=f"usual-{chance.randrange(ACCOUNTS)}",
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


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", OUTAGES)
def test_an_outage_that_its_customers_name_in_many_ways_is_one_anomaly(
    name: str, seed: int, tmp_path: Path
) -> None:
    problems, found = anomalies_of(iter(of(name, seed)), tmp_path, ordinary_day())
    assert len(names(found)) == 1 or (problems < ENOUGH and not found)


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
