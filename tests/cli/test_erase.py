"""`baton erase`: what is found, what follows on the topics, and what the receipt says."""

import json

import pytest
from msgspec.structs import replace

from schemas.codec import Codec, Tombstone
from schemas.records import (
    AccountHealth,
    AffectedTicket,
    Anomaly,
    AnomalyState,
    ConversationMessage,
    DeadLetter,
    EscalationUpdate,
    HealthLevel,
    Record,
    ReviewRequest,
    Role,
    TicketSummary,
    TicketUpdate,
    UpdateKind,
)
from streams.agents.deciding import Decider
from streams.app import AGENTS, outputs
from streams.core.policy import default_policy
from streams.errors import InputError
from streams.history.playing import Player
from streams.history.replaying import Replay
from streams.reading import Follower
from streams.settings import Settings
from tests.cli.test_commands import baton
from tests.conftest import Broker

START = 1_767_603_600_000
CONVERSATIONS = "support.conversations"


def message(ticket: str, text: str, requester: str, account: str) -> ConversationMessage:
    return ConversationMessage(
        f"{ticket}-m", ticket, Role.CUSTOMER, text, START,
        requester_id=requester, account_id=account,
    )  # fmt: skip


EVENTS = [
    message("T1", "You charged me twice, I want my money back!", "mara", "acme"),
    message("T2", "こんにちは、注文について質問があります。", "mara", "acme"),
    message("T3", "I am furious, this is useless!", "noor", "acme"),
]


@pytest.fixture
def played(embedded: Broker, monkeypatch: pytest.MonkeyPatch) -> Broker:
    """Three tickets and all that Baton wrote of them."""
    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", embedded.bootstrap)
    names = {name for agent in AGENTS for name in outputs(agent, Settings())}
    for name in sorted(names | {CONVERSATIONS}):
        embedded.create(name, 1)
    player = Player(embedded.connection, Codec())
    for event in EVENTS:
        player.send(event, 0)
    for output in Replay(Decider(default_policy()), 1).run(EVENTS):
        if not isinstance(output, Tombstone):
            player.send(output, 0)
    player.flush()
    return embedded


def lying(broker: Broker, topic: str) -> list[Record]:
    with Follower(broker.connection, Codec(), [topic], from_start=True) as follower:
        return [seen.record for seen in follower.to_end() if seen.record is not None]


@pytest.mark.usefixtures("played")
@pytest.mark.parametrize(
    ("option", "tickets"),
    [
        (("--requester", "mara"), ["T1", "T2"]),
        (("--account", "acme"), ["T1", "T2", "T3"]),
        (("--ticket", "T3"), ["T3"]),
    ],
)
def test_the_tickets_of_a_requester_or_an_account_are_found(
    capfd: pytest.CaptureFixture[str], option: tuple[str, str], tickets: list[str]
) -> None:
    code, lines, _ = baton(capfd, "erase", *option, "--dry-run")
    assert (code, lines) == (0, tickets)


def test_the_agent_is_asked_desks_are_told_and_the_receipt_says_what_is_left(
    played: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    code, lines, said = baton(capfd, "erase", "--requester", "mara", "--wait", "0")
    receipt = json.loads("\n".join(lines))
    assert (code, receipt["tickets"], receipt["taken_up"]) == (0, ["T1", "T2"], [])
    assert "2 wait for a running tickets agent" in said
    asked = [one for one in lying(played, CONVERSATIONS) if isinstance(one, TicketUpdate)]
    assert [(one.ticket_id, one.kind) for one in asked] == [
        ("T1", UpdateKind.ERASED),
        ("T2", UpdateKind.ERASED),
    ]
    billing = lying(played, "support.escalations.billing")
    told = [one for one in billing if isinstance(one, EscalationUpdate)]
    assert [(one.change, one.note, one.revision) for one in told] == [("closed", "erased", 2)]
    review = lying(played, "support.reviews")[-1]
    assert isinstance(review, ReviewRequest)
    assert (review.state, review.question, review.draft_text) == ("superseded", None, None)
    left = {one["topic"]: one for one in receipt["left"]}
    assert left["support.open-escalations"]["until"] is None
    assert left["support.decisions"]["how"] == "retention of 90 days"
    assert left["support.decisions"]["until"] > START
    assert left[CONVERSATIONS]["records"] == 4


def test_a_ticket_older_than_the_topics_is_found_by_the_account(
    played: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    old = TicketSummary("T0", START)
    player = Player(played.connection, Codec())
    player.send(AccountHealth("acme", START, 0.0, HealthLevel.HEALTHY, recent_tickets=(old,)), 0)
    player.flush()
    _, lines, _ = baton(capfd, "erase", "--account", "acme", "--dry-run")
    assert lines == ["T0", "T1", "T2", "T3"]


def test_dead_letters_and_anomalies_that_carry_the_ids_are_named(
    played: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    player = Player(played.connection, Codec())
    for name, value in (("mine", b"\x00 of mara {"), ("other", b"\x00 of noor {")):
        letter = DeadLetter(name, CONVERSATIONS, 0, 7, "unreadable", "?", START, "tickets")
        player.send(replace(letter, value=value), 0)
    touched = AffectedTicket("T2", START)
    for name, tickets in (("an-1", (touched,)), ("an-2", ())):
        player.send(
            Anomaly(
                name, AnomalyState.OPENED, 1, "x", "technical", START, START, START, START, 3, 0.0,
                0.0, sample_tickets=tickets,
            ),
            0,
        )  # fmt: skip
    player.flush()
    _, lines, _ = baton(capfd, "erase", "--requester", "mara", "--wait", "0")
    receipt = json.loads("\n".join(lines))
    assert receipt["named_in"] == ["an-1", "mine"]
    left = {one["topic"]: one["how"] for one in receipt["left"]}
    assert left["support.dead-letters"] == "retention of 7 days"


@pytest.mark.usefixtures("played")
def test_nobody_to_erase_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    code, _, error = baton(capfd, "erase", "--requester", "nobody")
    assert code == InputError.exit_code
    assert "no ticket is found" in error
