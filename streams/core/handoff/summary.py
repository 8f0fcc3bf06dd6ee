"""What a ticket is about, in the customer's and the AI's own words: extractive, deterministic."""

import re
from collections.abc import Sequence
from typing import Final

from schemas.records import (
    AiAttempt,
    Entity,
    MessageStatus,
    Role,
    Summary,
    TranscriptEntry,
    Visibility,
)
from streams.core.tickets.carried import entity
from streams.core.tickets.parts import Given
from streams.core.tickets.state import Ticket

LONGEST: Final = 1_199
"""Characters of a whole summary: what a person reads before the first answer."""
_GIVEN: Final = LONGEST // 3
"""What was given gets as much, where there is so much: with it nobody asks twice."""
_ISSUE: Final = 160
_ATTEMPT: Final = 60
"""Characters at most of an attempt, and of its outcome."""
_LEAST: Final = 24
"""Characters of either below which they tell nothing."""
_ASKED: Final = 110
_PRESSING: Final = (
    "order",
    "error_code",
    "deadline",
    "steps_tried",
    "version",
    "amount",
    "account",
)
"""What of the given goes into the summary first; all of it is among the package's entities."""
_SENTENCE: Final = re.compile(r"[^.!?\n]+[.!?]*")


def summarize(ticket: Ticket, transcript: Sequence[TranscriptEntry]) -> Summary:
    """The issue, what the AI tried and what came of it, what was given, what is asked."""
    spoken = [entry for entry in transcript if entry.visibility is Visibility.PUBLIC]
    customer = [e for e in spoken if e.role is Role.CUSTOMER and not e.automated]
    issue = _issue(customer, ticket.issue_message_id, ticket.customer_message_id)
    asked = _asked(customer)
    room = LONGEST - len(issue) - len(asked or "")
    attempts = _attempts(spoken, room - min(_GIVEN, sum(map(_size, ticket.given))))
    room -= sum(len(one.text) + len(one.outcome) for one in attempts)
    return Summary(issue, attempts, _that_fit(ticket.given, room), asked)


def _issue(customer: list[TranscriptEntry], first: str | None, last: str | None) -> str:
    texts: list[str] = []
    for message_id in (first or _id_of_first(customer), last):
        for entry in customer:
            if entry.message_id == message_id:
                text = _short(_text(entry), _ISSUE)
                if text and text not in texts:
                    texts.append(text)
                break
    return " […] ".join(texts)


def _id_of_first(customer: list[TranscriptEntry]) -> str | None:
    return customer[0].message_id if customer else None


def _attempts(spoken: list[TranscriptEntry], room: int) -> tuple[AiAttempt, ...]:
    """Each in its share of the room; where that is too little, the earlier ones are told as one."""
    places = [place for place, entry in enumerate(spoken) if _is_attempt(entry)]
    kept, earlier = places, tuple[AiAttempt, ...]()
    if len(places) * 2 * _LEAST > room:
        shown = (room - 2 * _ATTEMPT) // (2 * _LEAST)
        kept, earlier = places[-shown:], (_earlier(spoken, places[:-shown]),)
        room -= 2 * _ATTEMPT
    share = min(_ATTEMPT, room // (2 * len(kept))) if kept else 0
    return earlier + tuple(_attempt(spoken, place, share) for place in kept)


def _is_attempt(entry: TranscriptEntry) -> bool:
    return entry.role is Role.AI and entry.status is MessageStatus.SENT and not entry.automated


def _attempt(spoken: list[TranscriptEntry], place: int, most: int) -> AiAttempt:
    entry = spoken[place]
    outcome = _short(_outcome(spoken[place + 1 :]), most)
    return AiAttempt(entry.message_id, _short(_text(entry), most), outcome)


def _earlier(spoken: list[TranscriptEntry], places: list[int]) -> AiAttempt:
    """The first of them by its words, and what came of the last."""
    first = spoken[places[0]]
    text = f"{len(places)} earlier attempts: {_text(first)}"
    outcome = _short(_outcome(spoken[places[-1] + 1 :]), _ATTEMPT)
    return AiAttempt(first.message_id, _short(text, _ATTEMPT), outcome)


def _outcome(after: list[TranscriptEntry]) -> str:
    for entry in after:
        if entry.role is Role.CUSTOMER and not entry.automated:
            return "customer: " + _text(entry)
        if entry.role is Role.AI and entry.status is MessageStatus.SENT:
            return "no reply before the next answer"
    return "no reply"


def _asked(customer: list[TranscriptEntry]) -> str | None:
    """The customer's last question, or else their last sentence."""
    for entry in reversed(customer):
        sentences = [found.strip() for found in _SENTENCE.findall(_text(entry)) if found.strip()]
        questions = [sentence for sentence in sentences if sentence.endswith("?")]
        if questions or sentences:
            return _short((questions or sentences)[-1], _ASKED)
    return None


def _that_fit(given: tuple[Given, ...], room: int) -> tuple[Entity, ...]:
    """The most pressing and, of those, the newest; in the order in which they were said."""
    fitting = set()
    for place in sorted(range(len(given)), key=lambda place: (_rank(given[place].kind), -place)):
        size = _size(given[place])
        if size <= room:
            room -= size
            fitting.add(place)
    return tuple(entity(item) for place, item in enumerate(given) if place in fitting)


def _size(item: Given) -> int:
    return len(item.kind) + len(item.value)


def _rank(kind: str) -> int:
    return _PRESSING.index(kind) if kind in _PRESSING else len(_PRESSING)


def _text(entry: TranscriptEntry) -> str:
    return " ".join((entry.translated_text or entry.text).split())


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
