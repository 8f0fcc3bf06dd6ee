"""The encoder that learns goes back the way it came."""

from typing import Any

import numpy as np
import pytest

from detectors.arrays import Floats, Ints
from detectors.training.backward import slopes
from detectors.training.transformer import Passed, Transformer
from tests.detectors.training.small import LENGTH, PIECES, small

OUTPUTS = 3


def texts() -> Ints:
    return np.random.default_rng(1).integers(0, PIECES, (4, LENGTH))


def said(encoder: Transformer, ids: Ints) -> Floats:
    return encoder.logits(encoder.forward(ids))


def learning(encoder: Transformer, ids: Ints) -> Passed:
    """The way forward with the same numbers dropped each time."""
    return encoder.forward(ids, np.random.default_rng(3))


def test_slopes_are_what_a_small_change_of_a_weight_does() -> None:
    encoder, ids = small(OUTPUTS, np.float64), texts()
    error: Any = np.random.default_rng(2).standard_normal((len(ids), OUTPUTS))
    found = slopes(encoder, error, learning(encoder, ids))
    assert found.keys() == encoder.weights.keys()
    for name, weight in encoder.weights.items():
        place = np.unravel_index(abs(found[name]).argmax(), weight.shape)
        before, moved = weight[place], []
        for step in (1e-5, -1e-5):
            weight[place] = before + step
            moved.append(float((encoder.logits(learning(encoder, ids)) * error).sum()))
        weight[place] = before
        assert (moved[0] - moved[1]) / 2e-5 == pytest.approx(found[name][place], rel=1e-4), name


def test_a_tenth_is_dropped_while_learning_and_the_rest_makes_up_for_it() -> None:
    ids = np.random.default_rng(1).integers(0, PIECES, (400, LENGTH))
    for block in learning(small(OUTPUTS), ids).blocks:
        for kept in block.kept:
            assert (kept == 0).mean() == pytest.approx(0.1, abs=0.01)
            assert kept.mean() == pytest.approx(1, abs=0.01)


def test_a_text_is_read_the_same_whatever_is_read_with_it() -> None:
    encoder, ids = small(OUTPUTS, np.float64), texts()
    together = said(encoder, ids)
    alone = [said(encoder, one[None])[0] for one in ids]
    assert together == pytest.approx(np.array(alone))


def test_the_order_of_pieces_matters() -> None:
    encoder, ids = small(OUTPUTS, np.float64), texts()
    assert abs(said(encoder, ids) - said(encoder, ids[:, ::-1])).max() > 1e-3
