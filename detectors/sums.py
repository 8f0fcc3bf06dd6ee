"""Sums of rows of a table, for many lists of row numbers at once.

What is added to what is numpy's pairwise order (Higham 1993, "The accuracy of floating point
summation"), to the last bit what `numpy.add.reduceat` makes of the same rows, in a third of its
time: that goes column by column.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from detectors.arrays import Floats, Ints

_LANES: Final = 8
"""Sums that run beside each other; what does not fill all of them is added at the end."""
_FOLDED: Final = np.array([0, 4, 2, 6, 1, 5, 3, 7])
"""The lanes in such an order that folding in halves adds neighbours, then neighbours' sums."""
_BLOCK: Final = 128
"""Rows from which on both halves are summed by themselves."""


def sums(rows: Floats, lists: Sequence[Ints]) -> Floats:
    """For each list of row numbers, of which there is one or more, the sum of these rows."""
    summed = _short(rows, [one if len(one) <= _BLOCK else one[:0] for one in lists])
    for at, one in enumerate(lists):
        if len(one) > _BLOCK:
            middle = len(one) // 2 // _LANES * _LANES
            first, second = sums(rows, [one[:middle], one[middle:]])
            summed[at] = first + second
    return summed


def _short(rows: Floats, lists: Sequence[Ints]) -> Floats:
    """Position by position: the first rows of all lists, then their second ones, and so on."""
    lengths = np.fromiter(map(len, lists), np.intp, len(lists))
    numbers = np.concatenate(lists)
    starts = np.cumsum(lengths) - lengths
    summed = np.zeros((len(lists), rows.shape[1]), np.float32)
    rounds = lengths // _LANES
    # Those with most rounds first: those that still have some are then always the first ones.
    order = np.argsort(-rounds, kind="stable")
    full = order[: np.count_nonzero(rounds)]
    beside = rows.take(numbers[starts[full] + _FOLDED[:, None]], axis=0)
    for turn in range(1, rounds.max(initial=0)):
        more = full[: np.count_nonzero(rounds > turn)]
        beside[:, : len(more)] += rows.take(
            numbers[starts[more] + turn * _LANES + _FOLDED[:, None]], axis=0
        )
    while len(beside) > 1:
        first, second = np.split(beside, 2)
        beside = first + second
    summed[full] = beside[0]
    for place in range(_LANES - 1):
        left = np.flatnonzero(lengths % _LANES > place)
        summed[left] += rows.take(numbers[starts[left] + rounds[left] * _LANES + place], axis=0)
    return summed
