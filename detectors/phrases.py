"""How well patterns of three word pieces in a row fit a text at its best place.

A convolution over the pieces' vectors, of which the highest value of a text counts (Kim 2014,
"Convolutional Neural Networks for Sentence Classification"). A piece's part in each pattern does
not depend on its neighbours, so all parts are multiplied out once, into whole numbers: what is left
to do for a text is to look up, add and compare, with the same result in every batch.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from detectors.arrays import Ints

WIDTH: Final = 3
PLACES: Final = 1_024
"""Pieces that are looked at together, or one text's: a batch of texts made long takes no room."""
_MOST: Final = np.iinfo(np.int16).max // WIDTH


class Windows(NamedTuple):
    """Each piece of each text, one text after the other, with the one before and the one after it.

    The pieces of a text begin at its place in `starts`.
    """

    before: Ints
    at: Ints
    after: Ints
    starts: Ints


def windows(texts: Sequence[Ints], outside: int) -> Windows:
    """The windows of texts, one or more; `outside` stands where a text has no piece."""
    nothing = np.array([outside])
    filled = [pieces if len(pieces) else nothing for pieces in texts]
    ends = np.cumsum([len(pieces) for pieces in filled])
    at, starts = np.concatenate(filled), np.append(0, ends[:-1])
    before, after = np.roll(at, 1), np.roll(at, -1)
    before[starts] = after[ends - 1] = outside
    return Windows(before, at, after, starts)


def directions(vectors: np.ndarray) -> np.ndarray:
    """Vectors at length 1, in 64 bits, and behind them one of zeros, for what is outside."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.vstack([units, np.zeros(vectors.shape[1])])


class Phrases:
    """The patterns of a model."""

    def __init__(self, vectors: np.ndarray, weights: np.ndarray, bias: np.ndarray) -> None:
        """`vectors` has shape (pieces, numbers), `weights` (`WIDTH`, numbers, patterns)."""
        units, weights = directions(vectors.astype(np.float64)), weights.astype(np.float64)
        # No direction fits a pattern better than the pattern's own length.
        self._step = np.linalg.norm(weights, axis=1).max() / _MOST
        self._parts = [np.rint(units @ one / self._step).astype(np.int16) for one in weights]
        self._bias = bias.astype(np.float64)

    def fits(self, texts: Sequence[Ints]) -> np.ndarray:
        """How well each pattern fits each text, shape (texts, patterns); 0 where it does not."""
        return np.vstack([self._fits(some) for some in _parts(texts)])

    def _fits(self, texts: Sequence[Ints]) -> np.ndarray:
        before, at, after = self._parts
        places = windows(texts, len(at) - 1)
        values = before.take(places.before, axis=0)
        values += at.take(places.at, axis=0)
        values += after.take(places.after, axis=0)
        starts = places.starts.tolist()
        ends = [*starts[1:], len(values)]
        best = [
            np.maximum.reduce(values[start:end]) for start, end in zip(starts, ends, strict=True)
        ]
        fits: np.ndarray = np.maximum(np.array(best) * self._step + self._bias, 0)
        return fits


def _parts(texts: Sequence[Ints]) -> Iterator[Sequence[Ints]]:
    """Texts that follow each other, of so many pieces at most."""
    first = places = 0
    for at, one in enumerate(texts):
        places += len(one)
        if places > PLACES and at > first:
            yield texts[first:at]
            first, places = at, len(one)
    yield texts[first:]
