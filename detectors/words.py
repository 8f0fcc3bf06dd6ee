"""Words brought to one form, so that a phrase meets its inflections, contractions and typos.

Phrases of the lexicons and texts of customers go through the same function; what it makes of a
word need not be a word, only be the same on both sides.
"""

import re
from functools import cache
from pathlib import Path
from sys import intern
from typing import Final
from zlib import crc32

LEXICONS: Final = Path(__file__).parent / "lexicons"
BREAK: Final = "."
"""The word that stands for the end of a sentence."""
LONG_WORD: Final = 40
"""Characters; what is longer is a blob, not a word, and is not read."""
REMEMBERED: Final = 20_000
"""Words whose form is kept; past it all are forgotten, so that hostile text cannot fill memory."""

# One character class a branch, none repeated inside another: linear.
_WORD: Final = re.compile(r"[^\W_]+(?:'[^\W_]+)?|[.!?;](?=\s|$)|\n\s*\n")
_REPEATED: Final = re.compile(r"([a-z])\1\1+")
_VOWEL: Final = re.compile(r"[aeiouy]")
_SHORT: Final = re.compile(r"[^aeiou][aeiou][^aeiouwxy]")
_ENDINGS: Final = {"re": "be", "m": "be", "ve": "have", "ll": "will", "d": "would"}


class Forms(dict[str, str]):
    """From a word as written to its form; "" for one that is left out."""

    def __init__(self, given: dict[str, str]) -> None:
        super().__init__(given)
        self._given = given

    def __missing__(self, word: str) -> str:
        if len(self) > REMEMBERED:
            self.clear()
            self.update(self._given)
        form = self._form(word)
        if len(word) <= LONG_WORD:
            self[word] = form
        return form

    def _form(self, word: str) -> str:
        if not word[0].isalnum():
            return BREAK
        if len(word) > LONG_WORD:
            return ""
        once = _REPEATED.sub(r"\1", word)
        if once != word:
            twice = _REPEATED.sub(r"\1\1", word)
            return self._given[twice] if twice in self._given else self[once]
        head, apostrophe, tail = word.partition("'")
        if not apostrophe:
            return stem(word)
        if tail == "t":
            return f"{self[head.removesuffix('n')]} not".lstrip() if head != "n" else "not"
        return f"{self[head]} {_ENDINGS[tail]}".lstrip() if tail in _ENDINGS else self[head]


def stem(word: str) -> str:
    """The word without its English inflection: a short form of Porter's first steps."""
    if len(word) <= 3 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith(("sses", "ches", "shes", "xes", "zes")):
        word = word[:-2]
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        root = word.removesuffix(ending)
        if root != word and len(root) > 2 and _VOWEL.search(root):
            # "hated" is of "hate", "planned" of "plan": one consonant after one vowel had an e.
            word = root + "e" if _SHORT.fullmatch(root) else root
            break
    if word.endswith("ied"):
        word = word[:-3] + "y"
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "eo":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 4 else word


@cache
def forms() -> Forms:
    """The forms of words, with the irregular ones of `lexicons/forms.txt`."""
    given: dict[str, str] = {}
    for line in lexicon_lines("forms"):
        form, _, words = line.partition(":")
        for word in words.split():
            given[word] = " ".join(map(stem, form.split()))
    return Forms(given)


def lexicon_lines(name: str) -> list[str]:
    """The lines of a lexicon, without comments and empty lines."""
    text = (LEXICONS / f"{name}.txt").read_text(encoding="utf-8")
    return [line for raw in text.splitlines() if (line := raw.partition("# ")[0].strip())]


def word_sets(name: str) -> dict[str, frozenset[str]]:
    """A lexicon whose lines are a name, a colon and words as they are written."""
    lines = (line.partition(": ") for line in lexicon_lines(name))
    return {key: frozenset(words.split()) for key, _, words in lines}


class _Chunks(dict[str, tuple[tuple[str, ...], tuple[str, ...]]]):
    """From what stands between two blanks to its words, and to their forms."""

    def __missing__(self, chunk: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        if len(self) > REMEMBERED:
            self.clear()
        words = _WORD.findall(chunk)
        shapes = " ".join(map(forms().__getitem__, words)).split()
        # Equal strings as one: tables are then found in without their text being compared.
        found = tuple(map(intern, words)), tuple(map(intern, shapes))
        if len(chunk) <= LONG_WORD:
            self[chunk] = found
        return found


_CHUNKS: Final = _Chunks()


def words_of(text: str) -> tuple[list[str], list[str]]:
    """The words of a normalised text as written, with the ends of its sentences, and their forms.

    Only an empty line reaches over blanks; without one the text is looked up blank to blank.
    """
    words: list[str] = []
    shapes: list[str] = []
    for some, their in map(_CHUNKS.__getitem__, [text] if "\n" in text else text.split()):
        words += some
        shapes += their
    return words, shapes


def stream(text: str) -> str:
    """The normalised text as forms of words with one space before, between and after."""
    return f" {' '.join(words_of(text)[1])} "


def hash_of(word: str) -> int:
    """32 bits of a word, the same in every process."""
    return crc32(word.encode())
