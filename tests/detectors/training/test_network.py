"""The network learns, and learns the same every time."""

import numpy as np
import pytest

from detectors.arrays import Floats
from detectors.training.network import Network, learn, new_network


def data() -> tuple[Floats, Floats, Floats]:
    random = np.random.default_rng(0)
    grams = (random.random((400, 12)) < 0.3).astype(np.float32)
    dense = random.standard_normal((400, 5)).astype(np.float32)
    first = dense[:, 0] > 0
    flag = (grams[:, 3] > 0) ^ (dense[:, 1] > 0)
    return grams, dense, np.stack([first, ~first, flag], axis=1).astype(np.float32)


def learned(apart: tuple[int, int] = (0, 0)) -> tuple[Network, float]:
    grams, dense, wanted = data()
    sure = np.ones_like(wanted)
    network = learn(grams, dense, wanted, sure, 2, apart=apart, hidden=16, epochs=60, seed=3)
    outputs = network.outputs(grams, dense)
    return network, float(((outputs > 0.5) == (wanted > 0.5)).mean())


def test_it_learns_what_is_there() -> None:
    assert learned()[1] > 0.85


def test_it_learns_the_same_again() -> None:
    one, other = learned()[0], learned()[0]
    assert all((one.weights[name] == other.weights[name]).all() for name in one.weights)


def test_numbers_that_stand_apart_speak_to_their_outputs_alone() -> None:
    network = learned(apart=(2, 1))[0]
    grams, dense, _ = data()
    changed = dense.copy()
    changed[:, 3:] += 5
    before, after = network.outputs(grams, dense), network.outputs(grams, changed)
    assert (before[:, :2] == after[:, :2]).all()
    assert (before[:, 2] != after[:, 2]).all()


def test_gradients_are_those_of_the_cross_entropy() -> None:
    grams, dense, wanted = data()
    network = new_network(12, 5, 3, 2, 4, np.random.default_rng(1))
    network.weights = {name: one.astype(np.float64) for name, one in network.weights.items()}

    def loss() -> float:
        made = network.outputs(grams, dense).astype(np.float64)
        flags = wanted[:, 2] * np.log(made[:, 2]) + (1 - wanted[:, 2]) * np.log(1 - made[:, 2])
        return float(-(flags + (wanted[:, :2] * np.log(made[:, :2])).sum(axis=1)).mean())

    slopes = network.gradients(
        grams, dense, wanted, np.ones_like(wanted), np.ones((400, 4), np.float32)
    )
    for name, place in (("A", (1, 2)), ("B", (0, 1)), ("b", (2,))):
        weights, step = network.weights[name], 1e-2
        before = weights[place]
        weights[place] = before + step
        above = loss()
        weights[place] = before - step
        below = loss()
        weights[place] = before
        assert (above - below) / (2 * step) == pytest.approx(slopes[name][place], abs=2e-3)
