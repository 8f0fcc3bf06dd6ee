"""The network learns, and learns the same every time."""

from functools import cache
from itertools import pairwise

import numpy as np
import pytest

from detectors.arrays import Floats
from detectors.learned import in_full
from detectors.phrases import Phrases
from detectors.training import network as networks
from detectors.training.__main__ import smaller
from detectors.training.network import (
    BATCH,
    FIRST_RATE,
    SLOWER,
    Inputs,
    Network,
    learn,
    new_network,
)
from detectors.training.patterns import directions
from detectors.training.vocabulary import in_bytes

TEXTS, PIECES = 1000, 6
HOW = {"hidden": 16, "patterns": 16}


@cache
def data() -> tuple[Inputs, Floats, Floats]:
    """Texts, the vectors of their pieces and what is wanted: the last flag wants an order."""
    random = np.random.default_rng(0)
    grams = (random.random((TEXTS, 12)) < 0.3).astype(np.float32)
    dense = random.standard_normal((TEXTS, 5)).astype(np.float32)
    pieces = [random.integers(0, PIECES, size) for size in random.integers(0, 16, TEXTS)]
    vectors = directions(random.standard_normal((PIECES, 6)))
    first = dense[:, 0] > 0
    flag = (grams[:, 3] > 0) | (dense[:, 1] > 1)
    order = np.array(
        [any((one, other) == (3, 5) for one, other in pairwise(text)) for text in pieces]
    )
    wanted = np.stack([first, ~first, order, flag], axis=1).astype(np.float32)
    return Inputs(grams, dense, pieces), vectors, wanted


def learned(apart: tuple[int, int] = (0, 0)) -> tuple[Network, Floats]:
    inputs, vectors, wanted = data()
    network = learn(inputs, vectors, wanted, 2, apart=apart, epochs=150, seed=3, **HOW)
    right: Floats = ((network.outputs(inputs) > 0.5) == (wanted > 0.5)).mean(axis=0)
    return network, right


def test_it_learns_what_is_there() -> None:
    assert (learned()[1] > 0.8).all()


def test_it_learns_the_same_again() -> None:
    one, other = learned()[0], learned()[0]
    assert all((one.weights[name] == other.weights[name]).all() for name in one.weights)


def test_numbers_that_stand_apart_speak_to_their_outputs_alone() -> None:
    network = learned(apart=(2, 1))[0]
    inputs, _, _ = data()
    changed = inputs.dense.copy()
    changed[:, 3:] += 5
    before, after = network.outputs(inputs), network.outputs(inputs._replace(dense=changed))
    assert (before[:, :3] == after[:, :3]).all()
    assert (before[:, 3] != after[:, 3]).all()


def test_patterns_fit_in_whole_numbers_as_they_do_in_training() -> None:
    inputs, _, _ = data()
    network = learned()[0]
    weights = network.weights
    phrases = Phrases(weights["V"][:-1], weights["P"], weights["p"])
    exact = network.patterns(inputs).best
    assert phrases.fits(inputs.pieces) == pytest.approx(exact, abs=1e-3)


def test_gradients_are_those_of_the_cross_entropy() -> None:
    inputs, vectors, wanted = data()
    random = np.random.default_rng(1)
    network = new_network(inputs, vectors, 4, 2, patterns=3, hidden=4, random=random)
    network.weights = {name: one.astype(np.float64) for name, one in network.weights.items()}
    network.weights["S"] += random.standard_normal(network.weights["S"].shape)
    network.weights["p"] += 0.1  # no text lies where a slope ends

    def loss() -> float:
        made = network.outputs(inputs).astype(np.float64)
        flags = wanted[:, 2:] * np.log(made[:, 2:]) + (1 - wanted[:, 2:]) * np.log(1 - made[:, 2:])
        first = wanted[:, :2] * np.log(made[:, :2])
        return float(-(flags.sum(axis=1) + first.sum(axis=1)).mean())

    ones = np.ones((TEXTS, 3), np.float32), np.ones((TEXTS, 4), np.float32)
    slopes = network.gradients(inputs, wanted, ones)
    for name, place in (
        ("A", (1, 2)),
        ("B", (0, 1)),
        ("b", (2,)),
        ("P", (1, 2, 0)),
        ("p", (1,)),
        ("V", (5, 4)),
    ):
        weights, step = network.weights[name], 1e-3
        before = weights[place]
        weights[place] = before + step
        above = loss()
        weights[place] = before - step
        below = loss()
        weights[place] = before
        assert (above - below) / (2 * step) == pytest.approx(slopes[name][place], abs=2e-3)


def test_a_pattern_that_is_left_out_of_a_step_learns_nothing_in_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(networks, "DECAY", 0.0)
    inputs, vectors, wanted = data()
    network = new_network(
        inputs, vectors, 4, 2, patterns=3, hidden=4, random=np.random.default_rng(1)
    )
    kept = np.ones((TEXTS, 3), np.float32), np.ones((TEXTS, 4), np.float32)
    kept[0][:, 1] = 0
    slopes = network.gradients(inputs, wanted, kept)
    assert slopes["P"].any(axis=(0, 1)).tolist() == [True, False, True]
    assert slopes["p"][1] == 0


def test_weights_decay_and_the_vectors_of_pieces_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    inputs, vectors, wanted = data()
    network = learn(inputs, vectors, wanted, 2, apart=(0, 0), epochs=1, seed=3, **HOW)
    ones = np.ones((TEXTS, 16), np.float32)
    found = {}
    for decay in (0.0, 1.0):
        monkeypatch.setattr(networks, "DECAY", decay)
        found[decay] = network.gradients(inputs, wanted, (ones, ones))
    for name, one in network.weights.items():
        further = one if name in "GSABP" else np.zeros_like(one)
        assert found[1.0][name] - found[0.0][name] == pytest.approx(further, abs=1e-5)


def test_the_vectors_of_pieces_learn_slower_than_what_has_learned_nothing() -> None:
    inputs, vectors, wanted = data()
    some = np.arange(BATCH)
    one_step = learn(
        inputs.some(some), vectors, wanted[some], 2, apart=(0, 0), epochs=1, seed=3, **HOW
    )
    before = new_network(inputs, vectors, 4, 2, random=np.random.default_rng(3), **HOW).weights
    moved = {name: abs(one - before[name]).max() for name, one in one_step.weights.items()}
    # Adam's first step is as long as its rate, whatever the slope.
    assert moved["P"] == pytest.approx(FIRST_RATE, rel=0.01)
    assert moved["V"] == pytest.approx(FIRST_RATE * SLOWER, rel=0.01)


def test_of_the_vectors_those_of_pieces_are_kept_in_bytes() -> None:
    network = learned()[0]
    stored, vectors = smaller(network), network.weights["V"]
    assert stored["V"].dtype == np.int8
    assert in_full(stored, "V") == pytest.approx(vectors[:-1], abs=float(abs(vectors).max()) / 250)


def test_what_is_outside_a_text_stays_without_a_direction() -> None:
    assert not learned()[0].weights["V"][-1].any()


def test_rows_in_bytes_are_a_step_of_their_own_scale_away_at_most() -> None:
    random = np.random.default_rng(0)
    rows = (random.standard_normal((20, 8)) * random.random((20, 1)) * 9).astype(np.float32)
    again = in_full(in_bytes("rows", rows), "rows")
    assert (abs(again - rows) <= abs(rows).max(axis=1, keepdims=True) / 254 * 1.001).all()
