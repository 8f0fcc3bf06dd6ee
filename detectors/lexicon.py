"""Lexicons: patterns of words with weights, expanded to plain phrases.

A lexicon is a text file. Lines are

    @name                     the patterns below speak for `lexicon:name`, not for the lexicon
    <word> = a | b c | d      a list of alternatives that patterns may name
    0.8 pattern               the weight 0-1 and the pattern
    not pattern               takes away the hits of the same name that it touches

and a pattern is words, `(a|b c)` one of several, `[a|b]` one or none, `<word>` a list's, and
between its parts `~` a gap of up to about three words, `..` of about eight, in one sentence.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Final

from detectors.text import Reading
from detectors.words import lexicon_lines, stream

BLOCKS: Final = -1.0
"""The weight of a pattern that takes hits away."""
GAPS: Final = {"~": 18, "..": 48}
"""Characters of the stream that a gap may have."""
_GAP: Final = re.compile(r" (~|\.\.) ")
_PIECE: Final = re.compile(r"\([^)]*\)|\[[^\]]*\]|<[a-z_]+>|[^\s()\[\]<>]+")


@dataclass(frozen=True, slots=True)
class Part:
    """Any of the phrases, at most `gap` characters after the part before it."""

    phrases: frozenset[str]
    gap: int = 0


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern: its parts follow each other in one sentence."""

    name: str
    weight: float
    parts: tuple[Part, ...]


Lists = dict[str, list[str]]


def rules_of(lexicon: str, shared: Lists) -> Iterator[Rule]:
    """The rules of a lexicon. `shared` are lists of words every lexicon may name."""
    lists, name = dict(shared), lexicon
    for line in lexicon_lines(lexicon):
        if line.startswith("@"):
            name = f"{lexicon}:{line[1:]}"
        elif (known := _list_of(line)) is not None:
            lists[known[0]] = known[1]
        else:
            weight, _, pattern = line.partition(" ")
            yield Rule(name, BLOCKS if weight == "not" else float(weight), parts(pattern, lists))


def shared_lists() -> Lists:
    """The lists of `lexicons/lists.txt`."""
    return dict(filter(None, map(_list_of, lexicon_lines("lists"))))


def _list_of(line: str) -> tuple[str, list[str]] | None:
    name, equals, words = line.partition(" = ")
    if not equals:
        return None
    return name.strip("<>"), [word.strip() for word in words.split("|")]


def parts(pattern: str, lists: Lists) -> tuple[Part, ...]:
    """The parts of a pattern, their phrases as they stand in a stream of words.

    Raises:
        ValueError: A part or an alternative has no word that is read, so that the pattern would
            match where it should not.

    """
    first, *later = _GAP.split(pattern)
    found = [Part(frozenset(_phrases(first, lists)))]
    for gap, part in zip(later[::2], later[1::2], strict=True):
        found.append(Part(frozenset(_phrases(part, lists)), GAPS[gap]))
    if any("  " in part.phrases for part in found):
        message = f"a part of the pattern {pattern!r} can be empty"
        raise ValueError(message)
    return tuple(found)


def _phrases(part: str, lists: Lists) -> Iterator[str]:
    pieces = (_forms(piece, lists) for piece in _PIECE.findall(part))
    for words in product(*pieces):
        yield f" {' '.join(filter(None, words))} "


def _forms(piece: str, lists: Lists) -> set[str]:
    written = (Reading(alternative).text for alternative in _alternatives(piece, lists))
    forms = {stream(alternative).strip() for alternative in written}
    if "" in forms and piece[0] != "[":
        message = f"an alternative of {piece!r} is made of words that are left out"
        raise ValueError(message)
    return forms


def _alternatives(piece: str, lists: Lists) -> Iterator[str]:
    if piece[0] == "<":
        yield from lists[piece[1:-1]]
    elif piece[0] in "([":
        if piece[0] == "[":
            yield ""
        for alternative in piece[1:-1].split("|"):
            yield from _alternatives(alternative, lists)
    else:
        yield piece
