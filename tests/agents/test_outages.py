"""An outage as forty customers tell of it, each in own words with an own error or none."""

import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import Anomaly, AnomalyState, ConversationMessage, ProblemReport, Role
from streams.agents.anomalies import AnomaliesAgent
from streams.agents.deciding import Decider
from streams.agents.tickets import CONVERSATIONS, TicketsAgent
from streams.core.anomalies import AnomalyPolicy
from streams.core.policy import default_policy
from tests.agents.harness import START, Harness, decoded

REPORTS, ACTIONS = AnomaliesAgent.sources
MINUTE = 60_000
OUTAGES = Path(__file__).with_name("outages.txt")
WORDINGS = Path(__file__).parents[1] / "detectors" / "wordings.txt"
PARTS = (
    "The sign in page gives HTTP 503",
    "The reports page returns 502",
    "Our API calls get 504, gateway timeout",
    "Export of orders fails with 503",
    "Each upload answers 502 Bad Gateway",
    "Search shows service unavailable",
)
TWO_NAMED = {"calls have no audio"}
"""Half of the customers name one part of the product, half another: that opens two anomalies where
nothing is known yet of what is usual, see `test_outages_unnamed`."""
SAME_PARTS = {
    "identity provider down": {"login fails", "logged out again and again"}
    | {"password reset mail not coming"},
    "files cannot be stored": {"file upload fails", "images do not load"},
    "message queue stuck, webhooks and notifications late": {"webhooks missing"}
    | {"messages delayed", "notifications doubled"},
    "database slow, reports and lists do not load": {"reports do not load", "everything is slow"}
    | {"dashboard numbers wrong"},
    "card payments are declined": {"payment is refused"},
    "calls have no audio": {"video calls have no sound", "phone calls drop"},
}
"""Ordinary problems that a report of the outage could be, too."""


def outages() -> dict[str, list[str]]:
    """The messages of each outage."""
    return told_of(OUTAGES)


def told_of(file: Path) -> dict[str, list[str]]:
    """The messages of each problem in a file."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in file.read_text().splitlines():
        if named := re.fullmatch(r"\[\w+\] (.+)", line):
            name = named.group(1)
            found[name] = []
        elif line and not line.startswith("#"):
            found[name].append(line)
    return found


def told(texts: list[str], seed: int) -> Iterator[ConversationMessage]:
    """Each text by an account of its own, within three minutes."""
    chance = random.Random(seed)
    times = sorted(chance.randrange(3 * MINUTE) for _ in texts)
    for number, (text, at) in enumerate(zip(chance.sample(texts, len(texts)), times, strict=True)):
        yield ConversationMessage(
            message_id=f"m{number}",
            ticket_id=f"T{number}",
            role=Role.CUSTOMER,
            text=text,
            sent_at=START + at,
            account_id=f"a{number}",
        )


def anomalies_of(
    messages: Iterator[ConversationMessage], folder: Path, before: Iterable[ProblemReport] = ()
) -> tuple[int, list[Anomaly]]:
    """How many of the messages report a problem, and what both agents make of them in time.

    The reports `before` are those of the days before.
    """
    tickets = Harness(TicketsAgent(Codec(), Decider(default_policy())), folder / "t", CONVERSATIONS)
    agent = Harness(AnomaliesAgent(Codec(), AnomalyPolicy()), folder / "a", REPORTS, ACTIONS)
    for report in before:
        agent.feed(REPORTS, report)
    found: list[Anomaly] = []
    problems = 0
    for message in messages:
        for report in decoded(tickets.feed(CONVERSATIONS, message), REPORTS):
            problems += not report.heartbeat
            found += decoded(agent.feed(REPORTS, report), "support.anomalies")
    for minute in range(4, 90):
        found += decoded(agent.tick(REPORTS, START + minute * MINUTE), "support.anomalies")
    return problems, found


def is_one_from_beginning_to_end(found: list[Anomaly]) -> bool:
    states = [anomaly.state for anomaly in found]
    return (
        len({anomaly.anomaly_id for anomaly in found}) == 1
        and (states[0], states[-1]) == (AnomalyState.OPENED, AnomalyState.RESOLVED)
        and set(states[1:-1]) == {AnomalyState.UPDATED}
    )


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", sorted(outages().keys() - TWO_NAMED))
def test_an_outage_in_forty_wordings_with_their_own_errors_is_one_anomaly(
    name: str, seed: int, tmp_path: Path
) -> None:
    texts = outages()[name]
    assert len(set(texts)) == 40
    problems, found = anomalies_of(told(texts, seed), tmp_path)
    assert is_one_from_beginning_to_end(found)
    assert len(found[-1].affected_accounts) >= 0.6 * problems
    assert found[0].updated_at - START < 2 * MINUTE


@pytest.mark.parametrize("name", outages())
def test_who_reports_something_else_meanwhile_is_not_told_of_the_outage(
    name: str, tmp_path: Path
) -> None:
    chance, others = random.Random(1), list[str]()
    for problem, texts in told_of(WORDINGS).items():
        others += texts if problem not in SAME_PARTS[name] else []
    meanwhile = [
        replace(one, ticket_id=f"else-{one.ticket_id}", account_id=f"else-{one.account_id}")
        for one in told(chance.sample(others, 60), 1)
    ]
    messages = sorted((*told(outages()[name], 1), *meanwhile), key=lambda one: one.sent_at)
    _, found = anomalies_of(iter(messages), tmp_path)
    last = {anomaly.anomaly_id: anomaly for anomaly in found}
    tickets = [{one.ticket_id for one in anomaly.affected} for anomaly in last.values()]
    of_outage = max(tickets, key=lambda ones: sum(one.startswith("T") for one in ones))
    of_whole = 14 if name in TWO_NAMED else 16
    assert len([one for one in of_outage if one.startswith("T")]) >= of_whole
    assert len([one for one in of_outage if one.startswith("else-")]) <= 3


@pytest.mark.parametrize("seed", range(3))
def test_server_errors_of_all_parts_of_a_product_at_once_are_one_anomaly(
    seed: int, tmp_path: Path
) -> None:
    texts = [f"{PARTS[number % 6]}, {number} of us see it" for number in range(42)]
    problems, found = anomalies_of(told(texts, seed), tmp_path)
    assert is_one_from_beginning_to_end(found)
    assert "status" in found[-1].grouped_by
    assert len(found[-1].affected_accounts) == problems == 42
