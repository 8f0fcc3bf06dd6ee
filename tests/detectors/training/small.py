"""A transformer of random weights."""

from typing import Any

import numpy as np

from detectors.training.transformer import HEADS, Transformer

WIDTH, WIDE, PIECES, LENGTH = 2 * HEADS, 32, 40, 5


def small(outputs: int = 0, dtype: type[Any] = np.float32) -> Transformer:
    """Of two blocks; without a head where it has no outputs."""
    random = np.random.default_rng(0)

    def drawn(*shape: int) -> Any:
        return (random.standard_normal(shape) * 0.3).astype(dtype)

    shapes = {
        "Q": (WIDTH, 3 * WIDTH), "q": (3 * WIDTH,), "O": (WIDTH, WIDTH), "o": (WIDTH,),
        "M": (WIDTH,), "m": (WIDTH,), "F": (WIDTH, WIDE), "f": (WIDE,),
        "G": (WIDE, WIDTH), "g": (WIDTH,), "N": (WIDTH,), "n": (WIDTH,),
    }  # fmt: skip
    blocks = {f"{block}.{name}": drawn(*of) for block in range(2) for name, of in shapes.items()}
    head = {"H": drawn(WIDTH, outputs), "h": drawn(outputs)} if outputs else {}
    places, words = drawn(LENGTH, WIDTH), drawn(PIECES, WIDTH)
    return Transformer(words, places, drawn(WIDTH), drawn(WIDTH), blocks | head)
