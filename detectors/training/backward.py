"""The way back through a transformer: how each weight moves an error."""

from typing import Final

import numpy as np

from detectors.arrays import Floats
from detectors.training.transformer import (
    Block,
    Normed,
    Passed,
    Transformer,
    Weights,
    apart,
    joined,
    size,
)

PEAK: Final = (2 * np.pi) ** -0.5
"""Of the normal density."""


def slopes(encoder: Transformer, error: Floats, passed: Passed) -> Weights:
    """The slopes of all weights, given the error of the logits and the way forward."""
    texts, blocks = len(error), passed.blocks
    length = len(blocks[0].seen) // texts
    found: Weights = {"H": passed.mean.T @ error, "h": error.sum(axis=0)}
    back = np.repeat(error @ encoder.weights["H"].T / np.float32(length), length, axis=0)
    for number in reversed(range(len(blocks))):
        back = _through_block(encoder.weights, f"{number}.", back, blocks[number], texts, found)
    return found


def _through_block(
    weights: Weights, name: str, back: Floats, block: Block, texts: int, found: Weights
) -> Floats:
    def through(layer: str, bias: str, seen: Floats, error: Floats) -> Floats:
        found[name + layer], found[name + bias] = seen.T @ error, error.sum(axis=0)
        further: Floats = error @ weights[name + layer].T
        return further

    def normed(scale: str, shift: str, one: Normed, error: Floats) -> Floats:
        found[name + scale] = (error * one.unit).sum(axis=0)
        found[name + shift] = error.sum(axis=0)
        return _norm_back(error * weights[name + scale], one)

    back = normed("N", "n", block.end, back)
    error = through("G", "g", block.active, back * block.kept[1])
    density = np.exp(block.wide * block.wide * np.float32(-0.5)) * np.float32(PEAK)
    error *= block.gate + block.wide * density
    back = normed("M", "m", block.middle, back + through("F", "f", block.attended, error))
    read = apart(through("O", "o", block.read, back * block.kept[0]), texts)
    error = read @ block.value.swapaxes(-1, -2)
    error -= (error * block.attention).sum(axis=-1, keepdims=True)
    error *= block.attention * size(block.query)
    queries, keys = error @ block.key, error.swapaxes(-1, -2) @ block.query
    values = block.attention.swapaxes(-1, -2) @ read
    three = np.hstack([joined(one) for one in (queries, keys, values)])
    return back + through("Q", "q", block.seen, three)


def _norm_back(error: Floats, one: Normed) -> Floats:
    along = (error * one.unit).mean(axis=-1, keepdims=True)
    back: Floats = (error - error.mean(axis=-1, keepdims=True) - one.unit * along) * one.inverse
    return back
