"""What a message leaves in the state: sentiment, rounds, repetition, what was given and tried."""

from collections import Counter
from collections.abc import Iterable
from itertools import takewhile
from typing import Any, Final

import msgspec
from msgspec.structs import astuple, replace

from detectors.language import ENGLISH, FEW_WORDS, UNKNOWN
from detectors.signals import Matter, Signal, Signals
from schemas.records import (
    ConversationMessage,
    Role,
)
from streams.core.policy.limits import SIMILARITY
from streams.core.tickets.handling import Handling
from streams.core.tickets.linked import linked
from streams.core.tickets.parts import Given, Heard, Mood, MoodPoint, Question
from streams.core.tickets.state import (
    KNOWN_ATTEMPTS,
    KNOWN_AUTHORS,
    KNOWN_ENTITIES,
    KNOWN_QUESTIONS,
    MOOD_POINTS,
    Ticket,
)
from streams.core.tickets.waits import end_pause

LEVEL_WEIGHT = 0.5
"""Share of the newest message in the rolling level (exponential smoothing)."""
SHORT_GIST = 2
"""A gist of fewer hashes says too little to be called a repetition."""
SKETCH = 16
"""Hashes kept of a gist, the smallest: their overlap estimates the whole's (Broder 1997)."""
QUESTION_TAIL = 300
"""Characters at the end of an AI answer in which a question mark makes it a question."""
THANKED: Final = 0.5

_AI: Final = Role.AI
_CUSTOMER: Final = Role.CUSTOMER


def says_thanks(signals: Signals) -> bool:
    """Whether a message mostly thanks."""
    return signals.thanks.score >= THANKED > signals.negative.score


def hear_customer(handling: Handling, message: ConversationMessage) -> None:
    """A customer's public message."""
    ticket, signals = handling.ticket, handling.signals
    ticket.complexity = linked(handling, message)
    if signals.language != ticket.heard_language:
        ticket.heard_language = _language(message, signals) or ticket.heard_language
    if ticket.last_word is _AI and not handling.thanked:
        answered = ticket.ai_asked and signals.ai_failed.score < 0.5
        ticket.stalled += 0 if answered or _asks_anew(ticket, message, signals) else 1
    elif handling.thanked:
        ticket.stalled = 0
    _hear_question(handling)
    ticket.moods = _moods(ticket.moods, message, signals)
    if signals.category != "general":
        ticket.category, ticket.category_message_id = signals.category, message.message_id
    ticket.heard = _heard(signals)
    ticket.allowed_draft = ticket.cleared_message_id = None
    if signals.entities:
        ticket.given = _given(ticket.given, message, signals)
    if ticket.issue_message_id is None and (signals.gist or signals.category != "general"):
        ticket.issue_message_id = message.message_id
    end_pause(handling)
    ticket.customer_message_id = message.message_id
    ticket.last_word, ticket.last_at, ticket.ai_asked = _CUSTOMER, handling.now, False


def _language(message: ConversationMessage, signals: Signals) -> str | None:
    """What it was heard to be; a few plain words may be a greeting of any language."""
    heard = signals.language
    guessed = heard == ENGLISH and len(message.text.split(None, FEW_WORDS)) <= FEW_WORDS
    return None if heard == UNKNOWN or guessed else heard


def _asks_anew(ticket: Ticket, message: ConversationMessage, signals: Signals) -> bool:
    """A question about something else says that the last one was answered.

    Not when something does not work: the same trouble is asked about in ever other words.
    """
    gist = signals.gist[:SKETCH]
    if "?" not in message.text or len(gist) < SHORT_GIST or signals.category == "technical":
        return False
    return not any(set(gist).intersection(earlier.gist) for earlier in ticket.questions)


HEARD_FROM: Final = 0.2
"""The score from which on a signal of the last message is remembered."""
_SIGNALS: Final = tuple(
    field.name
    for field in takewhile(lambda field: field.type is Signal, msgspec.structs.fields(Signals))
)
"""The first fields of `Signals`."""


def _heard(signals: Signals) -> tuple[Heard, ...]:
    heard = []
    for place, signal in enumerate(astuple(signals)[: len(_SIGNALS)]):
        if signal.score >= HEARD_FROM:
            start, end = signal.span or (0, 0)
            heard.append(Heard(_SIGNALS[place], signal.score, start, end))
    if signals.matters:
        heard += [Heard(one.kind, 1.0, *one.span) for one in signals.matters]
    return tuple(heard)


def signals_heard(ticket: Ticket) -> Signals:
    """The signals of the customer's last message, as far as they are remembered."""
    signals: dict[str, Any] = {}
    matters: list[Matter] = []
    for one in ticket.heard:
        span = (one.start, one.end)
        if one.name in _SIGNALS:
            signals[one.name] = Signal(one.score, span)
        else:
            matters.append(Matter(one.name, span))
    return Signals(
        **signals, complexity=ticket.complexity, category=ticket.category, matters=tuple(matters)
    )


def hear_ai(handling: Handling, message: ConversationMessage) -> bool:
    """An answer the AI has sent: a round. False for one to an earlier message than the last, which
    the customer still waits for an answer to.
    """
    ticket, asked = handling.ticket, message.in_reply_to
    ticket.rounds += 1
    ticket.attempts = ticket.attempts[1 - KNOWN_ATTEMPTS :] + (message.message_id,)
    if ticket.last_word is _CUSTOMER and asked not in (None, ticket.customer_message_id):
        return False
    ticket.ai_asked = "?" in message.text[-QUESTION_TAIL:]
    if ticket.ai_asked and ticket.paused_since is None:
        ticket.paused_since = handling.now
    ticket.last_word, ticket.last_at = _AI, handling.now
    return True


def _hear_question(handling: Handling) -> None:
    ticket, gist = handling.ticket, handling.signals.gist[:SKETCH]
    if len(gist) < SHORT_GIST:
        return
    if ticket.questions and _was_asked(handling, frozenset(gist)):
        ticket.repeats += 1
    ticket.questions = ticket.questions[1 - KNOWN_QUESTIONS :] + (Question(ticket.rounds, gist),)


def _was_asked(handling: Handling, fresh: frozenset[int]) -> bool:
    """Before the AI's last answer: twice in a row is impatience, not a loop."""
    same_from, ticket = handling.terms().limits[SIMILARITY], handling.ticket
    for earlier in ticket.questions:
        if earlier.round < ticket.rounds and overlap(fresh, earlier.gist) >= same_from:
            return True
    return False


def count_repeats_anew(handling: Handling) -> None:
    """By what counts as the same question now; what was counted before stays."""
    ticket, same_from = handling.ticket, handling.terms().limits[SIMILARITY]
    repeats = sum(
        any(
            earlier.round < asked.round
            and overlap(frozenset(asked.gist), earlier.gist) >= same_from
            for earlier in ticket.questions[:place]
        )
        for place, asked in enumerate(ticket.questions)
    )
    ticket.repeats = max(ticket.repeats, repeats)


def overlap(one: frozenset[int], other: tuple[int, ...]) -> float:
    """Jaccard's index of two gists, 0-1."""
    shared = len(one.intersection(other))
    return shared / (len(one) + len(other) - shared)


def _moods(
    moods: tuple[Mood, ...], message: ConversationMessage, signals: Signals
) -> tuple[Mood, ...]:
    author = message.author_id or message.requester_id or ""
    signal = signals.negative
    start, end = signal.span or (0, len(message.text))
    point = MoodPoint(message.message_id, message.sent_at, signal.score, start, end)
    for place, mood in enumerate(moods):
        if mood.author_id == author:
            points, earlier = mood.points, mood.earlier + 1
            heard = Mood(
                author,
                mood.level + LEVEL_WEIGHT * (signal.score - mood.level),
                mood.baseline + (points[-1].negative - mood.baseline) / earlier,
                earlier,
                points[1 - MOOD_POINTS :] + (point,),
            )
            return moods[:place] + moods[place + 1 :] + (heard,)
    return moods[1 - KNOWN_AUTHORS :] + (Mood(author, signal.score, 0.0, 0, (point,)),)


def calm(moods: tuple[Mood, ...]) -> tuple[Mood, ...]:
    """The levels back at each author's baseline, for a new episode."""
    return tuple(replace(mood, level=min(mood.level, mood.baseline)) for mood in moods)


def _given(
    given: tuple[Given, ...], message: ConversationMessage, signals: Signals
) -> tuple[Given, ...]:
    new = (Given(one.kind, one.value, message.message_id, *one.span) for one in signals.entities)
    return joined(given, new)


def joined(given: tuple[Given, ...], new: Iterable[Given]) -> tuple[Given, ...]:
    """What was given before, and what of the new had not been."""
    known = {(item.kind, item.value) for item in given}
    return _fewer(given + tuple(item for item in new if (item.kind, item.value) not in known))


def _fewer(given: tuple[Given, ...]) -> tuple[Given, ...]:
    """At most `KNOWN_ENTITIES`: of the kind that there is most of, the oldest go first."""
    if len(given) <= KNOWN_ENTITIES:
        return given
    kept = list(given)
    counts = Counter(item.kind for item in kept)
    while len(kept) > KNOWN_ENTITIES:
        [(most, _)] = counts.most_common(1)
        kept.remove(next(item for item in kept if item.kind == most))
        counts[most] -= 1
    return tuple(kept)
