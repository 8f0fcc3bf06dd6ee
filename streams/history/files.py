"""Conversations from files: what `baton play` sends and `baton replay` decides.

A file holds JSON lines, compressed when its name ends in `.gz`. A line is one of

- a `ConversationMessage` or `TicketUpdate` as it stands on `support.conversations`;
- a bare turn `{"conversation": ..., "text": ...}`, with `turn`, `role` and `time` where they are
  known: a customer's words from a corpus that has no more. Bare turns get a neutral AI answer
  between them and, without a time, a synthetic one: the same file always gives the same records;
- a line of `baton tail --json`: its record, at the time that the broker has for it.
"""

import gzip
import itertools
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple, TypeVar, cast

import msgspec

from schemas.bad_record import BadRecord
from schemas.envelope import ENVELOPES
from schemas.fields import EARLIEST, LATEST, insane_time
from schemas.records import (
    AccountProfile,
    ConversationMessage,
    Decision,
    Millis,
    PolicyVersion,
    Record,
    Role,
    TicketUpdate,
)
from schemas.topics import key_of
from schemas.validation import dated, validated, without_empty_ids
from streams.errors import InputError

SYNTHETIC_START: Millis = 1_767_603_600_000
"""2026-01-05T09:00:00Z, a Monday: when turns without a time begin."""

TURN_GAP = 20_000
ANSWER_GAP = 5_000
"""Milliseconds from a turn without a time to the next one, and to the AI's answer to it."""

NEUTRAL_ANSWER = "Thank you, I have noted that. What else can you tell me about it?"

Event = ConversationMessage | TicketUpdate
R = TypeVar("R", bound=Record)


class Arrived(NamedTuple):
    """An event and the time of its record. `recorded`: told of a topic, where lies too what agents
    add to it.
    """

    event: Event
    time: Millis
    recorded: bool = False


class BareTurn(msgspec.Struct):
    """One turn of a conversation of which only the words are known."""

    conversation: str | int
    text: str
    turn: int | None = None
    role: Role = Role.CUSTOMER
    time: Millis | None = None


class TailLine(msgspec.Struct):
    """What `baton tail --json` tells of a record, as far as it is needed here."""

    timestamp: Millis
    record: msgspec.Raw


_decode_any = msgspec.json.Decoder(dict).decode
_decode_turn = msgspec.json.Decoder(BareTurn).decode
_decode_message = msgspec.json.Decoder(ConversationMessage).decode
_decode_update = msgspec.json.Decoder(TicketUpdate).decode
_decode_tail = msgspec.json.Decoder(TailLine).decode


def read_history(path: Path, *, ai_answers: bool = True) -> Iterator[Event]:
    """The events of a file in its order. Raises `InputError` with the line that cannot be read."""
    return (arrived.event for arrived in read_arrivals(path, ai_answers=ai_answers))


def read_arrivals(path: Path, *, ai_answers: bool = True) -> Iterator[Arrived]:
    """The events of a file in its order, with the times of their records. Raises `InputError`."""
    with _open(path) as lines:
        yield from _read_arrivals(lines, str(path), ai_answers)


def _read_arrivals(lines: Iterable[bytes], name: str, ai_answers: bool) -> Iterator[Arrived]:
    turns = itertools.count()
    for number, line in _numbered(lines, name):
        try:
            text, time = _unpacked(line)
            if not text.strip():
                continue
            fields = _decode_any(text)
            if "conversation" in fields:
                for message in _from_turn(_decode_turn(text), next(turns), ai_answers):
                    yield Arrived(_sound(message), message.sent_at)
                continue
            is_update = fields.get("type") == "TicketUpdate"
            event = _decode_update(text) if is_update else _decode_message(text)
            if time is None:
                yield Arrived(_sound(event), time_of(event))
            else:
                event = without_empty_ids(dated(event, time) or event)
                yield Arrived(event, time, recorded=True)
        except (msgspec.MsgspecError, UnicodeDecodeError, BadRecord) as error:
            raise InputError(f"{name}, line {number}: {error}") from error


def _sound(event: Event) -> Event:
    """The event, if a worker would take it at its own time. Raises `BadRecord`."""
    event = validated(event)
    time = time_of(event)
    if not EARLIEST <= time < LATEST:
        raise insane_time(f"Its time ({ENVELOPES[type(event)].time})", time)
    return event


def read_profiles(path: Path | None) -> dict[str, AccountProfile]:
    """Account profiles by their id, a JSON line each; none without a path. Raises `InputError`."""
    profiles = map(without_empty_ids, _read_lines(path, AccountProfile))
    return {profile.account_id: profile for profile in profiles}


def read_policies(path: Path | None) -> dict[str, PolicyVersion]:
    """Versions and pointers of policies by their key, a JSON line each. Raises `InputError`."""
    return {key_of(record): record for record in _read_lines(path, PolicyVersion)}


def read_decisions(path: Path | None) -> list[Decision]:
    """Decisions, a JSON line each; none without a path. Raises `InputError`."""
    return _read_lines(path, Decision)


def _read_lines(path: Path | None, kind: type[R]) -> list[R]:
    if path is None:
        return []
    records = []
    with _open(path) as lines:
        for number, line in _numbered(lines, str(path)):
            try:
                if record := _unpacked(line)[0].strip():
                    records.append(msgspec.json.decode(record, type=kind))
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                raise InputError(f"{path}, line {number}: {error}") from error
    return records


def _numbered(lines: Iterable[bytes], name: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a file from 1 on; one that is cut off, or not compressed as its name says, is
    told as what it is.
    """
    try:
        yield from enumerate(lines, 1)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"cannot read {name}: {error}") from error


def _unpacked(line: bytes) -> tuple[bytes, Millis | None]:
    """The record of a line, empty for what has none, and its time where the line tells it."""
    fields = _decode_any(line) if line.strip() else {}
    if "record" not in fields:
        return line, None
    tail = _decode_tail(line)
    return b"" if fields["record"] is None else bytes(tail.record), tail.timestamp


def time_of(event: Event) -> Millis:
    """When an event of a history happened."""
    return event.sent_at if isinstance(event, ConversationMessage) else event.occurred_at


def _from_turn(turn: BareTurn, index: int, ai_answers: bool) -> Iterator[ConversationMessage]:
    ticket_id = str(turn.conversation)
    name = index if turn.turn is None else turn.turn
    message = ConversationMessage(
        message_id=f"{ticket_id}-{name}",
        ticket_id=ticket_id,
        role=turn.role,
        text=turn.text,
        sent_at=SYNTHETIC_START + index * TURN_GAP if turn.time is None else turn.time,
    )
    yield message
    if ai_answers and turn.role is Role.CUSTOMER:
        yield ConversationMessage(
            message_id=f"{message.message_id}-ai",
            ticket_id=ticket_id,
            role=Role.AI,
            text=NEUTRAL_ANSWER,
            sent_at=message.sent_at + ANSWER_GAP,
            in_reply_to=message.message_id,
        )


def _open(path: Path) -> IO[bytes]:
    try:
        if path.suffix == ".gz":
            return cast(IO[bytes], gzip.open(path, "rb"))
        return path.open("rb")
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}") from error
