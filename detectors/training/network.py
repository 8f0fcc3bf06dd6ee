"""A small network and how it learns: plain numpy, the same numbers every time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import numpy as np

from detectors.arrays import Floats, Ints
from detectors.phrases import WIDTH
from detectors.training.patterns import Fit, fit

BATCH: Final = 256
FIRST_RATE, LAST_RATE = 3e-3, 1e-4
SLOWER: Final = 0.1
"""Of the rate: the vectors of the word pieces know something already."""
DECAY: Final = 2e-5
DROPPED: Final = 0.2
"""The share of patterns and hidden units that is left out of a step (dropout)."""
AT_ONCE: Final = 1024
"""Texts that are looked at together: their places take room."""
IN_REACH: Final = 16_384
"""Weights that are moved together: they and what is kept of them stay in a processor's cache."""
KEEP_MEAN, KEEP_SQUARE, TINY = 0.9, 0.999, 1e-8
"""Adam's constants, as published."""


class Inputs(NamedTuple):
    """What a network sees of texts.

    `grams` is sparse, of shape (texts, grams), `dense` of shape (texts, numbers); `pieces` are the
    rows of the vectors of each text's word pieces.
    """

    grams: Any
    dense: Floats
    pieces: Sequence[Ints]

    def some(self, rows: Ints) -> "Inputs":
        """Those of some texts."""
        return Inputs(self.grams[rows], self.dense[rows], [self.pieces[row] for row in rows])


@dataclass
class Network:
    """logits = grams · G + numbers · S + relu(numbers · A + a) · B + b.

    The numbers are how well its patterns (P, p) of word pieces fit, whose vectors (V) it learns,
    too, a row of zeros behind them; then the dense ones. The first `categories` outputs exclude
    each other (softmax), the others do not (sigmoid).
    """

    categories: int
    weights: dict[str, Floats] = field(default_factory=dict)

    def outputs(self, inputs: Inputs) -> Floats:
        """Probabilities, shape (texts, outputs)."""
        made = []
        for start in range(0, len(inputs.pieces), AT_ONCE):
            some = inputs.some(np.arange(start, min(start + AT_ONCE, len(inputs.pieces))))
            numbers = np.hstack([self.patterns(some).best, some.dense])
            made.append(self._said(some.grams, numbers, self._hidden(numbers)))
        return np.vstack(made)

    def patterns(self, inputs: Inputs) -> Fit:
        """How its patterns fit."""
        weights = self.weights
        return fit(weights["V"], inputs.pieces, weights["P"], weights["p"])

    def _hidden(self, numbers: Floats) -> Floats:
        hidden: Floats = np.maximum(numbers @ self.weights["A"] + self.weights["a"], 0)
        return hidden

    def _said(self, grams: Any, numbers: Floats, hidden: Floats) -> Floats:
        weights = self.weights
        logits: Floats = grams @ weights["G"] + numbers @ weights["S"] + hidden @ weights["B"]
        return squashed(logits + weights["b"], self.categories)

    def gradients(
        self, inputs: Inputs, wanted: Floats, kept: tuple[Floats, Floats]
    ) -> dict[str, Floats]:
        """Of the mean cross entropy.

        `kept` are the factors of the patterns and of the hidden units.
        """
        weights, fits = self.weights, self.patterns(inputs)
        numbers = np.hstack([fits.best * kept[0], inputs.dense])
        hidden = self._hidden(numbers) * kept[1]
        outputs = self._said(inputs.grams, numbers, hidden)
        error = (outputs - wanted) / len(wanted)
        back = (error @ weights["B"].T) * (hidden > 0) * kept[1]
        count = kept[0].shape[1]
        further = error @ weights["S"][:count].T + back @ weights["A"][:count].T
        slopes = {
            "G": inputs.grams.T @ error,
            "S": numbers.T @ error,
            "B": hidden.T @ error,
            "b": error.sum(axis=0),
            "A": numbers.T @ back,
            "a": back.sum(axis=0),
        }
        patterns = fits.slopes(weights["V"], weights["P"], further * kept[0])
        slopes["V"], slopes["P"], slopes["p"] = patterns
        for name in "GSABP":
            slopes[name] += DECAY * weights[name]
        return slopes


def squashed(logits: Floats, categories: int) -> Floats:
    """Probabilities of logits, of which the first `categories` exclude each other."""
    made = (1 / (1 + np.exp(-np.clip(logits, -30, 30)))).astype(np.float32)
    first = logits[:, :categories]
    powers = np.exp(first - first.max(axis=1, keepdims=True))
    made[:, :categories] = powers / powers.sum(axis=1, keepdims=True)
    return made


def new_network(
    inputs: Inputs,
    vectors: Floats,
    outputs: int,
    categories: int,
    *,
    patterns: int,
    hidden: int,
    random: np.random.Generator,
) -> Network:
    """One that has learned nothing (initial weights after He et al. 2015)."""

    def drawn(*shape: int) -> Floats:
        made: Floats = random.standard_normal(shape, np.float32)
        return made * np.float32(np.sqrt(2 / np.prod(shape[:-1])))

    numbers = patterns + inputs.dense.shape[1]
    return Network(
        categories,
        {
            "V": vectors.copy(),
            "G": np.zeros((inputs.grams.shape[1], outputs), np.float32),
            "S": np.zeros((numbers, outputs), np.float32),
            "A": drawn(numbers, hidden),
            "a": np.zeros(hidden, np.float32),
            "B": drawn(hidden, outputs),
            "b": np.zeros(outputs, np.float32),
            "P": drawn(WIDTH, vectors.shape[1], patterns),
            "p": np.zeros(patterns, np.float32),
        },
    )


class Adam:
    """Moves weights against their slopes (Kingma and Ba 2015), in place."""

    def __init__(self, weights: dict[str, Floats]) -> None:
        self._weights = weights
        self._mean = {name: np.zeros_like(one) for name, one in weights.items()}
        self._square = {name: np.zeros_like(one) for name, one in weights.items()}
        self._steps = 0

    def move(self, slopes: Mapping[str, Floats], rate: float) -> None:
        """Make a step."""
        self._steps += 1
        for name, weights in self._weights.items():
            mean, square = self._mean[name].reshape(-1), self._square[name].reshape(-1)
            moved, slope = weights.reshape(-1), slopes[name].reshape(-1)
            for start in range(0, weights.size, IN_REACH):
                some = slice(start, start + IN_REACH)
                self._move(moved[some], slope[some], mean[some], square[some], rate)

    def _move(
        self, weights: Floats, slope: Floats, mean: Floats, square: Floats, rate: float
    ) -> None:
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
        weights -= move


def learn(
    inputs: Inputs,
    vectors: Floats,
    wanted: Floats,
    categories: int,
    *,
    apart: tuple[int, int],
    patterns: int,
    hidden: int,
    epochs: int,
    seed: int,
) -> Network:
    """A network whose outputs come close to `wanted`, shape (texts, outputs), each 0-1.

    `apart` are how many of the last dense numbers speak to how many of the last outputs alone, and
    to these straight.
    """
    random = np.random.default_rng(seed)
    network = new_network(
        inputs,
        vectors,
        wanted.shape[1],
        categories,
        patterns=patterns,
        hidden=hidden,
        random=random,
    )
    weights = network.weights
    numbers, outputs = len(weights["S"]) - apart[0], wanted.shape[1] - apart[1]
    weights["A"][numbers:] = 0
    slow = Adam({"V": weights["V"]})
    adam = Adam({name: one for name, one in weights.items() if name != "V"})
    for epoch in range(epochs):
        rate = LAST_RATE + (FIRST_RATE - LAST_RATE) * (1 - epoch / epochs)
        order = random.permutation(len(wanted))
        for start in range(0, len(wanted), BATCH):
            some = np.sort(order[start : start + BATCH])
            kept = _kept(random, len(some), patterns), _kept(random, len(some), hidden)
            slopes = network.gradients(inputs.some(some), wanted[some], kept)
            slopes["A"][numbers:] = 0
            slopes["S"][numbers:, :outputs] = 0
            slow.move(slopes, rate * SLOWER)
            adam.move(slopes, rate)
    return network


def _kept(random: np.random.Generator, texts: int, units: int) -> Floats:
    kept: Floats = (random.random((texts, units)) > DROPPED).astype(np.float32)
    return kept / np.float32(1 - DROPPED)
