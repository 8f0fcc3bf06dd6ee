"""The teacher: a sentence encoder that has learned our classes, every layer of it."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np

from detectors.arrays import Floats, Ints
from detectors.exported import STEP
from detectors.labels import CATEGORIES, OUTPUTS
from detectors.training.backward import slopes
from detectors.training.network import Adam, squashed
from detectors.training.transformer import TINY, Transformer

BATCH: Final = 32
EPOCHS: Final = 2
RATE: Final = 1e-4
"""The highest rate of the encoder's weights: they know much already."""
HEAD_RATE: Final = 1e-3
FIRST_SPREAD: Final = 0.02
KEPT: Final = 0.85
"""So far the encoder's weights go from what they were to what they have learned: on text of others
it then reads a little better, on ours a little worse (Wortsman et al. 2022, "Robust fine-tuning of
zero-shot models").
"""
WARMING: Final = 0.06
"""The share of the steps in which the rates rise; then they fall to nothing."""
TOLD_AFTER: Final = 100
"""Steps of learning."""
STEPS: Final = 3
"""How many steps up and down are kept of what a weight has learned."""
REACH: Final = 3.0
"""So many deviations the last step is away."""


def teacher(
    encoder: Transformer,
    pieces: Sequence[Ints],
    wanted: Floats,
    counts: Floats,
    *,
    seed: int,
    say: Callable[[str], None],
) -> Transformer:
    """The encoder with a head, when it has learned from texts as numbers of word pieces.

    What they shall say has shape (texts, outputs), each 0-1; `counts` says how much each matters.
    How far it is goes to `say`.
    """
    random = np.random.default_rng(seed)
    body = {name: one.copy() for name, one in encoder.weights.items()}
    width = encoder.words.shape[1], len(OUTPUTS)
    head = {
        "H": random.standard_normal(width, np.float32) * np.float32(FIRST_SPREAD),
        "h": np.zeros(len(OUTPUTS), np.float32),
    }
    # The moves are made in place.
    learner = Transformer(encoder.words, encoder.places, encoder.scale, encoder.shift, body | head)
    movers = ((Adam(body), RATE), (Adam(head), HEAD_RATE))
    for epoch in range(EPOCHS):
        found = list(batches(random.permutation(len(pieces)), pieces))
        steps = EPOCHS * len(found)
        for step, number in enumerate(random.permutation(len(found)), epoch * len(found)):
            if step % TOLD_AFTER == 0:
                say(f"  step {step} of {steps}")
            some = found[number]
            passed = learner.forward(_together(pieces, some), random)
            error = squashed(learner.logits(passed), len(CATEGORIES)) - wanted[some]
            moves = slopes(learner, error * counts[some] / np.float32(BATCH), passed)
            pace = min(step / (WARMING * steps), 1 - step / steps)
            for mover, rate in movers:
                mover.move(moves, rate * pace)
    for name, one in body.items():
        one *= np.float32(KEPT)
        one += np.float32(1 - KEPT) * encoder.weights[name]
    return learner


def thoughts(teacher: Transformer, pieces: Sequence[Ints]) -> Floats:
    """What a teacher thinks of texts: probabilities, shape (texts, outputs)."""
    made = np.zeros((len(pieces), len(OUTPUTS)), np.float32)
    for some in batches(np.arange(len(pieces)), pieces):
        logits = teacher.logits(teacher.forward(_together(pieces, some)))
        made[some] = squashed(logits, len(CATEGORIES))
    return made


def batches(order: Ints, pieces: Sequence[Ints]) -> Iterator[Ints]:
    """Rows of texts that have equally many pieces, `BATCH` at a time, else in their order."""
    by_length = sorted(order.tolist(), key=lambda row: len(pieces[row]))
    for _, group in groupby(by_length, key=lambda row: len(pieces[row])):
        rows = np.array(list(group))
        for start in range(0, len(rows), BATCH):
            yield rows[start : start + BATCH]


def learned(encoder: Transformer, taught: Transformer) -> dict[str, Any]:
    """What `exported.with_learned` needs to make the teacher of the encoder, nearly.

    Of a matrix's difference the nearest of a few steps is kept, a column's as wide as its numbers
    are spread: that takes a third of a byte a number, and no signal is read worse.
    """
    kept: dict[str, Any] = {}
    for name, one in taught.weights.items():
        further = one - encoder.weights[name] if name in encoder.weights else one
        if name in encoder.weights and further.ndim > 1:
            step = REACH / STEPS * np.sqrt((further * further).mean(axis=0))
            kept[name + STEP] = step.astype(np.float16)
            steps = np.round(further / (kept[name + STEP].astype(np.float32) + np.float32(TINY)))
            kept[name] = np.clip(steps, -STEPS, STEPS).astype(np.int8)
        else:
            kept[name] = further.astype(np.float16)
    return kept


def _together(pieces: Sequence[Ints], rows: Ints) -> Ints:
    return np.stack([pieces[row] for row in rows])
