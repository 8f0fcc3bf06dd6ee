"""The teacher: a sentence encoder that has learned our classes, every layer of it."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.arrays import Floats, Ints
from detectors.labels import CATEGORIES, OUTPUTS
from detectors.training.network import Adam, squashed
from detectors.training.transformer import from_onnx

BATCH: Final = 64
EPOCHS: Final = 2
RATE, HEAD_RATE = 1e-4, 1e-3
"""The highest rates: of the encoder, which knows much, and of its head, which knows nothing."""
WARMING: Final = 0.06
"""The share of the steps in which the rate rises; then it falls to nothing."""
SEED: Final = 1


class Teacher:
    """Learns from texts and says what it thinks of others."""

    def __init__(self, path: Path, pieces: Sequence[Ints], wanted: Floats, counts: Floats) -> None:
        """From the encoder at `path` and texts as word pieces.

        What they shall say has shape (texts, outputs), each 0-1; `counts` says how much each
        matters.
        """
        self._random = np.random.default_rng(SEED)
        self._encoder = from_onnx(path, len(OUTPUTS), self._random)
        self._learn(pieces, wanted, counts)

    def thoughts(self, pieces: Sequence[Ints]) -> Floats:
        """Probabilities of texts, shape (texts, outputs)."""
        made = np.zeros((len(pieces), len(OUTPUTS)), np.float32)
        for some in batches(np.arange(len(pieces)), pieces):
            logits = self._encoder.forward(_together(pieces, some)).logits
            made[some] = squashed(logits, len(CATEGORIES))
        return made

    def _learn(self, pieces: Sequence[Ints], wanted: Floats, counts: Floats) -> None:
        encoder, random = self._encoder, self._random
        body, head = Adam(encoder.weights), Adam(encoder.head)
        for epoch in range(EPOCHS):
            found = list(batches(random.permutation(len(pieces)), pieces))
            steps = EPOCHS * len(found)
            for step, number in enumerate(random.permutation(len(found)), epoch * len(found)):
                some = found[number]
                passed = encoder.forward(_together(pieces, some), random)
                error = squashed(passed.logits, len(CATEGORIES)) - wanted[some]
                error *= counts[some] / np.float32(BATCH)
                slopes, of_head = encoder.backward(error, passed)
                pace = min(step / (WARMING * steps), 1 - step / steps)
                body.move(slopes, RATE * pace)
                head.move(of_head, HEAD_RATE * pace)


def batches(order: NDArray[np.int64], pieces: Sequence[Ints]) -> Iterator[NDArray[np.int64]]:
    """Rows of texts that have equally many pieces, `BATCH` at a time, else in their order."""
    by_length = sorted(order.tolist(), key=lambda row: len(pieces[row]))
    for _, group in groupby(by_length, key=lambda row: len(pieces[row])):
        rows = np.array(list(group))
        for start in range(0, len(rows), BATCH):
            yield rows[start : start + BATCH]


def _together(pieces: Sequence[Ints], rows: NDArray[np.int64]) -> Ints:
    return np.stack([pieces[row] for row in rows])
