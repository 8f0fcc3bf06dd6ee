"""A small network and how it learns: plain numpy, the same numbers every time."""

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from detectors.arrays import Floats

BATCH: Final = 256
FIRST_RATE, LAST_RATE = 3e-3, 1e-4
DECAY_GRAMS, DECAY_DENSE = 2e-5, 2e-5
DROPPED: Final = 0.2
"""The share of hidden units that is left out of a step (dropout)."""
KEEP_MEAN, KEEP_SQUARE, TINY = 0.9, 0.999, 1e-8
"""Adam's constants, as published."""


@dataclass
class Network:
    """logits = grams · G + dense · S + relu(dense · A + a) · B + b.

    `grams` is sparse, of shape (texts, grams); `dense` has shape (texts, numbers). The first
    `categories` outputs exclude each other (softmax), the others do not (sigmoid).
    """

    categories: int
    weights: dict[str, Floats] = field(default_factory=dict)

    def outputs(self, grams: Any, dense: Floats) -> Floats:
        """Probabilities, shape (texts, outputs)."""
        return self._squash(self._logits(grams, dense, self._hidden(dense)))

    def _hidden(self, dense: Floats) -> Floats:
        hidden: Floats = np.maximum(dense @ self.weights["A"] + self.weights["a"], 0)
        return hidden

    def _logits(self, grams: Any, dense: Floats, hidden: Floats) -> Floats:
        weights = self.weights
        logits: Floats = grams @ weights["G"] + dense @ weights["S"] + hidden @ weights["B"]
        return logits + weights["b"]

    def _squash(self, logits: Floats) -> Floats:
        made = (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)
        first = logits[:, : self.categories]
        powers = np.exp(first - first.max(axis=1, keepdims=True))
        made[:, : self.categories] = powers / powers.sum(axis=1, keepdims=True)
        return made

    def gradients(
        self, grams: Any, dense: Floats, wanted: Floats, counts: Floats, kept: Floats
    ) -> dict[str, Floats]:
        """Of the mean cross entropy, each output of each text counting as much as `counts` says.

        `kept` are the factors of the hidden units.
        """
        hidden = self._hidden(dense) * kept
        outputs = self._squash(self._logits(grams, dense, hidden))
        error = (outputs - wanted) * counts / len(wanted)
        back = (error @ self.weights["B"].T) * (hidden > 0) * kept
        slopes = {
            "G": grams.T @ error,
            "S": dense.T @ error,
            "B": hidden.T @ error,
            "b": error.sum(axis=0),
            "A": dense.T @ back,
            "a": back.sum(axis=0),
        }
        for name in ("S", "A", "B"):
            slopes[name] += DECAY_DENSE * self.weights[name]
        slopes["G"] += DECAY_GRAMS * self.weights["G"]
        return slopes


def new_network(
    grams: int, numbers: int, outputs: int, categories: int, hidden: int, random: Any
) -> Network:
    """One that has learned nothing (initial weights after He et al. 2015)."""

    def drawn(rows: int, columns: int) -> Floats:
        made: Floats = random.standard_normal((rows, columns), np.float32) * np.sqrt(2 / rows)
        return made.astype(np.float32)

    return Network(
        categories,
        {
            "G": np.zeros((grams, outputs), np.float32),
            "S": np.zeros((numbers, outputs), np.float32),
            "A": drawn(numbers, hidden),
            "a": np.zeros(hidden, np.float32),
            "B": drawn(hidden, outputs),
            "b": np.zeros(outputs, np.float32),
        },
    )


class Adam:
    """Moves a network's weights against their slopes (Kingma and Ba 2015), in place."""

    def __init__(self, network: Network) -> None:
        self._weights = network.weights
        self._mean = {name: np.zeros_like(one) for name, one in network.weights.items()}
        self._square = {name: np.zeros_like(one) for name, one in network.weights.items()}
        self._steps = 0

    def move(self, slopes: dict[str, Floats], rate: float) -> None:
        """Make a step."""
        self._steps += 1
        for name, slope in slopes.items():
            mean, square = self._mean[name], self._square[name]
            mean *= KEEP_MEAN
            mean += (1 - KEEP_MEAN) * slope
            square *= KEEP_SQUARE
            square += (1 - KEEP_SQUARE) * slope**2
            size = square / (1 - KEEP_SQUARE**self._steps)
            np.sqrt(size, out=size)
            size += TINY
            move = rate * mean
            move /= 1 - KEEP_MEAN**self._steps
            move /= size
            self._weights[name] -= move


def learn(
    grams: Any,
    dense: Floats,
    wanted: Floats,
    counts: Floats,
    categories: int,
    *,
    apart: tuple[int, int],
    hidden: int,
    epochs: int,
    seed: int,
) -> Network:
    """A network whose outputs come close to `wanted`, shape (texts, outputs), each 0-1.

    `counts`, of the same shape, says how much each matters. `apart` are how many of the last dense
    numbers speak to how many of the last outputs alone, and to these straight.
    """
    random = np.random.default_rng(seed)
    network = new_network(
        grams.shape[1], dense.shape[1], wanted.shape[1], categories, hidden, random
    )
    numbers, outputs = dense.shape[1] - apart[0], wanted.shape[1] - apart[1]
    network.weights["A"][numbers:] = 0
    adam = Adam(network)
    for epoch in range(epochs):
        rate = LAST_RATE + (FIRST_RATE - LAST_RATE) * (1 - epoch / epochs)
        order = random.permutation(len(wanted))
        for start in range(0, len(wanted), BATCH):
            some = np.sort(order[start : start + BATCH])
            kept = (random.random((len(some), hidden)) > DROPPED).astype(np.float32)
            slopes = network.gradients(
                grams[some], dense[some], wanted[some], counts[some], kept / (1 - DROPPED)
            )
            slopes["A"][numbers:] = 0
            slopes["S"][numbers:, :outputs] = 0
            adam.move(slopes, rate)
    return network
