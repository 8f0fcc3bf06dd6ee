"""The encoder that learns goes back the way it came."""

from typing import Any

import numpy as np
import pytest

from detectors.arrays import Ints
from detectors.training import transformer
from detectors.training.transformer import HEADS, Transformer

WIDTH, WIDE, PIECES, LENGTH, OUTPUTS = 2 * HEADS, 32, 40, 5, 3


def small(blocks: int = 2) -> Transformer:
    """One of random weights, in double precision."""
    random = np.random.default_rng(0)

    def drawn(*shape: int) -> Any:
        return random.standard_normal(shape) * 0.3

    shapes = {
        "Q": (WIDTH, 3 * WIDTH), "q": (3 * WIDTH,), "O": (WIDTH, WIDTH), "o": (WIDTH,),
        "M": (WIDTH,), "m": (WIDTH,), "F": (WIDTH, WIDE), "f": (WIDE,),
        "G": (WIDE, WIDTH), "g": (WIDTH,), "N": (WIDTH,), "n": (WIDTH,),
    }  # fmt: skip
    return Transformer(
        drawn(PIECES, WIDTH),
        drawn(LENGTH, WIDTH),
        drawn(WIDTH),
        drawn(WIDTH),
        {f"{block}.{name}": drawn(*of) for block in range(blocks) for name, of in shapes.items()},
        {"H": drawn(WIDTH, OUTPUTS), "h": drawn(OUTPUTS)},
    )


def texts() -> Ints:
    return np.random.default_rng(1).integers(0, PIECES, (4, LENGTH))


def test_slopes_are_what_a_small_change_of_a_weight_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transformer, "DROPPED", 0.0)
    encoder, ids = small(), texts()
    error: Any = np.random.default_rng(2).standard_normal((len(ids), OUTPUTS))
    passed = encoder.forward(ids, np.random.default_rng(3))
    slopes, of_head = encoder.backward(error, passed)
    for weights, found in ((encoder.weights, slopes), (encoder.head, of_head)):
        assert weights.keys() == found.keys()
        for name, weight in weights.items():
            place = np.unravel_index(abs(found[name]).argmax(), weight.shape)
            before, moved = weight[place], []
            for step in (1e-5, -1e-5):
                weight[place] = before + step
                moved.append(float((encoder.forward(ids).logits * error).sum()))
            weight[place] = before
            assert (moved[0] - moved[1]) / 2e-5 == pytest.approx(found[name][place], rel=1e-4), name


def test_a_text_is_read_the_same_whatever_is_read_with_it() -> None:
    encoder, ids = small(), texts()
    together = encoder.forward(ids).logits
    alone = [encoder.forward(one[None]).logits[0] for one in ids]
    assert together == pytest.approx(np.array(alone))


def test_the_order_of_pieces_matters() -> None:
    encoder, ids = small(), texts()
    assert abs(encoder.forward(ids).logits - encoder.forward(ids[:, ::-1]).logits).max() > 1e-3
