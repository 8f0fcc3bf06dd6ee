"""How the patterns of `detectors/phrases.py` fit texts, and how they learn."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from detectors.arrays import Floats, Ints


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


class Fit(NamedTuple):
    """How well patterns fit texts.

    `best` has shape (texts, patterns), 0 where one does not fit; `vectors` are those of the pieces
    that occur, `seen` their rows before, at and after each place, `values` what each pattern makes
    of each place, `highest` the most it makes of a place of each text, and `sizes` the places of
    each text.
    """

    best: Floats
    vectors: Floats
    seen: list[Ints]
    values: Floats
    highest: Floats
    sizes: Ints

    def slopes(self, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of weights and bias, when those of `best` are `error`: the best places learn alone."""
        error = error * (self.best > 0)
        texts = np.repeat(np.arange(len(self.sizes)), self.sizes)
        places, patterns = np.nonzero(self.values == self.highest[texts])
        errors, shape = error[texts[places], patterns], (error.shape[1], len(self.vectors))
        backs = [sparse.csr_matrix((errors, (patterns, rows[places])), shape) for rows in self.seen]
        weights = np.stack([(back @ self.vectors).T for back in backs])
        return weights.astype(error.dtype), error.sum(axis=0)


def fit(vectors: Floats, texts: Sequence[Ints], weights: Floats, bias: Floats) -> Fit:
    """How well patterns fit texts; the last of the vectors stands for what is outside.

    A piece occurs many times, and what patterns make of it is worked out once.
    """
    places = windows(texts, len(vectors) - 1)
    occurring = np.unique(np.append(places.at, len(vectors) - 1))
    some = vectors[occurring]
    seen = [np.searchsorted(occurring, one) for one in (places.before, places.at, places.after)]
    values = sum((some @ one)[rows] for rows, one in zip(seen, weights, strict=True))
    highest = np.maximum.reduceat(values, places.starts, axis=0)
    sizes = np.diff(places.starts, append=len(values))
    return Fit(np.maximum(highest + bias, 0), some, seen, values, highest, sizes)
