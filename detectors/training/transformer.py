"""A sentence encoder: a transformer, in plain numpy.

BERT (Devlin et al. 2019); what it makes of a text is the mean of its last places, and one linear
layer over that, its head, says what it has learned of texts (`teacher.py`). Texts that are
read together have equally many pieces, so nothing is padded or masked.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.special import erf

from detectors.arrays import Floats, Ints
from detectors.exported import Exported

HEADS: Final = 12
DROPPED: Final = 0.1
"""The share of what a block adds that is left out while learning (dropout), as BERT was taught."""
TINY: Final = 1e-12

Weights = dict[str, Floats]
"""By name, see `exported`; `H h` are the head's."""


class Normed(NamedTuple):
    """Numbers of mean 0 and deviation 1, and the inverse of the deviation they had."""

    unit: Floats
    inverse: Floats


class Block(NamedTuple):
    """What a block saw and made, in order; `kept` are the factors of dropout."""

    seen: Floats
    query: Floats
    key: Floats
    value: Floats
    attention: Floats
    read: Floats
    middle: Normed
    attended: Floats
    wide: Floats
    gate: Floats
    active: Floats
    end: Normed
    kept: tuple[Floats, Floats]


class Passed(NamedTuple):
    """What texts mean, shape (texts, numbers), and what learning needs of the way there."""

    mean: Floats
    blocks: list[Block]


@dataclass(frozen=True)
class Transformer:
    """`words`, shape (pieces, numbers), and `places`; `scale` and `shift` are their norm's."""

    words: Floats
    places: Floats
    scale: Floats
    shift: Floats
    weights: Weights

    @property
    def depth(self) -> int:
        """How many blocks there are."""
        return sum(name.endswith(".Q") for name in self.weights)

    def forward(self, ids: Ints, random: np.random.Generator | None = None) -> Passed:
        """Read texts, shape (texts, pieces); with `random` as one that learns from them."""
        texts, length = ids.shape
        embedded = (self.words[ids] + self.places[:length]).reshape(texts * length, -1)
        numbers, _ = _norm(embedded, self.scale, self.shift)
        blocks = []
        for block in range(self.depth):
            numbers, made = self._block(f"{block}.", numbers, texts, random)
            if random is not None:
                blocks.append(made)
        return Passed(numbers.reshape(texts, length, -1).mean(axis=1), blocks)

    def logits(self, passed: Passed) -> Floats:
        """What the head says, shape (texts, outputs)."""
        said: Floats = passed.mean @ self.weights["H"] + self.weights["h"]
        return said

    def _block(
        self, name: str, seen: Floats, texts: int, random: np.random.Generator | None
    ) -> tuple[Floats, Block]:
        weights = self.weights
        three = seen @ weights[name + "Q"] + weights[name + "q"]
        query, key, value = (apart(one, texts) for one in np.split(three, 3, axis=1))
        attention = _softmax(query @ key.swapaxes(-1, -2) * size(query))
        read = joined(attention @ value)
        added, one = _dropped(read @ weights[name + "O"] + weights[name + "o"], random)
        attended, middle = _norm(seen + added, weights[name + "M"], weights[name + "m"])
        wide = attended @ weights[name + "F"] + weights[name + "f"]
        gate = (erf(wide * np.float32(0.5**0.5)) + 1) * np.float32(0.5)
        active = wide * gate
        added, two = _dropped(active @ weights[name + "G"] + weights[name + "g"], random)
        made, end = _norm(attended + added, weights[name + "N"], weights[name + "n"])
        return made, Block(
            seen, query, key, value, attention, read,
            middle, attended, wide, gate, active, end, (one, two),
        )  # fmt: skip


def transformer(exported: Exported) -> Transformer:
    """An exported sentence encoder, without a head."""
    return Transformer(
        exported.named("embeddings.word_embeddings.weight"),
        exported.named("embeddings.position_embeddings.weight")
        + exported.named("embeddings.token_type_embeddings.weight")[0],
        exported.named("embeddings.LayerNorm.weight"),
        exported.named("embeddings.LayerNorm.bias"),
        exported.weights(),
    )


def apart(numbers: Floats, texts: int) -> Floats:
    """From (texts x pieces, numbers) to (texts, heads, pieces, numbers of a head)."""
    length, width = len(numbers) // texts, numbers.shape[1] // HEADS
    return numbers.reshape(texts, length, HEADS, width).swapaxes(1, 2)


def joined(heads: Floats) -> Floats:
    """The way back from `apart`."""
    texts, count, length, width = heads.shape
    return heads.swapaxes(1, 2).reshape(texts * length, count * width)


def size(heads: Floats) -> Any:
    """What products of queries and keys are brought down by, for their width."""
    return np.float32(heads.shape[-1] ** -0.5)


def _softmax(logits: Floats) -> Floats:
    powers: Floats = np.exp(logits - logits.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def _norm(numbers: Floats, scale: Floats, shift: Floats) -> tuple[Floats, Normed]:
    unit = numbers - numbers.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt((unit * unit).mean(axis=-1, keepdims=True) + np.float32(TINY))
    unit *= inverse
    return unit * scale + shift, Normed(unit, inverse)


def _dropped(added: Floats, random: np.random.Generator | None) -> tuple[Floats, Floats]:
    if random is None:
        return added, np.ones(0, np.float32)
    kept: Floats = (random.random(added.shape, np.float32) >= DROPPED).astype(np.float32)
    kept /= np.float32(1 - DROPPED)
    return added * kept, kept
