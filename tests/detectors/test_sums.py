"""Sums of rows are numpy's own, to the last bit, and do not depend on what stands beside them."""

from typing import Final

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.arrays import Ints
from detectors.sums import sums

ROWS: Final = np.random.default_rng(1).standard_normal((50, 3)).astype(np.float32)
NONE: Final = np.zeros((1, 3), np.float32)
LENGTHS: Final = st.sampled_from([0, 1, 2, 7, 8, 9, 16, 25, 127, 128, 129, 136, 300, 1_000])


def lists_of(lengths: list[int], seed: int) -> list[Ints]:
    random = np.random.default_rng(seed)
    return [random.integers(0, len(ROWS), length) for length in lengths]


@given(st.lists(LENGTHS, min_size=1, max_size=8), st.integers(0, 99))
def test_they_are_the_sums_that_numpy_makes(lengths: list[int], seed: int) -> None:
    lists = lists_of(lengths, seed)
    starts = np.cumsum([0, *(1 + length for length in lengths[:-1])])
    chosen = np.vstack([row for one in lists for row in (NONE, ROWS[one])])
    assert sums(ROWS, lists).tobytes() == np.add.reduceat(chosen, starts, axis=0).tobytes()


@given(st.lists(LENGTHS, min_size=1, max_size=8), st.integers(0, 99))
def test_a_list_gets_the_same_sum_alone(lengths: list[int], seed: int) -> None:
    lists = lists_of(lengths, seed)
    assert sums(ROWS, lists).tobytes() == b"".join(sums(ROWS, [one]).tobytes() for one in lists)
