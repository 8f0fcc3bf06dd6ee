"""How well patterns fit a text, whatever stands beside it in a batch."""

import tracemalloc
from itertools import product

import numpy as np
import pytest

from detectors.phrases import WIDTH, Phrases

PIECES, NUMBERS, PATTERNS = 50, 8, 128


def phrases(size: float = 1.0) -> Phrases:
    random = np.random.default_rng(0)
    return Phrases(
        random.integers(-127, 128, (PIECES, NUMBERS)).astype(np.int8),
        random.standard_normal((WIDTH, NUMBERS, PATTERNS)) * size,
        random.standard_normal(PATTERNS),
    )


def test_a_text_fits_in_a_batch_to_the_last_bit_as_alone() -> None:
    random = np.random.default_rng(1)
    sizes = [0, 1, 2, 60, 0, 40_000, 3, 20_000, 1, 0]
    texts = [random.integers(0, PIECES, size) for size in sizes]
    alone = [phrases().fits([text])[0] for text in texts]
    assert (phrases().fits(texts) == np.array(alone)).all()


def test_a_batch_of_long_texts_takes_no_more_room_than_a_few() -> None:
    texts = [np.zeros(10_000, np.int64)] * 200
    patterns = phrases()
    tracemalloc.start()
    patterns.fits(texts)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 30_000_000


@pytest.mark.parametrize("size", [1e-9, 1.0, 65_504.0])
def test_no_sum_of_parts_leaves_its_sixteen_bits(size: float) -> None:
    """Every pattern lies along the piece, forwards or backwards: nothing fits better, or worse."""
    signs = np.array([*product((1.0, -1.0), repeat=WIDTH)])
    weights = np.repeat(signs.T[:, None, :] * size, NUMBERS, axis=1)
    patterns = Phrases(np.ones((1, NUMBERS), np.int8), weights, np.zeros(len(signs)))
    [fits] = patterns.fits([np.zeros(WIDTH, np.int64)])
    # The places at the ends have a neighbour less.
    within = signs.sum(axis=1), signs[:, 1:].sum(axis=1), signs[:, :-1].sum(axis=1)
    expected = np.maximum(np.max(within, axis=0), 0) * size * NUMBERS
    assert fits == pytest.approx(expected, rel=1e-3)


def test_each_part_is_the_nearest_whole_number_of_steps() -> None:
    random = np.random.default_rng(2)
    vectors = random.standard_normal((PIECES, NUMBERS))
    weights = random.standard_normal((WIDTH, NUMBERS, PATTERNS))
    patterns = Phrases(vectors, weights, np.full(PATTERNS, 100.0))
    most = np.linalg.norm(vectors, axis=1).max() * np.linalg.norm(weights, axis=1).max()
    step = most / (np.iinfo(np.int16).max // WIDTH)
    alone = patterns.fits([np.array([piece]) for piece in range(PIECES)]) - 100
    assert abs(alone - vectors @ weights[1]).max() <= step / 2 * 1.001
