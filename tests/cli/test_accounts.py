"""`baton accounts` on a broker: how an account is doing, and an answer to a suggestion."""

import json

import pytest
from msgspec.structs import replace

from schemas.codec import Codec, Tombstone
from schemas.records import (
    AccountHealth,
    HealthLevel,
    HealthReason,
    Opportunity,
    OpportunityUpdate,
    TicketSummary,
)
from streams.agents.accounts import HEALTH_TOPIC, OPPORTUNITIES_TOPIC
from streams.cli.main import WRONG_USAGE
from streams.errors import InputError
from streams.history.playing import Player
from streams.reading import Follower
from tests.cli.test_commands import baton
from tests.conftest import Broker

START = 1_767_603_600_000
HEALTH = AccountHealth(
    "acme",
    START,
    38.4,
    HealthLevel.AT_RISK,
    reasons=(
        HealthReason("sentiment", 36.0, ticket_ids=("T7", "T8")),
        HealthReason("ticket_frequency", 12.0, 1.5),
    ),
    recent_tickets=(TicketSummary("T8", START, category="billing", escalated=True, sentiment=0.9),),
    opportunity=Opportunity("o1", "Health 38 of 100: unhappy messages.", START, "kim", ("T8",), 2),
)


@pytest.fixture
def broker(embedded: Broker, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """An account that got worse, one that is well, and one that is gone."""
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    for name in (HEALTH_TOPIC, OPPORTUNITIES_TOPIC):
        embedded.create(name, 2)
    well = replace(HEALTH, level=HealthLevel.HEALTHY, score=97.0, opportunity=None)
    player = Player(embedded.connection, Codec())
    player.send(well, 0)
    player.send(HEALTH, 0)
    player.send(replace(well, account_id="globex"), 0)
    player.send(replace(well, account_id="gone"), 0)
    player.send(Tombstone(HEALTH_TOPIC, "gone"), 0)
    player.flush()
    return embedded


def test_the_latest_record_of_an_account_is_shown(
    broker: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = baton(capfd, "accounts", "acme")
    assert code == 0
    assert lines == [
        "acme: at risk, health 38 of 100, 2026-01-05 09:00Z",
        "  -36   sentiment  (T7, T8)",
        "  -12   ticket frequency, usual 1.5 a week",
        "Reach out (kim, priority 2): Health 38 of 100: unhappy messages.",
        "  2026-01-05 09:00Z  T8: negative 0.9, billing, open, escalated",
    ]
    _, [line], _ = baton(capfd, "accounts", "acme", "--json")
    assert json.loads(line)["score"] == 38.4


def test_an_answer_is_written_for_the_agent(
    broker: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    code, lines, _ = baton(capfd, "accounts", "acme", "--answer", "accepted", "--by", "lee")
    assert (code, lines) == (0, ["o1: accepted"])
    topics = (OPPORTUNITIES_TOPIC,)
    with Follower(broker.connection, Codec(), topics, from_start=True) as follower:
        [seen] = follower.to_end()
    assert isinstance(seen.record, OpportunityUpdate)
    assert (seen.key, seen.record.status, seen.record.actor_id) == ("acme", "accepted", "lee")


def test_an_answer_as_json_is_the_record_and_names_the_user(
    broker: Broker, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOGNAME", "kim")
    _, [line], _ = baton(capfd, "accounts", "acme", "--answer", "done", "--json")
    update = json.loads(line)
    told = (update["opportunity_id"], update["status"], update["actor_id"])
    assert told == ("o1", "done", "kim")
    until = ("--until", "2099-01-01T00:00Z")
    _, [line], _ = baton(capfd, "accounts", "acme", "--answer", "snoozed", *until, "--json")
    assert json.loads(line)["until"] == 4_070_908_800_000
    assert baton(capfd, "accounts", "acme", "--answer", "done", *until)[0] == WRONG_USAGE


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("nobody",), "nothing is known of account nobody"),
        (("gone",), "nothing is known of account gone"),
        (("globex", "--answer", "done"), "there is no open suggestion to reach out to globex"),
        (("acme", "--answer", "snoozed", "--until", "2206-01-05"), "OpportunityUpdate.until is"),
        (("acme", "--answer", "done", "--by", "x" * 257), "actor_id has 257 characters"),
    ],
)
def test_what_cannot_be_shown_or_answered_is_said(
    broker: Broker, capfd: pytest.CaptureFixture[str], arguments: tuple[str, ...], told: str
) -> None:
    code, _, error = baton(capfd, "accounts", *arguments)
    assert code == InputError.exit_code
    assert told in error
