"""How the patterns of `detectors/phrases.py` fit texts, and how they learn."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy import sparse

from detectors.arrays import Floats, Ints


def directions(vectors: np.ndarray) -> Floats:
    """Vectors at length 1, and behind them one of zeros, for what is outside."""
    units = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.vstack([units, np.zeros(vectors.shape[1])]).astype(np.float32)


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

    `best` has shape (texts, patterns), 0 where one does not fit; `occurring` are the pieces that
    do, then what is outside, `seen` their places in it before, at and after each place, `values`
    what each pattern makes of each place, `highest` the most it makes of a place of each text, and
    `sizes` the places of each text.
    """

    best: Floats
    occurring: Ints
    seen: list[Ints]
    values: Floats
    highest: Floats
    sizes: Ints

    def slopes(self, vectors: Floats, weights: Floats, error: np.ndarray) -> "Slopes":
        """Those of what `fit` was given, when those of `best` are `error`: the best places learn
        alone.
        """
        error = error * (self.best > 0)
        texts = np.repeat(np.arange(len(self.sizes)), self.sizes)
        places, patterns = np.nonzero(self.values == self.highest[texts])
        errors, shape = error[texts[places], patterns], (error.shape[1], len(self.occurring))
        backs = [sparse.csr_matrix((errors, (patterns, rows[places])), shape) for rows in self.seen]
        some, further = vectors[self.occurring], np.zeros_like(vectors)
        # What is outside stays without a direction.
        further[self.occurring[:-1]] = sum(
            back.T @ one.T for back, one in zip(backs, weights, strict=True)
        )[:-1]
        return Slopes(further, np.stack([(back @ some).T for back in backs]), error.sum(axis=0))


class Slopes(NamedTuple):
    """Of vectors, weights and bias."""

    vectors: Floats
    weights: Floats
    bias: Floats


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
    return Fit(np.maximum(highest + bias, 0), occurring, seen, values, highest, sizes)
