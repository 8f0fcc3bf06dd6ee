"""How well patterns of three word pieces in a row fit a text at its best place.

A convolution over the pieces' vectors, of which the highest value of a text counts (Kim 2014,
"Convolutional Neural Networks for Sentence Classification"). A piece's part in each pattern does
not depend on its neighbours, so all parts are multiplied out once, into whole numbers: what is left
to do for a text is to look up, add and compare, with the same result in every batch.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from detectors.arrays import Ints

WIDTH: Final = 3
PLACES: Final = 1_024
"""Pieces that are looked at together, or one text's: a batch of texts made long takes no room."""
_MOST: Final = np.iinfo(np.int16).max // WIDTH


class Phrases:
    """The patterns of a model."""

    def __init__(self, vectors: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> None:
        """`vectors` has shape (pieces, numbers), `weights` (`WIDTH`, numbers, patterns)."""
        vectors, weights = vectors.astype(np.float64), weights.astype(np.float64)
        # No product of two vectors is more than that of their lengths.
        most = np.linalg.norm(vectors, axis=1).max() * np.linalg.norm(weights, axis=1).max()
        self._step = most / _MOST
        self._parts = [self._part(vectors, one) for one in weights]
        self._bias = bias.astype(np.float64)

    def fits(self, texts: Sequence[Ints]) -> np.ndarray:
        """How well each pattern fits each text, shape (texts, patterns); 0 where it does not."""
        best = np.zeros((len(texts), len(self._bias)))
        for some in _alike(texts):
            best[some] = self._best(np.array([texts[at] for at in some]))
        fits: np.ndarray = np.maximum(best * self._step + self._bias, 0)
        return fits

    def _part(self, vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """What each piece adds to each pattern; some at a time, that fit the processor's cache."""
        part = np.empty((len(vectors), weights.shape[1]), np.int16)
        for first in range(0, len(vectors), PLACES):
            some = slice(first, first + PLACES)
            part[some] = np.rint(vectors[some] @ weights / self._step)
        return part

    def _best(self, pieces: Ints) -> np.ndarray:
        """The most that each pattern makes of a place of each text, of texts of one length."""
        before, at, after = self._parts
        values = at.take(pieces, axis=0)
        values[:, 1:] += before.take(pieces[:, :-1], axis=0)
        values[:, :-1] += after.take(pieces[:, 1:], axis=0)
        best: np.ndarray = values.max(axis=1)
        return best


def _alike(texts: Sequence[Ints]) -> Iterator[list[int]]:
    """The places of texts that have as many pieces, one or more, so many together at most."""
    lengths: dict[int, list[int]] = {}
    for at, length in enumerate(map(len, texts)):
        lengths.setdefault(length, []).append(at)
    lengths.pop(0, None)
    for length, places in lengths.items():
        step = max(PLACES // length, 1)
        for first in range(0, len(places), step):
            yield places[first : first + step]
