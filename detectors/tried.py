"""What the customer says they have tried already, clause by clause, in their own words."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Final, NamedTuple

from detectors.message import Message
from detectors.signals import Found
from detectors.words import word_sets

KIND: Final = "steps_tried"
MOST: Final = 8
"""Steps of a text at most: the first ones."""
LONGEST: Final = 160
"""Characters of a step; what is longer is cut at a word."""
OPENING: Final = 8
"""Words of a clause in which its verb must come."""
OWNED: Final = 3
"""Words at most of who did it for the customer: "my IT department", "an electrician"."""

# One class after another, none repeated inside another: linear.
_CLAUSE: Final = re.compile(r"(?:[^.!?;:,\n]+|[.!?;:,](?=\S))+")
_NOT_DONE: Final = frozenset({("used", "to"), ("asked", "for"), ("left", "with")})
_WORD: Final = re.compile(r"[^\s\"'*()•–-][^\s\"()]*")


class Words(NamedTuple):
    """Words by what they say of a clause."""

    done: frozenset[str]
    either: frozenset[str]
    opener: frozenset[str]
    helper: frozenset[str]
    owner: frozenset[str]
    self: frozenset[str]
    other: frozenset[str]
    any: frozenset[str]
    """What a step can begin with, but for those that go on a list."""


@cache
def known_words() -> Words:
    """The words of `lexicons/tried.txt`."""
    sets = word_sets("tried")
    begins = sets["done"] | sets["either"] | sets["opener"] | sets["owner"]
    return Words(**sets, any=begins)


def tried(message: Message) -> tuple[Found, ...]:
    """The steps in the order of the text, quoted from the clause's first word on."""
    if known_words().done.isdisjoint(message.words):
        return ()
    found = []
    for start, end in _steps(message.reading.text):
        span = message.reading.span(start, end)
        found.append(Found(KIND, message.reading.original[slice(*span)], span))
        if len(found) == MOST:
            break
    return tuple(found)


def _steps(text: str) -> Iterator[tuple[int, int]]:
    goes_on = False
    for clause in _CLAUSE.finditer(text):
        start = _begin(text, clause, goes_on=goes_on)
        goes_on = start is not None
        if start is not None:
            yield start, _end(text, start, clause.end())


def _begin(text: str, clause: re.Match[str], *, goes_on: bool) -> int | None:
    """Where the step in a clause begins; None without one.

    In a list of steps any past form goes on, and one with what it was done to before it: "synced,
    rebooted, SIM swapped".
    """
    known = known_words()
    first = _WORD.search(text, *clause.span())
    if first is None or not (goes_on or first.group() in known.any):
        return None
    said = _WORD.findall(text, first.start(), min(clause.end(), first.start() + LONGEST))[:OPENING]
    place, own = 0, goes_on
    if said[0] in known.owner:
        place = next((at + 1 for at, word in enumerate(said[:OWNED]) if word in known.helper), 0)
        own = place > 0
    while place < len(said) and said[place] in known.opener and said[place] not in known.done:
        own = own or said[place] in known.self
        place += 1
    if place < len(said) and _is_verb(said, place, own=own, goes_on=goes_on):
        return first.start()
    done_to_it = goes_on and place == 0 and said[0] not in known.other
    return first.start() if done_to_it and said[1:2] and said[1] in known.done else None


def _is_verb(said: list[str], place: int, *, own: bool, goes_on: bool) -> bool:
    known, verb = known_words(), said[place]
    after = said[place + 1] if place + 1 < len(said) else ""
    if verb in known.done:
        return (verb, after) not in _NOT_DONE and not (
            verb == "did" and after in known.other and not own
        )
    return (own and verb in known.either) or (goes_on and verb.endswith("ed"))


def _end(text: str, start: int, end: int) -> int:
    if end - start > LONGEST:
        end = text.rfind(" ", start + 1, start + LONGEST)
        end = end if end > 0 else start + LONGEST
    return start + len(text[start:end].rstrip())
