"""What a trained model sees of a message: its n-grams, its word pieces, what the lexicons say."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

import numpy as np

from detectors.arrays import Ints
from detectors.message import Message
from detectors.words import LONG_WORD, REMEMBERED

READ: Final = 256
"""Words of a message that are looked at: what it is about is said by then."""
CONTINUES: Final = "##"
"""What a piece begins with that is not the beginning of a word (WordPiece, Schuster 2012)."""


def grams(message: Message) -> list[str]:
    """The forms of its words and every two of them that follow each other, in order."""
    words = message.forms[:READ]
    return words + [f"{one} {two}" for one, two in pairwise(words)]


class Pieces(dict[str, bytes]):
    """From a word to the numbers of its pieces: the longest known ones, from left to right.

    They are kept as the bytes of an array: joined at once, without a number being looked at.
    """

    def __init__(self, known: Mapping[str, int]) -> None:
        super().__init__()
        self._known = known
        self._longest = max(map(len, known), default=0)

    def __missing__(self, word: str) -> bytes:
        if len(self) > REMEMBERED:
            self.clear()
        self[word] = pieces = np.array(self._split(word), np.int64).tobytes()
        return pieces

    def _split(self, word: str) -> list[int]:
        found: list[int] = []
        for part in word.split("'"):
            start = 0
            while start < min(len(part), LONG_WORD):
                head = CONTINUES if start else ""
                for end in range(min(len(part), start + self._longest), start, -1):
                    number = self._known.get(head + part[start:end])
                    if number is not None:
                        found.append(number)
                        start = end
                        break
                else:
                    start += 1
        return found

    def of(self, words: Iterable[str]) -> Ints:
        """The pieces of words, in order."""
        return np.frombuffer(b"".join(map(self.__getitem__, words)), np.int64)
