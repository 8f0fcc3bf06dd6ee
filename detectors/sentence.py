"""The names in a masked error text, by the common words around them.

What a program says is a sentence of common words; what it says it about has a name, which mostly
is none. So in a text of common words, what is not one is a name: known at the first line, where
counting values needs many.
"""

import re
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final

from detectors.words import LONG_WORD, lexicon_lines, stem

NAME: Final = "<name>"
LEAST_COMMON: Final = 2
"""Common words that make a text a sentence. One more for its first word to be a name: most texts
begin with what they say, or with the part of the program that says it."""
NAMES_A_WORD: Final = 2
"""Names for each common word at most, a list counted as one: else the language is not known."""
SHORT: Final = 2
"""Letters of a part of a word that says nothing either way."""
LEAST_PART: Final = 4
"""Letters of a word in a word."""
LONGEST_PART: Final = 14

_MARK: Final = "<[a-z]{3,5}>"
_ATOM: Final = rf"(?:{_MARK}|[\w$-]+)"
_COMPOUND: Final = re.compile(rf"{_ATOM}(?:[.@\\~+^]{{1,2}}{_ATOM})*")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
_THROWN: Final = ("exception", "error")
"""How words end that are the problem, not a name."""
_NUMBERED: Final = re.compile(rf"\({_MARK}\)")
"""What stands behind the name of a process, where a function has its arguments."""
_LABELS: Final = frozenset({":", ": "})
_IN_LIST: Final = re.compile(rf"[\s{{\[(]*(?:{_MARK})?[\s,;|/:+]*[,;|/:+][\s,;|/:+]*(?:{_MARK})?")
_LONGEST_GAP: Final = 16
_BEFORE: Final = re.compile(r"\A(?:un|re|de|dis|non|pre|sub|auto|multi|over|mis|inter)")
_AFTER: Final = re.compile(
    r"(?:ly|er|or|able|ible|est|ment|ness|less|ful|ity|ize|ation|ion|ive|al|y)s?\Z"
)
"""What common words are made longer with."""


def without_names(masked: str) -> str:
    """The masked text with `<name>` for each name; the same where it is no sentence we know."""
    if not masked.isascii():
        return masked
    names, common = list[tuple[int, int]](), 0
    begins, in_label = -1, True
    for found in _COMPOUND.finditer(masked):
        start, end = found.span()
        is_common, after = _is_common(found.group()), masked[end : end + 2]
        if begins < 0:
            begins = start
        if is_common:
            common += 1
        elif is_common is False and _may_be_name(masked, end, start == begins, in_label):
            names.append((start, end))
        in_label = in_label and after in _LABELS
    if names and names[0][0] == begins and common <= LEAST_COMMON:
        del names[0]
    if common < LEAST_COMMON or not 0 < _spoken_of(masked, names) <= NAMES_A_WORD * common:
        return masked
    return _marked(masked, names)


def _may_be_name(masked: str, end: int, is_first: bool, in_label: bool) -> bool:
    """Whether a word that ends there is no key, function or label."""
    after = masked[end : end + 2]
    if after[:1] == "=" or after == '":' or (is_first and after[:1] not in {" ", ":"}):
        return False
    if after[:1] == "(" and not _NUMBERED.match(masked, end):
        return False
    return not (in_label and after in _LABELS)


def _spoken_of(masked: str, names: list[tuple[int, int]]) -> int:
    """How many names there are, a list counted as one."""
    gaps = (masked[end:start] for (_, end), (start, _) in pairwise(names))
    return len(names) - sum(
        len(gap) < _LONGEST_GAP and _IN_LIST.fullmatch(gap) is not None for gap in gaps
    )


def _marked(masked: str, names: list[tuple[int, int]]) -> str:
    pieces, at = list[str](), 0
    for start, end in names:
        pieces += masked[at:start], NAME
        at = end
    return "".join((*pieces, masked[at:]))


@lru_cache(maxsize=1 << 12)
def _is_common(compound: str) -> bool | None:
    """Whether it is mostly made of common words; None for what says nothing either way."""
    if compound[0] == "<" and compound.count("<") == 1 and compound[-1] == ">":
        return None
    if compound.endswith(_THROWN):
        return True
    parts = _LETTERS.findall(compound)
    longest = max(map(len, parts), default=0)
    if "<" in compound or ("." in compound and len(parts) > 1):
        return None if longest <= SHORT else False
    if longest <= SHORT and not any(part in _common() for part in parts):
        return None
    return 2 * sum(words_in(part) > 0 for part in parts) > len(parts)


@lru_cache(maxsize=1 << 12)
def words_in(word: str) -> int:
    """How many common words are written as this one, as programs name their parts; else 0."""
    if len(word) > LONG_WORD:
        return 0
    if _is_derived(word):
        return 1
    fewest = {0: 0}
    for start in range(len(word)):
        if start not in fewest:
            continue
        for end in range(start + LEAST_PART, min(start + LONGEST_PART, len(word)) + 1):
            if _is_inflected(word[start:end]):
                fewest[end] = min(fewest[start] + 1, fewest.get(end, LONG_WORD))
    return fewest.get(len(word), 0)


def _is_derived(word: str) -> bool:
    """Whether a word is made from a common one."""
    whole = {word, _BEFORE.sub("", word)}
    roots = whole | {_AFTER.sub("", one) for one in whole}
    return any(len(root) > SHORT and _is_inflected(root) for root in roots) or word in _common()


def _is_inflected(word: str) -> bool:
    common = _common()
    if word in common or stem(word) in common or f"{word}e" in common or f"{word}ate" in common:
        return True
    return word.endswith("ied") and f"{word[:-3]}y" in common


@cache
def _common() -> frozenset[str]:
    """Common words, and what is left of them without an inflection."""
    words = " ".join(lexicon_lines("sentence_words")).split()
    return frozenset((*words, *map(stem, words)))
