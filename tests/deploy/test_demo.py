"""The demo's input is valid, ordered, and covers what it is meant to show."""

from collections import Counter, defaultdict
from itertools import takewhile
from pathlib import Path

import msgspec
import pytest

from schemas.records import AccountProfile, ConversationMessage, Role, TicketUpdate, Visibility
from streams.demo.input import events
from streams.history.files import Event, time_of

DEMO = Path(__file__).parents[2] / "deploy" / "demo"
START = 1_767_603_600_000
MINUTE = 60_000

Line = ConversationMessage | TicketUpdate


class Chat(msgspec.Struct, forbid_unknown_fields=True):
    language: str
    turns: list[str]
    translated: list[str] = []


class Background(msgspec.Struct, forbid_unknown_fields=True):
    slots: dict[str, list[str]]
    closing: dict[str, list[str]]
    chats: list[Chat]


def lines(name: str) -> list[Line]:
    decoder = msgspec.json.Decoder(Line)
    return [decoder.decode(line) for line in (DEMO / name).read_bytes().splitlines()]


def messages(name: str) -> list[ConversationMessage]:
    return [line for line in lines(name) if isinstance(line, ConversationMessage)]


def accounts() -> dict[str, AccountProfile]:
    decoder = msgspec.json.Decoder(AccountProfile)
    profiles = [
        decoder.decode(line) for line in (DEMO / "accounts.jsonl").read_bytes().splitlines()
    ]
    assert len({one.account_id for one in profiles}) == len(profiles)
    return {one.account_id: one for one in profiles}


def test_the_outage_comes_once_an_hour_so_that_it_is_seen_to_end() -> None:
    shops = {line.ticket_id for line in lines("outage.jsonl")}
    began = Counter(
        time_of(event) // (60 * MINUTE)
        for event in takewhile(_in_two_hours, events())
        if {event.ticket_id, event.ticket_id.rpartition("-")[0]} & shops
        and isinstance(event, ConversationMessage)
        and event.role is Role.CUSTOMER
    )
    assert began[0] == began[1] == len(shops) == 40


def _in_two_hours(event: Event) -> bool:
    return time_of(event) < 120 * MINUTE


@pytest.mark.parametrize("name", ["conversations.jsonl", "outage.jsonl"])
def test_lines_are_in_the_order_of_their_times_within_ten_minutes(name: str) -> None:
    times = [
        line.sent_at if isinstance(line, ConversationMessage) else line.occurred_at
        for line in lines(name)
    ]
    assert times == sorted(times)
    assert START <= times[0] <= times[-1] <= START + 10 * MINUTE


def test_ids_are_unique_over_both_files() -> None:
    both = lines("conversations.jsonl") + lines("outage.jsonl")
    ids = [
        line.message_id if isinstance(line, ConversationMessage) else line.update_id
        for line in both
    ]
    assert len(set(ids)) == len(ids)


def test_no_line_has_a_member_that_its_record_does_not_know() -> None:
    for name in ("conversations.jsonl", "outage.jsonl"):
        raw = (DEMO / name).read_bytes().splitlines()
        for line, record in zip(raw, lines(name), strict=True):
            known = {"type", *record.__struct_fields__}
            assert set(msgspec.json.decode(line)) <= known


def test_there_are_at_least_fifty_conversations_and_they_overlap() -> None:
    by_ticket: dict[str, list[int]] = defaultdict(list)
    for message in messages("conversations.jsonl"):
        by_ticket[message.ticket_id].append(message.sent_at)
    assert len(by_ticket) >= 50
    middle = START + 3 * MINUTE
    assert sum(min(times) < middle < max(times) for times in by_ticket.values()) > 5


def test_every_conversation_begins_with_its_customer() -> None:
    first: dict[str, Role] = {}
    for message in messages("conversations.jsonl"):
        first.setdefault(message.ticket_id, message.role)
    assert set(first.values()) == {Role.CUSTOMER}


def test_at_least_half_of_the_conversations_stay_with_the_ai() -> None:
    roles: dict[str, set[Role]] = defaultdict(set)
    for message in messages("conversations.jsonl"):
        roles[message.ticket_id].add(message.role)
    alone = [ticket for ticket, who in roles.items() if who <= {Role.CUSTOMER, Role.AI}]
    assert len(alone) >= len(roles) / 2


def test_all_roles_internal_notes_drafts_languages_and_channels_occur() -> None:
    said = messages("conversations.jsonl")
    assert {one.role for one in said} == {Role.CUSTOMER, Role.AI, Role.HUMAN, Role.SYSTEM}
    assert {one.channel for one in said} == {"chat", "email"}
    assert {"en", "de", "es"} <= {one.language for one in said}
    assert any(one.visibility is Visibility.INTERNAL for one in said)
    assert any(one.gave_up for one in said)
    assert any(one.draft_id for one in said)
    answers = [one for one in said if one.role is Role.AI]
    assert all(one.in_reply_to and one.confidence is not None for one in answers)


def test_every_update_is_about_a_ticket_that_was_written_to_before() -> None:
    known: set[str] = set()
    for line in lines("conversations.jsonl"):
        if isinstance(line, ConversationMessage):
            known.add(line.ticket_id)
        else:
            assert line.ticket_id in known


def test_forty_accounts_of_mixed_size_report_the_outage_within_three_minutes() -> None:
    reports = [one for one in messages("outage.jsonl") if one.role is Role.CUSTOMER]
    profiles = accounts()
    assert len({one.account_id for one in reports}) == len(reports) == 40
    assert len({one.text for one in reports}) == 40
    assert reports[0].sent_at >= START + 5 * MINUTE
    assert reports[-1].sent_at <= START + 8 * MINUTE
    sizes = Counter(profiles[one.account_id or ""].tier for one in reports)
    assert set(sizes) == {"small", "business", "enterprise"}


def test_every_account_that_speaks_has_a_profile() -> None:
    said = messages("conversations.jsonl") + messages("outage.jsonl")
    assert {one.account_id for one in said} == set(accounts())


def test_background_chats_are_distinct_short_and_filled_from_their_slots() -> None:
    background = msgspec.json.decode((DEMO / "background.json").read_bytes(), type=Background)
    assert len({chat.turns[0] for chat in background.chats}) == len(background.chats) >= 60
    one_of_each = {slot: values[0] for slot, values in background.slots.items()}
    for chat in background.chats:
        assert 2 <= len(chat.turns) <= 3
        assert all("{" not in turn.format(**one_of_each) for turn in chat.turns + chat.translated)
        assert chat.language in background.closing
        if chat.language != "en":
            assert len(chat.translated) == (len(chat.turns) + 1) // 2
