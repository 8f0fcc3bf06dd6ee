"""`baton erase`: what is found, what follows on the topics, and what the receipt says."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.codec import Codec, Tombstone
from schemas.records import (
    AffectedTicket,
    Anomaly,
    AnomalyState,
    ConversationMessage,
    DeadLetter,
    Escalation,
    EscalationUpdate,
    Header,
    Record,
    ReviewRequest,
    Role,
    TicketUpdate,
    UpdateKind,
)
from streams.agents.deciding import Decider
from streams.core.policy import default_policy
from streams.errors import InputError
from streams.history.playing import Player
from streams.history.replaying import Replay
from streams.kinds import AGENTS, outputs
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
    assert "2 wait for a running tickets agent: then erase them again" in said
    assert "has not taken up 2 of them" in receipt["advice"][0]
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
    assert left["support.decisions"]["how"] == "retention of 90 days, and a day for its segment"
    assert left["support.decisions"]["until"] > START
    assert left[CONVERSATIONS]["records"] == 4


def test_a_route_that_the_policy_at_hand_does_not_have_is_told_too(
    played: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    """Only a published policy has it, or one from before."""
    route = "support.escalations.elsewhere"
    played.create(route, 1)
    handed = next(
        one for one in lying(played, "support.escalations.billing") if isinstance(one, Escalation)
    )
    player = Player(played.connection, Codec())
    player.send(replace(handed, route="elsewhere"), 0)
    player.flush()
    code, lines, _ = baton(capfd, "erase", "--ticket", handed.ticket_id, "--wait", "0")
    left = {one["topic"] for one in json.loads("\n".join(lines))["left"]}
    assert (code, route in left) == (0, True)
    told = lying(played, route)[-1]
    assert isinstance(told, EscalationUpdate)
    assert told.note == "erased"


def test_the_receipt_names_the_ticket_that_has_what_was_told_in_one_merged_into_it(
    played: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    player = Player(played.connection, Codec())
    word = TicketUpdate("u", "T1", UpdateKind.MERGED_INTO, START, other_ticket_id="T9")
    player.send(word, 0)
    player.flush()
    _, lines, _ = baton(capfd, "erase", "--ticket", "T1", "--wait", "0")
    assert json.loads("\n".join(lines))["advice"][1].startswith("T1 was merged into T9,")


def test_dead_letters_are_written_again_without_what_they_had(
    played: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    player = Player(played.connection, Codec())
    for name, key, value in (
        ("by-key", b"T2", b"\x00"),
        ("by-value", b"\x00", b"\x00 of mara {"),
        ("other", b"T3", b"\x00 of noor {"),
    ):
        letter = DeadLetter(name, CONVERSATIONS, 0, 7, "unreadable", "mara?", START, "tickets")
        player.send(replace(letter, key=key, value=value, headers=(Header("a"),)), 0)
    player.flush()
    receipt = erased(capfd)
    left = {one["topic"]: one["how"] for one in receipt["left"]}
    assert left["support.dead-letters"] == "retention of 7 days, and a day for its segment"
    assert receipt["taken_back"]["support.dead-letters"] == 2
    letters = [one for one in lying(played, "support.dead-letters") if isinstance(one, DeadLetter)]
    assert {one.dead_letter_id for one in letters[3:]} == {"by-key", "by-value"}
    assert {(one.error, one.key, one.value, one.headers) for one in letters[3:]} == {
        ("erased", None, None, ())
    }
    code, lines, _ = baton(capfd, "dead-letters", "replay", "--all")
    assert (code, lines) == (0, ["other"])
    code, _, said = baton(capfd, "dead-letters", "replay", "by-key")
    assert code == InputError.exit_code
    assert "no dead letter by-key is left" in said


def test_incidents_that_are_over_are_written_again_without_the_ticket_and_its_account(
    played: Broker, capfd: pytest.CaptureFixture[str]
) -> None:
    player = Player(played.connection, Codec())
    ours, theirs = AffectedTicket("T2", START, "acme"), AffectedTicket("T9", START, "zeta")
    open_now = Anomaly(
        "an-1", AnomalyState.OPENED, 1, "x", "technical", START, START, START, START, 3, 0.0, 0.0,
        sample_tickets=(ours,),
    )  # fmt: skip
    over = replace(
        open_now,
        anomaly_id="an-2",
        state=AnomalyState.RESOLVED,
        revision=4,
        sample_tickets=(ours, theirs),
        affected=(ours, theirs),
        large_accounts=("acme",),
        affected_accounts=("acme", "zeta"),
        total_tickets=2,
        total_accounts=2,
    )
    further = replace(over, affected=(ours,), part=2)
    another = replace(over, anomaly_id="an-3", sample_tickets=(theirs,), affected=(theirs,))
    for one in (open_now, replace(further, revision=2, part=3), over, further, another):
        player.send(one, 0)
    player.flush()
    assert erased(capfd)["taken_back"]["support.anomalies"] == 2
    without = replace(
        over,
        sample_tickets=(theirs,),
        affected=(theirs,),
        large_accounts=(),
        affected_accounts=("zeta",),
        total_tickets=1,
        total_accounts=1,
    )
    written = lying(played, "support.anomalies")[5:]
    assert written == [without, replace(without, affected=(), part=2)]


def erased(capfd: pytest.CaptureFixture[str]) -> Any:
    """The receipt of one who is erased."""
    _, lines, _ = baton(capfd, "erase", "--requester", "mara", "--wait", "0")
    return json.loads("\n".join(lines))


@pytest.mark.usefixtures("played")
def test_nobody_to_erase_is_said(capfd: pytest.CaptureFixture[str]) -> None:
    code, _, error = baton(capfd, "erase", "--requester", "nobody")
    assert code == InputError.exit_code
    assert "no ticket is found" in error
