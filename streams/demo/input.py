"""What the demo plays: the written conversations, an outage, and ordinary traffic around them."""

import heapq
import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import msgspec

from schemas.records import AccountProfile, ConversationMessage, Millis, Role
from streams.errors import InputError
from streams.history.files import Event, read_history, time_of

MINUTE = 60_000
ROUND = 12 * MINUTE
"""How long a round of the written conversations takes; then they begin anew under other ids."""
OUTAGE_EVERY = 5
"""Rounds from one outage to the next: an hour, in which it is over."""

BACKGROUND_EVERY = 2_500
"""Mean milliseconds between two ordinary conversations."""
TURN_SECONDS = (6, 25)


class Chat(msgspec.Struct):
    """A routine conversation: the customer's and the AI's turns by turns.

    `translated` holds the customer's turns in English where they are in another language.
    """

    language: str
    turns: list[str]
    translated: list[str] = []


class Background(msgspec.Struct):
    """Routine conversations, what their placeholders are filled with, and an AI's last words."""

    slots: dict[str, list[str]]
    closing: dict[str, list[str]]
    chats: list[Chat]


def folder() -> Path:
    """Where the demo's files lie: in a checkout, or inside an installed package."""
    checkout = Path(__file__).parents[2] / "deploy" / "demo"
    installed = Path(__file__).parents[1] / "cli" / "demo_input"
    for place in (checkout, installed):
        if (place / "conversations.jsonl").exists():
            return place
    raise InputError(f"the demo's conversations are neither in {checkout} nor in {installed}")


def profiles() -> list[AccountProfile]:
    """The accounts of the written conversations."""
    lines = (folder() / "accounts.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=AccountProfile) for line in lines]


def events() -> Iterator[Event]:
    """The demo's conversations without end, by time, beginning at time 0."""
    talks, outage = (
        list(read_history(folder() / name)) for name in ("conversations.jsonl", "outage.jsonl")
    )
    origin = min(time_of(talks[0]), time_of(outage[0]))
    rounds = (
        moved(event, number * ROUND - origin, "" if number == 0 else f"-{number + 1}")
        for number in itertools.count()
        for event in heapq.merge(talks, () if number % OUTAGE_EVERY else outage, key=time_of)
    )
    return heapq.merge(rounds, background(), key=time_of)


def moved(event: Event, by: Millis, suffix: str) -> Event:
    """The event at another time, on a ticket of another name."""
    changes: dict[str, object] = {"ticket_id": event.ticket_id + suffix}
    if isinstance(event, ConversationMessage):
        changes["sent_at"] = event.sent_at + by
        changes["message_id"] = event.message_id + suffix
    else:
        changes["occurred_at"] = event.occurred_at + by
        changes["update_id"] = event.update_id + suffix
    return msgspec.structs.replace(event, **changes)


def background(seed: int = 1) -> Iterator[ConversationMessage]:
    """Ordinary traffic without end, by time; the same for the same seed."""
    chooser = random.Random(seed)
    source = msgspec.json.decode((folder() / "background.json").read_bytes(), type=Background)
    waiting: list[tuple[Millis, str, ConversationMessage]] = []
    start = 0.0
    for number in itertools.count(1):
        start += chooser.expovariate(1 / BACKGROUND_EVERY)
        while waiting and waiting[0][0] <= start:
            yield heapq.heappop(waiting)[2]
        for message in _chat(chooser, source, f"BG-{number:05}", int(start)):
            heapq.heappush(waiting, (message.sent_at, message.message_id, message))


def _chat(
    chooser: random.Random, source: Background, ticket_id: str, start: Millis
) -> Iterator[ConversationMessage]:
    chat = chooser.choice(source.chats)
    slots = {name: chooser.choice(values) for name, values in source.slots.items()}
    turns, time = list(chat.turns), start
    if len(turns) % 2:
        turns.append(chooser.choice(source.closing[chat.language]))
    for number, turn in enumerate(turns):
        translated = chat.translated[number // 2] if chat.translated and not number % 2 else None
        yield ConversationMessage(
            message_id=f"{ticket_id}-{number}",
            ticket_id=ticket_id,
            role=Role.AI if number % 2 else Role.CUSTOMER,
            text=turn.format(**slots),
            sent_at=time,
            requester_id=f"guest-{ticket_id}",
            language=chat.language,
            translated_text=None if translated is None else translated.format(**slots),
        )
        time += chooser.randint(*TURN_SECONDS) * 1000
