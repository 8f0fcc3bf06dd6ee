"""Which words of an error text may be values, and how many of them show it.

A word is a name where another before it says so (`user root`, `process <num> (nginx)`).
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate, chain, islice, pairwise
from typing import Final

from detectors.masking import MARK, Chunks
from detectors.sentence import words_in

MOST_WORDS: Final = 64
"""Words of a text that are compared."""
VALUES: Final = 3
"""So many different words in one position are values, not parts of the sentence."""
FIRST_VALUES: Final = 4
"""The same in the first, with which most texts say what they are about."""
NAMES: Final = 2
"""The same where another word or a bracket says that a name stands."""
CONSTANTS: Final = 2
"""Words besides the varying one that a text needs to be recognised by."""
SAID: Final = 3
"""More words than this say what a text is about, whatever it begins with."""
PART: Final = 3
"""Common words in one that make it a part of the program: no mark stands for it."""

_ENCLOSING: Final = frozenset("=[('\"/")
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
"""Words that go on with a sentence where a name could stand."""
_PARTICIPLE: Final = re.compile(r"[a-z]+[a-df-z]ed")
_METHODS: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "options"})
"""What is done where a request is all that is told, a value where it is told of another thing."""
_THROWN: Final = ("exception", "error")
"""How words end that are the problem, not a value in it."""

_RING: Final = (1 << 64) - 1


def open_positions(chunks: Chunks) -> Iterator[tuple[int, int, bool]]:
    """The positions that may vary: the hash of all else, how many values show it, and whether the
    text has a mark there, so that one value is enough. A position is a word, or all that stands
    between two blanks: values may hold punctuation.

    Hashes of words, weighted by position, are summed, so that one position is left open by a
    subtraction (Zobrist 1970, "A new hashing method with application for game playing").
    """
    words, spans, weights = _laid_out(chunks)
    said = _said(words)
    if said < CONSTANTS:
        return
    terms = [_hash(word) * weight for word, weight in zip(words, weights, strict=True)]
    whole, named = sum(terms), list[int]()
    for at, (word, term) in enumerate(zip(words, terms, strict=True)):
        if _may_vary(words, at, said):
            values, kind = _values(words, at)
            gap = _hash(kind) * weights[at] - term
            yield (whole + gap) & _RING, values, word == MARK and (at > 0 or said > SAID)
            if values == NAMES:
                named.append(gap)
    if 1 < len(named) <= said - CONSTANTS:
        yield (whole + sum(named)) & _RING, NAMES, False
    for start, end in spans[1:]:
        chunk = words[start:end]
        if end - start > 1 and said - _said(chunk) >= CONSTANTS and _is_value(words, start, end):
            gap = _hash(_kind(chunk)) * weights[start] - sum(terms[start:end])
            marked = MARK in chunk and not _said(chunk)
            yield (whole + gap) & _RING, _values(words, start)[0], marked


def _laid_out(chunks: Chunks) -> tuple[tuple[str, ...], list[tuple[int, int]], list[int]]:
    """The words of a text, where each chunk of them begins and ends, and each word's weight: its
    chunk's number and its place in that, so that a longer value moves no word after it.
    """
    words = tuple(islice(chain.from_iterable(chunks), MOST_WORDS))
    ends = [min(end, len(words)) for end in accumulate(map(len, chunks))]
    spans = [(start, end) for start, end in pairwise((0, *ends)) if start < end]
    weights = [
        2 * (number * MOST_WORDS + at) + 1
        for number, (start, end) in enumerate(spans)
        for at in range(end - start)
    ]
    return words, spans, weights


def _said(words: tuple[str, ...]) -> int:
    """How many of them are words of a sentence."""
    return sum(word[0].isalnum() for word in words)


def _is_value(words: tuple[str, ...], start: int, end: int) -> bool:
    """Whether no word between the two goes on with a sentence or says what happened."""
    return not any(
        words[at].endswith(_THROWN) or _is_told(words, at)
        for at in range(start, end)
        if words[at][0].isalnum()
    )


def _kind(words: tuple[str, ...]) -> str:
    """Only words of one kind are values of one position."""
    return "part" if sum(map(words_in, words)) >= PART else ""


def _may_vary(words: tuple[str, ...], at: int, said: int) -> bool:
    word = words[at]
    if word == MARK:
        return True
    if not (word[0].isalnum() or word[0] in "_$") or word.endswith(_THROWN) or _is_told(words, at):
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
    values = VALUES if at else FIRST_VALUES
    return values, _kind((word,))


def _is_told(words: tuple[str, ...], at: int) -> bool:
    """Whether a word goes on with a sentence; what happened is no value."""
    word, before = words[at], words[at - 1] if at else ""
    if before in _NAMES_THE_NEXT:
        return False
    if before == '"' and word in _METHODS:
        return not any(other[0].isalnum() for other in words[:at])
    is_axis = words[at + 1 : at + 2] == ("+",)
    return is_axis or word in _TOLD or _PARTICIPLE.fullmatch(word) is not None


def _named(words: tuple[str, ...], at: int) -> bool:
    """Whether a word before a position says that it is a name."""
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
