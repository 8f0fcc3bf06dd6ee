"""Which words of an error text may be values, and how many of them show it.

A word is a name where another before it says so (`user root`, `process <num> (nginx)`).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate, chain, islice, pairwise
from typing import Final, NamedTuple

from detectors.masking import MARK, Chunks
from detectors.sentence import words_in

MOST_WORDS: Final = 64
"""Words of a text that are compared."""
VALUES: Final = 3
"""So many different words in one position are values, not parts of the sentence."""
COMMON_VALUES: Final = 4
"""The same of common words, which may be states, and in the first position, with which most texts
say what they are about."""
NAMES: Final = 2
"""The same where another word or a quote says that a name stands."""
CONSTANTS: Final = 2
"""Words besides the varying one that a text needs to be recognised by."""
SAID: Final = 3
"""More words than this say what a text is about, whatever it begins with."""
PART: Final = 3
"""Common words in one that make it a part of the program: no mark stands for it."""
COMPOUND: Final = 2
"""Common words in one that make it the name of something in the program, as of a class. Two such
in one position are values: what goes on with a sentence is one word."""
COMPOUNDS: Final = "compound"

_ENCLOSING: Final = frozenset("='\"/")
_BEFORE_NAMES: Final = frozenset(
    {"account", "class", "container", "database", "host", "image", "name", "node", "process"}
    | {"queue", "service", "table", "topic", "user", "task", "job", "thread", "module", "pod"}
    | {"namespace", "bean", "mailbox", "vhost", "tunnel", "interface", "worker", "vm", "instance"}
    | {"policy", "rule", "profile", "role", "project", "cluster", "bucket", "index", "template"}
    | {"step", "stage", "pipeline", "workflow", "branch", "zone", "region", "site", "category"}
    | {"feature", "schema", "plugin", "backend", "upstream"}
)
_BETWEEN: Final = frozenset({".", "(", "[", "'", '"', MARK})
"""What may stand between a name and the word that says what it is the name of."""
_NAMES_THE_NEXT: Final = frozenset(":=#")
BETWEEN: Final = 8
"""So many words back at most."""
_TOLD: Final = frozenset(
    {"is", "was", "are", "has", "had", "did", "does", "will", "can", "could", "cannot", "not", "no"}
    | {"in", "on", "at", "to", "for", "from", "with", "of", "by", "as", "and", "or", "up", "down"}
    | {"left", "starting", "stopping", "running", "waiting", "closing", "opening"}
)
"""Words that go on with a sentence where a name could stand, as do participles."""
_PARTICIPLE: Final = re.compile(r"[a-z]+[a-df-z]ed")
_THROWN: Final = ("exception", "error")
"""How words end that are the problem, not a value in it."""

RING: Final = (1 << 64) - 1


class Text(NamedTuple):
    """The words of a text, as far as they are compared."""

    words: tuple[str, ...]
    pieces: list[tuple[int, int]]
    """Where what stands between two blanks begins and ends."""
    weights: list[int]
    """Of each word: its piece's number and its place in that, so that a longer value moves no word
    after it."""
    terms: list[int]
    """Of each word: its hash, weighted.

    They are summed, so that a position is left open by a subtraction (Zobrist 1970, "A new hashing
    method with application for game playing").
    """

    def sums(self) -> list[int]:
        """Of each piece: the sum of its terms."""
        return [sum(self.terms[start:end]) & RING for start, end in self.pieces]

    def says(self, opened: int) -> bool:
        """Whether enough is said beside the pieces of the set `opened` to know the text by."""
        told = (
            _said(self.words[start:end])
            for number, (start, end) in enumerate(self.pieces)
            if not opened >> number & 1
        )
        return sum(told) >= CONSTANTS


class Position(NamedTuple):
    """What may vary in a text: a word, or all that stands between two blanks, as values may hold
    punctuation; or every word that another says is a name.
    """

    rest: int
    """The hash of all else."""
    values: int
    """How many of them show that it varies."""
    marked: bool
    """Whether the text has a mark there, so that one other value is enough."""
    opened: int
    """The pieces it is in, as a set of bits."""


def laid_out(chunks: Chunks) -> Text:
    """A text as it is compared."""
    words = tuple(islice(chain.from_iterable(chunks), MOST_WORDS))
    ends = [min(end, len(words)) for end in accumulate(map(len, chunks))]
    pieces = [(start, end) for start, end in pairwise((0, *ends)) if start < end]
    weights = [
        2 * (number * MOST_WORDS + at) + 1
        for number, (start, end) in enumerate(pieces)
        for at in range(end - start)
    ]
    terms = [_hash(word) * weight for word, weight in zip(words, weights, strict=True)]
    return Text(words, pieces, weights, terms)


def positions(text: Text) -> Iterator[Position]:
    """The positions of a text that may vary."""
    words, said, whole = text.words, _said(text.words), sum(text.terms)
    if said < CONSTANTS:
        return
    names, named = 0, list[int]()
    for number, (start, end) in enumerate(text.pieces):
        opened = 1 << number
        for at in range(start, end):
            for values, kind in _kinds(words, at, said):
                gap = _hash(kind) * text.weights[at] - text.terms[at]
                marked = words[at] == MARK and (at > 0 or said > SAID)
                yield Position((whole + gap) & RING, values, marked, opened)
                if values == NAMES and kind != COMPOUNDS:
                    named.append(gap)
                    names |= opened
    if 1 < len(named) <= said - CONSTANTS:
        yield Position((whole + sum(named)) & RING, NAMES, marked=False, opened=names)
    for number, (start, end) in enumerate(text.pieces):
        piece, least = words[start:end], CONSTANTS if start else SAID
        if end - start > 1 and said - _said(piece) >= least and _is_value(words, start, end):
            gap = _hash(_kind(piece)) * text.weights[start] - sum(text.terms[start:end])
            marked = MARK in piece and not _said(piece)
            values, _ = _values(words, start)
            yield Position((whole + gap) & RING, values, marked, 1 << number)


def _kinds(words: tuple[str, ...], at: int, said: int) -> Iterator[tuple[int, str]]:
    """How many values a word takes to vary, by the kind of them; none where it may not."""
    if _may_vary(words, at, said):
        yield _values(words, at)
        if at and said > SAID and words_in(words[at]) >= COMPOUND:
            yield NAMES, COMPOUNDS


def _said(words: tuple[str, ...]) -> int:
    """How many of them are words of a sentence."""
    return sum(word[0].isalnum() for word in words)


def _is_value(words: tuple[str, ...], start: int, end: int) -> bool:
    """Whether no word between the two goes on with a sentence or says what happened."""
    return not any(word.endswith(_THROWN) or _goes_on(word) for word in words[start:end])


def _kind(words: tuple[str, ...]) -> str:
    """Only words of one kind are values of one position."""
    return "part" if sum(map(words_in, words)) >= PART else ""


def _may_vary(words: tuple[str, ...], at: int, said: int) -> bool:
    word = words[at]
    if word == MARK:
        return True
    if not (word[0].isalnum() or word[0] in "_$") or word.endswith(_THROWN):
        return False
    # Who it is about may stand in brackets before all else: "(root) CMD (<path>)".
    return said > CONSTANTS or (at == 1 and words[0] == "(")


def _values(words: tuple[str, ...], at: int) -> tuple[int, str]:
    """How many values a position takes to vary, and the kind of word that stands there.

    Only words of one kind are values of one position.
    """
    word = words[at]
    if at and (words[at - 1] in _ENCLOSING or _named(words, at)):
        return NAMES, ""
    if len(word) == 1 and word.isalpha():
        return NAMES, "letter"
    values = COMMON_VALUES if at == 0 or words_in(word) else VALUES
    return values, _kind((word,))


def _goes_on(word: str) -> bool:
    """Whether a word goes on with a sentence where a name could stand."""
    return word in _TOLD or _PARTICIPLE.fullmatch(word) is not None


def _named(words: tuple[str, ...], at: int) -> bool:
    """Whether a word before a position says that it is a name, and it does not go on instead."""
    if _goes_on(words[at]):
        return False
    for back in range(at - 1, max(-1, at - 1 - BETWEEN), -1):
        word = words[back]
        if word in _NAMES_THE_NEXT and back:
            return words[back - 1] in _BEFORE_NAMES
        if word in _BEFORE_NAMES:
            return True
        dotted = back + 1 < at and words[back + 1] == "."
        if word not in _BETWEEN and not dotted:
            return False
    return False


@lru_cache(maxsize=1 << 14)
def _hash(word: str) -> int:
    return int.from_bytes(blake2b(word.encode(errors="replace"), digest_size=8).digest())
