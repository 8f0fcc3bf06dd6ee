"""What the examples make of stray records and mistyped commands."""

import time
from typing import cast

import pytest
from confluent_kafka import Producer
from msgspec.structs import replace
from rich.console import Console

from deploy.examples.chat import Answer, Chat, Late
from deploy.examples.chat_platform import Platform
from deploy.examples.desk import Desk
from deploy.examples.desk_terminal import Terminal, time_left
from deploy.examples.wire import Read, Wire
from schemas.records import (
    Action,
    ConversationMessage,
    EscalationUpdate,
    Reason,
    Record,
    Role,
    TicketUpdate,
    UpdateKind,
    Verdict,
)
from schemas.topics import key_of, topic_of
from tests.conftest import Broker
from tests.core.conversation import START, Conversation, scores
from tests.patience import PATIENCE
from tests.transactions import open_transaction

TOPIC = "support.conversations"


def test_a_record_with_no_key_or_one_that_is_no_text_is_passed_over(embedded: Broker) -> None:
    embedded.topics(**{TOPIC: 1})
    producer = Producer({"bootstrap.servers": embedded.connection.bootstrap})
    for key in (None, b"\xff", b""):
        producer.produce(TOPIC, b"{}", key)
        producer.produce(TOPIC, None, key)
    producer.flush(10)
    with Wire(embedded.connection.bootstrap, [TOPIC], from_start=True) as wire:
        wire.send(ConversationMessage("m1", "T1", Role.CUSTOMER, "Hi", 1_767_603_600_000))
        read: list[Read] = []
        while not read:
            read = list(wire.poll(1))
    assert [one.key for one in read] == ["T1"]


class Listener:
    """A desk that only remembers what was judged."""

    def __init__(self) -> None:
        self.judged: list[Verdict] = []

    def poll(self) -> None:
        """Nothing comes."""

    def judge(self, _ticket_id: str, verdict: Verdict) -> None:
        """Remember it."""
        self.judged.append(verdict)


def test_a_wire_has_not_caught_up_with_what_lies_behind_an_open_transaction(
    kafka: Broker, unique: str
) -> None:
    kafka.create(unique, 1)
    with (
        open_transaction(kafka.bootstrap, unique) as producer,
        Wire(kafka.bootstrap, [unique], from_start=True) as wire,
    ):
        assert not list(wire.poll(2))
        assert not wire.caught_up
        producer.commit_transaction()
        limit = time.monotonic() + PATIENCE
        while not wire.caught_up:
            assert time.monotonic() < limit
            assert not list(wire.poll(0.1)), "records without keys"


@pytest.mark.parametrize("line", ["T1 neded", "T1", "", "T1 needed later", "T1 late needed"])
def test_a_mistyped_verdict_is_no_verdict(line: str) -> None:
    desk = Listener()
    terminal = Terminal(cast("Desk", desk), Console())
    terminal.onecmd(f"verdict {line}")
    assert desk.judged == []
    terminal.onecmd("verdict T1 unneeded late")
    assert desk.judged == [Verdict(needed=False, late=True)]


@pytest.mark.parametrize("line", ["transfer T1", "reply T1", "back T1", "accept", "wait soon"])
def test_a_command_without_all_its_words_is_told_and_does_nothing(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Wire("127.0.0.1:1", [], from_start=True) as wire:
        desk = Desk(wire, "billing", "ann")
        Terminal(desk, Console()).onecmd(line)
    assert capsys.readouterr().out.strip()


@pytest.mark.parametrize(
    ("minutes", "told"),
    [
        (0, "0 min"),
        (90, "90 min"),
        (120, "2 h"),
        (3_000, "2 d"),
        (2_879, "47 h"),
        (-5, "5 min over"),
    ],
)
def test_what_is_due_is_told_in_minutes_hours_or_days(minutes: int, told: str) -> None:
    assert time_left(minutes * 60_000) == told


class Told:
    """A wire on which records come; what is sent is kept."""

    def __init__(self) -> None:
        self.coming: list[Record] = []
        self.sent: list[Record] = []

    def send(self, record: Record) -> None:
        """Keep it."""
        self.sent.append(record)

    def poll(self, _timeout: float) -> list[Read]:
        said, self.coming = self.coming, []
        return [Read(topic_of(one), key_of(one), one) for one in said]


def test_a_desk_and_a_platform_delete_what_they_keep_of_a_ticket_that_is_erased() -> None:
    talk = Conversation()
    talk.customer("please let a person look at order 7", scores(human_request=0.9))
    talk.customer("it is urgent", scores(urgency=0.9))
    [handoff] = talk.escalations
    said = ConversationMessage("m1", "T1", Role.CUSTOMER, "please", START)
    wire = Told()
    desk = Desk(wire, handoff.route, "mei")  # type: ignore[arg-type]
    platform = Platform(wire, lambda _chat: Answer("yes", 0.9))  # type: ignore[arg-type]
    platform.chats["T1"] = Chat("T1", {})
    wire.coming = [handoff, *talk.all(EscalationUpdate), said]
    desk.poll()
    assert desk.packages
    assert desk.changes
    assert desk.talk
    erased = TicketUpdate("e1", "T1", UpdateKind.ERASED, START)
    talk.apply(erased)
    wire.coming = [erased]
    desk.poll()
    assert (desk.packages, desk.changes, desk.talk) == ({}, {}, {})
    wire.coming = [talk.decision]
    platform.poll()
    assert platform.chats == {}


@pytest.mark.parametrize(
    ("action", "code", "goes_out"),
    [
        (Action.REPLY, None, True),
        (Action.REPLY, "out_of_pattern", True),
        (Action.REPLY, "security", False),
        (Action.REPLY, "legal_compliance", False),
        (Action.REVIEW, "low_confidence", False),
        (Action.HANDOFF, "billing", False),
        (Action.SILENT, None, False),
    ],
)
def test_a_platform_that_fails_open_does_not_where_the_ai_may_not_speak(
    action: Action, code: str | None, goes_out: bool
) -> None:
    wire = Told()
    platform = Platform(
        wire,  # type: ignore[arg-type]
        lambda _chat: Answer("Surely!", 0.9),
        late=Late.SEND,
        patience=0.0,
    )
    reasons = () if code is None else (Reason(code, 2, 0.9, 0.5),)
    talk = Conversation()
    talk.customer("Hello")
    platform.chats["T1"] = Chat("T1", {})
    wire.coming = [replace(talk.decision, action=action, reasons=reasons)]
    platform.poll()
    platform.customer_says("T1", "Are you there?")
    platform.poll()
    sent = [one.role for one in wire.sent if isinstance(one, ConversationMessage)]
    asked = [one.kind for one in wire.sent if isinstance(one, TicketUpdate)]
    assert sent == ["customer", "ai"] if goes_out else sent == ["customer"]
    assert asked == [] if goes_out else asked == ["gate_timeout"]
