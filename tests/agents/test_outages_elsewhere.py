"""Outages in other fields than those that anything was chosen on, amid other problems."""

import random
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.records import Anomaly, ConversationMessage
from tests.agents.test_outages import WORDINGS, anomalies_of, told, told_of

OUTAGES = told_of(Path(__file__).with_name("outages_elsewhere.txt"))
SAME_PARTS = {
    "bank transfers do not go out": {"transfers stuck", "payment is refused"},
    "mobile data gone": {"internet is down", "phone calls drop"},
    "bookings are not confirmed": {"calendar does not sync", "e-mails do not arrive"},
    "deliveries cannot be tracked": {"orders missing from the list", "webhooks missing"},
    "payslips do not open": {"invoices cannot be opened", "documents lost changes"},
    "heating cannot be controlled": {"thermostat offline"},
}
"""Ordinary problems that a report of the outage could be, too."""


def of(name: str, seed: int) -> Iterator[ConversationMessage]:
    """An outage's messages, each ticket named for it."""
    for one in told(OUTAGES[name], seed):
        ticket, account = f"{name}/{one.ticket_id}", f"{name}/{one.account_id}"
        yield replace(one, ticket_id=ticket, account_id=account)


def amid(name: str, seed: int) -> Iterator[ConversationMessage]:
    """An outage's messages, and forty about ordinary problems in the same three minutes."""
    chance, others = random.Random(seed), list[str]()
    for problem, texts in told_of(WORDINGS).items():
        others += texts if problem not in SAME_PARTS[name] else []
    meanwhile = told(chance.sample(others, 40), seed)
    return iter(sorted((*of(name, seed), *meanwhile), key=lambda one: one.sent_at))


def tickets(found: list[Anomaly]) -> list[Counter[str]]:
    """Of which outages each anomaly's tickets are; those of none are under the empty name."""
    last = {one.anomaly_id: one for one in found}.values()
    names = [[one.ticket_id.rpartition("/")[0] for one in anomaly.affected] for anomaly in last]
    return [Counter(each) for each in names]


@pytest.mark.parametrize("name", OUTAGES)
def test_an_outage_in_another_field_is_found_with_few_tickets_of_others(
    name: str, tmp_path: Path
) -> None:
    assert len(set(OUTAGES[name])) == 20
    _, found = anomalies_of(amid(name, 1), tmp_path)
    main = max(tickets(found), key=lambda each: each[name])
    assert main[name] >= 4
    assert main[""] <= 3


def test_two_outages_at_once_are_hardly_ever_one_anomaly(tmp_path: Path) -> None:
    """As one counts a pair whose anomalies have three tickets or more of either."""
    as_one = []
    for number, (one, other) in enumerate(combinations(OUTAGES, 2)):
        both = sorted((*of(one, 1), *of(other, 2)), key=lambda message: message.sent_at)
        _, found = anomalies_of(iter(both), tmp_path / str(number))
        if any(min(each[one], each[other]) >= 3 for each in tickets(found)):
            as_one.append((one, other))
    assert len(as_one) <= 2, as_one
