"""What a text asks about, as hashes that say whether two texts ask the same."""

from functools import cache
from typing import Final

from detectors.message import Message
from detectors.words import BREAK, forms, hash_of, lexicon_lines, stream

MOST: Final = 64
"""Hashes of a gist at most: the smallest ones, a fair sample of a long text (Broder 1997)."""
_FUNCTION_WORDS: Final = frozenset(
    stream(
        "i me you your he she it they them this that these those there here what which who"
        " whom when where why how be is am are was do does did have has had will would can"
        " could should may might must shall to of in on at by for from with without about"
        " into over under up down out and or but if then than as so because while not no yes"
        " ok okay hi hello hey dear good morning afternoon evening thanks thank sorry need"
        " want like would know tell show let get got give go going one any some all more"
        " most other another again still ever same thing way someone anyone something"
        " anything everything nothing help question ask asked asking said say told try tried"
        " trying use using make made look looking please just now today us its works"
        " possible able right sure mean repeat answer reply read told understand already"
    ).split()
) | {BREAK}


class _Hashes(dict[str, int]):
    """From the form of a word to its hash; 0 for a word that says nothing of the matter."""

    def __init__(self, same: dict[str, str]) -> None:
        super().__init__()
        self._same = same

    def __missing__(self, word: str) -> int:
        if len(self) > 20_000:
            self.clear()
        says = word not in _FUNCTION_WORDS and (len(word) > 2 or word.isdigit())
        self[word] = found = hash_of(self._same.get(word, word)) if says else 0
        return found


@cache
def _hashes() -> _Hashes:
    same: dict[str, str] = {}
    for line in lexicon_lines("synonyms"):
        form, _, words = line.partition(":")
        for word in words.split():
            same.setdefault(forms()[word], form)
    return _Hashes(same)


def gist(message: Message) -> tuple[int, ...]:
    """Sorted hashes of the words that carry the matter; the same in every process."""
    found = set(map(_hashes().__getitem__, message.forms))
    found.discard(0)
    return tuple(sorted(found)[:MOST])


def similarity(a: tuple[int, ...], b: tuple[int, ...]) -> float:
    """Jaccard's index of two gists, 0-1; 0 when either is empty."""
    if not a or not b:
        return 0.0
    shared = len(set(a).intersection(b))
    return shared / (len(a) + len(b) - shared)
