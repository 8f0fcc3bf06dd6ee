"""How good scores are: numbers that hold whatever the scale of the scores."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float64]
Wanted = NDArray[np.bool_]

DRAWS = 200
"""Resamplings behind an interval."""


class Interval(NamedTuple):
    """A figure, and the 95 % interval of its bootstrap (Efron 1979)."""

    value: float
    low: float
    high: float


def auc(wanted: Wanted, scores: Scores) -> float:
    """The chance that a wanted text scores higher than another, ties counting half."""
    order = np.argsort(scores, kind="stable")
    _, places, counts = np.unique(scores[order], return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = np.empty(len(scores))
    ranks[order] = (ends - (counts - 1) / 2)[places]
    found = int(wanted.sum())
    return float((ranks[wanted].sum() - found * (found + 1) / 2) / (found * (len(scores) - found)))


def f1(wanted: Wanted, scores: Scores, threshold: float) -> float:
    """The harmonic mean of precision and recall from a threshold on."""
    fired = scores >= threshold
    return float(2 * (fired & wanted).sum() / max(int(fired.sum() + wanted.sum()), 1))


def best_f1(wanted: Wanted, scores: Scores) -> float:
    """The same at the threshold that is best."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(wanted[order])
    values = 2 * hits / (np.arange(1, len(scores) + 1) + wanted.sum())
    last_of_equals = np.append(np.diff(scores[order]) != 0, True)
    return float(values[last_of_equals].max())


def interval(measure: object, wanted: Wanted, *arguments: object) -> Interval:
    """A measure of `wanted` and scores, and how far another draw of texts would move it."""
    assert callable(measure)
    scores, *rest = arguments
    assert isinstance(scores, np.ndarray)
    random, drawn = np.random.default_rng(0), []
    for _ in range(DRAWS):
        some = random.integers(len(wanted), size=len(wanted))
        if 0 < wanted[some].sum() < len(some):
            drawn.append(measure(wanted[some], scores[some], *rest))
    low, high = np.quantile(drawn, (0.025, 0.975))
    return Interval(measure(wanted, scores, *rest), float(low), float(high))
