"""A sentence encoder that can learn: a transformer, forward and backward, in plain numpy.

BERT (Devlin et al. 2019) with one linear layer over the mean of its last places. The vectors of
word pieces and places stay as they are; all else learns. Texts that are read together have equally
many pieces, so nothing has to be padded or masked.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from scipy.special import erf

from detectors.arrays import Floats, Ints

HEADS: Final = 12
DROPPED: Final = 0.1
"""The share of what a block adds that is left out while learning (dropout), as BERT was taught."""
FIRST_SPREAD: Final = 0.02
TINY: Final = 1e-12
PEAK: Final = (2 * np.pi) ** -0.5
"""Of the normal density."""

Weights = dict[str, Floats]
"""A block's are named `3.Q`: the number of the block, then
`Q q` queries, keys and values, `O o` what attention adds, `M m` its norm,
`F f` the wide layer, `G g` the way back, `N n` its norm."""


class _Normed(NamedTuple):
    """What a layer norm gave before its scale, and the inverse of the deviation."""

    unit: Floats
    inverse: Floats


class _Block(NamedTuple):
    """What a block saw and made, for the way back; `kept` are the factors of dropout."""

    seen: Floats
    query: Floats
    key: Floats
    value: Floats
    attention: Floats
    read: Floats
    kept: tuple[Floats, Floats]
    middle: _Normed
    middle_scaled: Floats
    wide: Floats
    gate: Floats
    active: Floats
    end: _Normed


class Passed(NamedTuple):
    """A way forward: the logits, shape (texts, outputs), and what the way back needs."""

    logits: Floats
    mean: Floats
    blocks: list[_Block]


@dataclass
class Transformer:
    """`words`, shape (pieces, numbers), and `places` stay; `scale` and `shift` are their norm's."""

    words: Floats
    places: Floats
    scale: Floats
    shift: Floats
    weights: Weights
    head: Weights

    @property
    def depth(self) -> int:
        """How many blocks there are."""
        return sum(name.endswith(".Q") for name in self.weights)

    def forward(self, ids: Ints, random: np.random.Generator | None = None) -> Passed:
        """Read texts, shape (texts, pieces); with `random` as one that learns from them."""
        texts, length = ids.shape
        embedded = (self.words[ids] + self.places[:length]).reshape(texts * length, -1)
        numbers = _norm(embedded, self.scale, self.shift)[0]
        blocks = []
        for block in range(self.depth):
            numbers, made = self._block(f"{block}.", numbers, texts, random)
            if random is not None:
                blocks.append(made)
        mean: Floats = numbers.reshape(texts, length, -1).mean(axis=1)
        return Passed(mean @ self.head["H"] + self.head["h"], mean, blocks)

    def _block(
        self, name: str, seen: Floats, texts: int, random: np.random.Generator | None
    ) -> tuple[Floats, _Block]:
        weights = self.weights
        query, key, value = _heads(seen @ weights[name + "Q"] + weights[name + "q"], texts)
        attention = _softmax(query @ key.swapaxes(-1, -2) * _size(query))
        read = _joined(attention @ value)
        added, one = _dropped(read @ weights[name + "O"] + weights[name + "o"], random)
        middle_scaled, middle = _norm(seen + added, weights[name + "M"], weights[name + "m"])
        wide = middle_scaled @ weights[name + "F"] + weights[name + "f"]
        gate = (erf(wide * np.float32(0.5**0.5)) + 1) * np.float32(0.5)
        active = wide * gate
        added, two = _dropped(active @ weights[name + "G"] + weights[name + "g"], random)
        scaled, end = _norm(middle_scaled + added, weights[name + "N"], weights[name + "n"])
        made = _Block(
            seen, query, key, value, attention, read, (one, two),
            middle, middle_scaled, wide, gate, active, end,
        )  # fmt: skip
        return scaled, made

    def backward(self, error: Floats, passed: Passed) -> tuple[Weights, Weights]:
        """The slopes of the weights and of the head, given the error of the logits."""
        texts, blocks = len(error), passed.blocks
        length = len(blocks[0].seen) // texts
        slopes: Weights = {}
        back = np.repeat(error @ self.head["H"].T / np.float32(length), length, axis=0)
        for block in reversed(range(len(blocks))):
            back = self._block_back(f"{block}.", back, blocks[block], texts, slopes)
        return slopes, {"H": passed.mean.T @ error, "h": error.sum(axis=0)}

    def _block_back(
        self, name: str, back: Floats, block: _Block, texts: int, slopes: Weights
    ) -> Floats:
        weights = self.weights

        def through(layer: str, bias: str, seen: Floats, error: Floats) -> Floats:
            slopes[name + layer], slopes[name + bias] = seen.T @ error, error.sum(axis=0)
            further: Floats = error @ weights[name + layer].T
            return further

        def normed(layer: str, bias: str, one: _Normed, error: Floats) -> Floats:
            slopes[name + layer] = (error * one.unit).sum(axis=0)
            slopes[name + bias] = error.sum(axis=0)
            return _norm_back(error * weights[name + layer], one)

        back = normed("N", "n", block.end, back)
        error = through("G", "g", block.active, back * block.kept[1])
        density = np.exp(block.wide * block.wide * np.float32(-0.5)) * np.float32(PEAK)
        error *= block.gate + block.wide * density
        back = normed("M", "m", block.middle, back + through("F", "f", block.middle_scaled, error))
        read = _apart(through("O", "o", block.read, back * block.kept[0]), texts)
        error = read @ block.value.swapaxes(-1, -2)
        error -= (error * block.attention).sum(axis=-1, keepdims=True)
        error *= block.attention * _size(block.query)
        queries, keys = error @ block.key, error.swapaxes(-1, -2) @ block.query
        values = block.attention.swapaxes(-1, -2) @ read
        three = np.hstack([_joined(one) for one in (queries, keys, values)])
        return back + through("Q", "q", block.seen, three)


def from_onnx(path: Path, outputs: int, random: np.random.Generator) -> Transformer:
    """An exported sentence encoder, with a head that knows nothing yet."""
    found = _stored(path)
    weights: Weights = {}
    for block in range(len({name.split(".")[2] for name in found if ".layer." in name})):
        place = f"encoder.layer.{block}."
        three = [f"{place}attention.self.{one}" for one in ("query", "key", "value")]
        weights[f"{block}.Q"] = np.hstack([found[f"{one}.weight"] for one in three])
        weights[f"{block}.q"] = np.hstack([found[f"{one}.bias"] for one in three])
        for name, layer in _LAYERS.items():
            weights[f"{block}.{name}"] = found[f"{place}{layer}.weight"]
            weights[f"{block}.{name.lower()}"] = found[f"{place}{layer}.bias"]
    words = found["embeddings.word_embeddings.weight"]
    kind = found["embeddings.token_type_embeddings.weight"][0]
    return Transformer(
        words,
        found["embeddings.position_embeddings.weight"] + kind,
        found["embeddings.LayerNorm.weight"],
        found["embeddings.LayerNorm.bias"],
        weights,
        {
            "H": random.standard_normal((words.shape[1], outputs), np.float32) * FIRST_SPREAD,
            "h": np.zeros(outputs, np.float32),
        },
    )


_LAYERS: Final = {
    "O": "attention.output.dense",
    "M": "attention.output.LayerNorm",
    "F": "intermediate.dense",
    "G": "output.dense",
    "N": "output.LayerNorm",
}


def _stored(path: Path) -> Mapping[str, Floats]:
    """The weights in a file, by their first names: an export keeps of a product only its step's."""
    import onnx
    from onnx.numpy_helper import to_array

    graph = onnx.load(path).graph
    found = {one.name: np.array(to_array(one)) for one in graph.initializer}
    for step in graph.node:
        if step.op_type == "MatMul" and step.input[1] in found:
            name = step.name.removeprefix("/").removesuffix("/MatMul").replace("/", ".")
            found[f"{name}.weight"] = found[step.input[1]]
    return found


def _heads(three: Floats, texts: int) -> tuple[Floats, Floats, Floats]:
    query, key, value = np.split(three, 3, axis=1)
    return _apart(query, texts), _apart(key, texts), _apart(value, texts)


def _apart(numbers: Floats, texts: int) -> Floats:
    """From (texts x pieces, numbers) to (texts, heads, pieces, numbers of a head)."""
    length, width = len(numbers) // texts, numbers.shape[1] // HEADS
    return numbers.reshape(texts, length, HEADS, width).swapaxes(1, 2)


def _joined(heads: Floats) -> Floats:
    texts, count, length, width = heads.shape
    return heads.swapaxes(1, 2).reshape(texts * length, count * width)


def _size(heads: Floats) -> Any:
    return np.float32(heads.shape[-1] ** -0.5)


def _softmax(logits: Floats) -> Floats:
    powers: Floats = np.exp(logits - logits.max(axis=-1, keepdims=True))
    powers /= powers.sum(axis=-1, keepdims=True)
    return powers


def _norm(numbers: Floats, scale: Floats, shift: Floats) -> tuple[Floats, _Normed]:
    unit = numbers - numbers.mean(axis=-1, keepdims=True)
    inverse = 1 / np.sqrt((unit * unit).mean(axis=-1, keepdims=True) + np.float32(TINY))
    unit *= inverse
    return unit * scale + shift, _Normed(unit, inverse)


def _norm_back(error: Floats, one: _Normed) -> Floats:
    along = (error * one.unit).mean(axis=-1, keepdims=True)
    back: Floats = (error - error.mean(axis=-1, keepdims=True) - one.unit * along) * one.inverse
    return back


def _dropped(added: Floats, random: np.random.Generator | None) -> tuple[Floats, Floats]:
    if random is None:
        return added, np.ones(0, np.float32)
    kept: Floats = (random.random(added.shape, np.float32) >= DROPPED).astype(np.float32)
    kept /= np.float32(1 - DROPPED)
    return added * kept, kept
