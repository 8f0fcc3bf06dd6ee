"""An encoder learns our classes, and what it learned can be kept apart from it."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from detectors.arrays import Floats, Ints
from detectors.exported import STEP, with_learned
from detectors.labels import CATEGORIES, OUTPUTS
from detectors.training import teacher as teaching
from detectors.training.network import Adam
from detectors.training.teacher import HEAD_RATE, RATE, STEPS, batches, learned, teacher, thoughts
from detectors.training.transformer import Transformer
from tests.detectors.training.small import LENGTH, PIECES, small

MARK, FLAG = 3, len(CATEGORIES)


def texts(count: int = 400) -> list[Ints]:
    random = np.random.default_rng(1)
    return [random.integers(0, PIECES, random.integers(2, LENGTH + 1)) for _ in range(count)]


def wanted(pieces: list[Ints]) -> Floats:
    """The first category for all, and a flag where a piece is there."""
    goal = np.zeros((len(pieces), len(OUTPUTS)), np.float32)
    goal[:, 0] = 1
    goal[:, FLAG] = [MARK in one for one in pieces]
    return goal


@pytest.fixture
def taught(monkeypatch: pytest.MonkeyPatch) -> Transformer:
    monkeypatch.setattr(teaching, "EPOCHS", 60)
    monkeypatch.setattr(teaching, "RATE", 1e-3)
    pieces = texts()
    goal = wanted(pieces)
    return teacher(small(), pieces, goal, np.ones_like(goal), seed=1, say=list[str]().append)


def test_it_learns_what_is_there_and_says_so_of_texts_it_has_not_seen(taught: Transformer) -> None:
    new = texts(600)[400:]
    said = thoughts(taught, new)[:, FLAG] > 0.5
    assert (said == (wanted(new)[:, FLAG] > 0)).mean() > 0.9


def test_the_encoder_it_came_from_stays_as_it_was(taught: Transformer) -> None:
    before, now = small(), small()
    goal, told = wanted(texts(64)), list[str]()
    teacher(now, texts(64), goal, np.ones_like(goal), seed=1, say=told.append)
    assert told
    assert all((now.weights[name] == one).all() for name, one in before.weights.items())
    assert any((taught.weights[name] != one).any() for name, one in before.weights.items())


def learns(goal: Floats, counts: Floats) -> Transformer:
    return teacher(small(), texts(64), goal, counts, seed=1, say=list[str]().append)


def test_what_does_not_count_is_not_learned() -> None:
    goal = wanted(texts(64))
    other, counts = goal.copy(), np.ones_like(goal)
    other[:, FLAG] = 1 - goal[:, FLAG]
    assert apart(learns(goal, counts), learns(other, counts))
    counts[:, FLAG] = 0
    assert not apart(learns(goal, counts), learns(other, counts))


def apart(one: Transformer, other: Transformer) -> bool:
    return any((one.weights[name] != other.weights[name]).any() for name in one.weights)


def test_the_rates_rise_from_nothing_and_fall_to_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[float] = []

    class Told(Adam):
        def move(self, slopes: Mapping[str, Floats], rate: float) -> None:
            told.append(rate)
            super().move(slopes, rate)

    monkeypatch.setattr(teaching, "Adam", Told)
    monkeypatch.setattr(teaching, "EPOCHS", 40)
    goal = wanted(texts(64))
    learns(goal, np.ones_like(goal))
    for rates, highest in ((told[::2], RATE), (told[1::2], HEAD_RATE)):
        top = int(np.argmax(rates))
        assert 0 < top < len(rates) / 10
        assert rates == [*sorted(rates[:top]), *sorted(rates[top:], reverse=True)]
        assert 0.9 * highest < rates[top] <= highest
        assert max(rates[0], rates[-1]) < 0.05 * highest


def again(taught: Transformer, changed: Mapping[str, Any] = MappingProxyType({})) -> Transformer:
    """The teacher, from the encoder and what was kept, or that with some of it changed."""
    kept = learned(small(), taught) | dict(changed)
    return replace(small(), weights=with_learned(small().weights, kept))


def test_what_was_learned_makes_the_teacher_of_the_encoder_again(taught: Transformer) -> None:
    apart = abs(thoughts(again(taught), texts()) - thoughts(taught, texts()))
    untaught = again(taught, steps_of_nothing(taught))
    far = abs(thoughts(untaught, texts()) - thoughts(taught, texts()))
    assert apart.mean() < far.mean() / 4


def steps_of_nothing(taught: Transformer) -> dict[str, Any]:
    """As if no matrix had learned."""
    kept = learned(small(), taught)
    return {name: one * 0 for name, one in kept.items() if one.dtype == np.int8}


def test_of_a_matrix_the_nearest_step_is_kept_up_and_down_and_of_all_else_the_number(
    taught: Transformer,
) -> None:
    plain, kept = small().weights, learned(small(), taught)
    made = with_learned(plain, kept)
    assert made.keys() == taught.weights.keys()
    assert all((plain[name] == one).all() for name, one in small().weights.items())
    for name, one in made.items():
        exact, within = taught.weights[name], 1e-3
        if name + STEP in kept:
            step = kept[name + STEP].astype(np.float32)
            reach, within = STEPS * step, 0.51 * step
            exact = plain[name] + np.clip(exact - plain[name], -reach, reach)
            assert step.shape == one.shape[-1:]
        assert (abs(one - exact) <= within).all(), name


def test_finer_steps_come_nearer(taught: Transformer, monkeypatch: pytest.MonkeyPatch) -> None:
    def far(steps: int) -> float:
        monkeypatch.setattr(teaching, "STEPS", steps)
        return float(abs(thoughts(again(taught), texts()) - thoughts(taught, texts())).mean())

    assert far(100) < far(3) < far(1)


def test_texts_that_are_read_together_have_one_length_and_each_is_read_once() -> None:
    pieces = texts()
    found = list(batches(np.arange(len(pieces)), pieces))
    assert all(len({len(pieces[row]) for row in some}) == 1 for some in found)
    assert sorted(np.concatenate(found).tolist()) == list(range(len(pieces)))


def test_it_goes_a_part_of_the_way_that_it_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    goal, before = wanted(texts(64)), small().weights
    monkeypatch.setattr(teaching, "KEPT", 1.0)
    whole = learns(goal, np.ones_like(goal)).weights
    monkeypatch.setattr(teaching, "KEPT", 0.5)
    half = learns(goal, np.ones_like(goal)).weights
    for name, one in before.items():
        assert half[name] == pytest.approx((one + whole[name]) / 2, abs=1e-6)
    assert (half["H"] == whole["H"]).all()
