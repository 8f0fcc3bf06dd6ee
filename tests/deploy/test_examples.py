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
from deploy.examples.wire import NoTopic, Read, Wire
from detectors.signals import Signal, Signals
from schemas.records import (
    Action,
    Cause,
    ConversationMessage,
    CustomerNotice,
    Decision,
    DraftOutcome,
    DraftReview,
    EscalationUpdate,
    MessageStatus,
    Reason,
    Record,
    ReviewRequest,
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


def test_a_topic_that_is_not_there_is_told_rather_than_read_as_empty(embedded: Broker) -> None:
    embedded.topics(**{TOPIC: 1})
    with pytest.raises(NoTopic, match=r"no topic acme\.support\.conversations"):
        Wire(embedded.connection.bootstrap, [TOPIC], from_start=True, prefix="acme.")


class Listener:
    """A desk that only remembers what was judged and reviewed."""

    def __init__(self) -> None:
        self.judged: list[Verdict] = []
        self.reviewed: list[tuple[str, DraftOutcome, str | None]] = []

    def poll(self) -> None:
        """Nothing comes."""

    def review(self, review_id: str, outcome: DraftOutcome, text: str | None = None) -> None:
        """Remember it."""
        self.reviewed.append((review_id, outcome, text))

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


@pytest.mark.parametrize("line", ["edit", "edit R1", "edit R1  "])
def test_a_draft_is_not_edited_into_nothing(line: str) -> None:
    desk = Listener()
    terminal = Terminal(cast("Desk", desk), Console())
    terminal.onecmd(line)
    assert desk.reviewed == []
    terminal.onecmd("edit R1 Under File, Export.")
    assert desk.reviewed == [("R1", DraftOutcome.EDITED, "Under File, Export.")]


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


def at_work(wire: Told, **options: object) -> Platform:
    """A platform whose AI is always sure."""
    return Platform(wire, lambda _chat: Answer("Surely!", 0.9), **options)  # type: ignore[arg-type]


def hear(platform: Platform, wire: Told, *records: Record) -> list[tuple[str, str]]:
    """What the platform has shown the customer once it has read these records."""
    wire.coming = [*records]
    platform.poll()
    return [(str(line.role), line.text) for line in platform.chats["T1"].lines]


def decided(sequence: int, action: Action, message_id: str | None, **more: object) -> Decision:
    """A decision on a customer's message, or on what else `more` says."""
    talk = Conversation()
    talk.customer("Hello")
    said = {"subject_id": message_id, "message_id": message_id, **more}
    return replace(talk.decision, sequence=sequence, action=action, **said)


def test_the_ai_asks_for_nothing_past_a_message_that_is_still_to_be_decided() -> None:
    wire = Told()
    platform = at_work(wire)
    platform.customer_says("T1", "You have charged me twice!")
    first = platform.chats["T1"].asked
    platform.customer_says("T1", "And I do not want to live any more.")
    second = platform.chats["T1"].asked
    notice = CustomerNotice("handoff", "en")
    handoff = decided(
        1, Action.HANDOFF, first, customer_notice=notice, escalation_id="e1", collect=("order",)
    )
    shown = hear(platform, wire, handoff)
    assert [role for role, _ in shown] == ["customer", "customer", "system"]
    assert platform.is_waiting, "for the decision on the second"
    shown = hear(platform, wire, decided(2, Action.COLLECT, second, collect=("order",)))
    assert shown[-1] == ("ai", "To help my colleague, please tell me: order.")
    assert not platform.is_waiting


def test_the_ai_asks_once_where_a_handoff_meets_a_draft_under_way() -> None:
    wire = Told()
    platform = at_work(wire)
    platform.customer_says("T1", "You have charged me twice!")
    asked = platform.chats["T1"].asked
    hear(platform, wire, decided(1, Action.REPLY, asked))
    draft = platform.chats["T1"].draft
    assert draft is not None
    late = decided(2, Action.HANDOFF, asked, cause=Cause.TIMER, subject_id="t", collect=("order",))
    on_draft = decided(
        3, Action.COLLECT, asked, cause=Cause.DRAFT, subject_id=draft.draft_id, collect=("order",)
    )
    shown = hear(platform, wire, late, on_draft)
    assert [role for role, _ in shown] == ["customer", "ai"]


def test_a_draft_that_is_offered_is_not_offered_again_when_it_must_be_reviewed_after_all() -> None:
    wire = Told()
    platform = at_work(wire)
    platform.customer_says("T1", "How do I export a list?")
    asked = platform.chats["T1"].asked
    hear(platform, wire, decided(1, Action.REPLY, asked))
    offered = platform.chats["T1"].draft
    hear(platform, wire, decided(2, Action.REVIEW, asked, cause=Cause.UPDATE, subject_id="u1"))
    assert platform.chats["T1"].draft == offered
    assert sum(isinstance(one, ConversationMessage) for one in wire.sent) == 2


def test_neither_a_draft_of_a_person_nor_a_repetition_is_shown_to_the_customer() -> None:
    wire = Told()
    platform = at_work(wire)
    platform.customer_says("T1", "How do I export a list?")
    human = ConversationMessage("h1", "T1", Role.HUMAN, "Not done yet", START, author_id="ann")
    shown = hear(platform, wire, replace(human, status=MessageStatus.DRAFT))
    assert [role for role, _ in shown] == ["customer"]
    assert platform.chats["T1"].asked is not None
    answer = replace(human, message_id="h2", text="Under File.")
    shown = hear(platform, wire, answer, answer)
    assert shown[1:] == [("human", "Under File.")]


def test_what_a_persons_mailbox_sends_by_itself_does_not_answer_for_the_ai() -> None:
    wire = Told()
    platform = at_work(wire, drafts=False)
    platform.customer_says("T1", "How do I export a list?")
    away = ConversationMessage("h1", "T1", Role.HUMAN, "I am away.", START, automated=True)
    shown = hear(platform, wire, away, decided(1, Action.REPLY, platform.chats["T1"].asked))
    assert [role for role, _ in shown] == ["customer", "human", "ai"]


def test_a_platform_that_fails_open_does_not_speak_after_a_person_has_answered() -> None:
    wire = Told()
    platform = at_work(wire, late=Late.SEND, patience=0.0)
    platform.customer_says("T1", "How do I export a list?")
    human = ConversationMessage("h1", "T1", Role.HUMAN, "Under File.", START, author_id="ann")
    shown = hear(platform, wire, human)
    assert [role for role, _ in shown] == ["customer", "human"]
    assert not platform.is_waiting


@pytest.mark.parametrize(
    ("outcome", "words", "sent"),
    [
        (DraftOutcome.APPROVED, None, ["Surely!"]),
        (DraftOutcome.EDITED, "Under File.", ["Under File."]),
        (DraftOutcome.EDITED, "", []),
        (DraftOutcome.EDITED, None, []),
    ],
)
def test_of_an_edited_draft_only_the_persons_words_go_out(
    outcome: DraftOutcome, words: str | None, sent: list[str]
) -> None:
    wire = Told()
    platform = at_work(wire)
    platform.customer_says("T1", "How do I export a list?")
    asked = platform.chats["T1"].asked
    hear(platform, wire, decided(1, Action.REVIEW, asked))
    draft = platform.chats["T1"].draft
    assert draft is not None
    assert draft.draft_id is not None
    word = DraftReview(draft.draft_id, outcome, "ben", words)
    judged = TicketUpdate("u1", "T1", UpdateKind.DRAFT_REVIEWED, START, draft=word)
    let_out = decided(2, Action.REPLY, asked, cause=Cause.UPDATE, subject_id="u1")
    shown = hear(platform, wire, judged, let_out)
    assert [text for role, text in shown if role == "ai"] == sent


def test_a_review_that_has_gone_to_another_route_leaves_the_desk() -> None:
    talk = Conversation()
    talk.customer("How do I export a list?")
    talk.draft("Perhaps under File?", confidence=0.1, in_reply_to="m1", draft_id="d1")
    talk.customer("It ends with E42 in SAP", Signals(technical=Signal(0.9, (0, 3)), complexity=3))
    first, second = talk.all(ReviewRequest)
    assert (first.route, second.route) == ("general", "technical")
    wire = Told()
    desk = Desk(wire, "general", "mei")  # type: ignore[arg-type]
    wire.coming = [first]
    desk.poll()
    assert [*desk.reviews] == [first.review_id]
    wire.coming = [second]
    desk.poll()
    assert not desk.reviews


def test_a_desk_shows_once_what_was_written_twice() -> None:
    wire = Told()
    desk = Desk(wire, "general", "mei")  # type: ignore[arg-type]
    said = ConversationMessage("m1", "T1", Role.CUSTOMER, "please", START)
    wire.coming = [said, said]
    desk.poll()
    assert desk.talk == {"T1": [said]}
