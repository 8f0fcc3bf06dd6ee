"""Which of the n-grams that a model knows texts have, found for a whole batch at once."""

from collections.abc import Sequence
from itertools import chain
from sys import intern
from typing import Final, NamedTuple

import numpy as np

from detectors.arrays import Ints

NONE: Final = -1
"""The number of a word that is not known, and the one that every text has first."""
_UNKNOWN: Final = np.int64(NONE).tobytes()
_BEYOND: Final = np.iinfo(np.int64).max


class Seen(NamedTuple):
    """The numbers of the known n-grams of texts, one text after the other.

    Those of a text begin at its place in `starts`: `NONE`, so that no text is empty, and then each
    number once, sorted.
    """

    numbers: Ints
    starts: Ints
    unknown: Ints
    """How many words of each text are not known."""

    def slices(self) -> list[slice]:
        """Where the numbers of each text are, without `NONE`."""
        starts = self.starts.tolist()
        ends = [*starts[1:], len(self.numbers)]
        return [slice(start + 1, end) for start, end in zip(starts, ends, strict=True)]


class Vocabulary:
    """The words and the pairs of words that a model knows, each with a number.

    A pair is looked up by the numbers of its words, all pairs of a batch at once in one sorted
    array: as strings they cost several times as much, most of it waiting for memory.
    """

    def __init__(self, grams: Sequence[str]) -> None:
        """The words of a known pair are known: they occur at least as often as the pair."""
        self._size = len(grams)
        words = {intern(gram): at for at, gram in enumerate(grams) if " " not in gram}
        self._words = _Words((word, np.int64(at).tobytes()) for word, at in words.items())
        pairs = sorted(
            (words[first] * self._size + words[second], at)
            for at, (first, _, second) in enumerate(gram.partition(" ") for gram in grams)
            if second
        )
        # A key behind the last one, so that every search ends at a key.
        self._keys = np.array([*(key for key, _ in pairs), _BEYOND])
        self._pairs = np.array([*(at for _, at in pairs), NONE])

    def seen(self, texts: Sequence[Sequence[str]]) -> Seen:
        """The known n-grams of texts that are given as the forms of their words."""
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        found = b"".join(map(self._words.__getitem__, chain.from_iterable(texts)))
        words = np.frombuffer(found, np.int64)
        texts_of = np.repeat(np.arange(len(texts)), lengths)
        keys = words[:-1] * self._size + words[1:]
        keys[(texts_of[:-1] != texts_of[1:]) | (words[1:] == NONE)] = NONE
        # In order, each with its text behind it: one is found where the one before it was near by.
        keys = keys * len(texts) + texts_of[1:]
        keys.sort()
        keys, its_text = np.divmod(keys, len(texts))
        places = self._keys.searchsorted(keys)
        known = self._keys[places] == keys
        # The number of a text and of an n-gram in it as one, to sort and to tell doubles by; what
        # is not known is a double of the `NONE` that every text begins with.
        width = self._size + 1
        begins = np.arange(len(texts)) * width
        pairs = begins[its_text[known]] + self._pairs[places[known]] + 1
        marks = np.concatenate([begins, begins[texts_of] + words + 1, pairs])
        marks.sort()
        once = np.append(True, marks[1:] != marks[:-1])
        numbers = marks[once] % width - 1
        unknown = np.bincount(texts_of[words == NONE], minlength=len(texts))
        return Seen(numbers, np.flatnonzero(numbers == NONE), unknown)


class _Words(dict[str, bytes]):
    """From a known word to its number, as the bytes of an array."""

    def __missing__(self, word: str) -> bytes:
        return _UNKNOWN
