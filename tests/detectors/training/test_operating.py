"""Where a flag fires: best for what it is for, and not more often than is borne."""

import numpy as np
import pytest

from detectors.arrays import Floats
from detectors.labels import CATEGORIES, FLAGS, LINKED, OUTPUTS
from detectors.training.operating import ALARMS, MANY_ALARMS, operating_points

PLACE = len(CATEGORIES) + FLAGS.index("human_request")


def drawn(apart: float) -> tuple[Floats, Floats]:
    """Labels of every output, and what is said of them: higher by `apart` where one holds."""
    random = np.random.default_rng(1)
    wanted = (random.random((20_000, len(OUTPUTS))) < 0.1).astype(np.float32)
    logits = random.standard_normal(wanted.shape) + apart * wanted - 2
    return wanted, (1 / (1 + np.exp(-logits))).astype(np.float32)


def test_no_more_texts_without_a_flag_fire_it_than_are_allowed() -> None:
    wanted, said = drawn(2)
    point = operating_points(wanted, said, np.zeros_like(said), np.ones_like(said))["human_request"]
    without = said[wanted[:, PLACE] == 0, PLACE]
    assert (without > point).sum() <= 1 + ALARMS["human_request"] * len(without)


def test_a_flag_that_is_told_apart_fires_on_all_that_have_it() -> None:
    wanted, said = drawn(20)
    points = operating_points(wanted, said, np.zeros_like(said), np.ones_like(said))
    assert set(points) == {*FLAGS, *LINKED}
    point = points["human_request"]
    assert (said[wanted[:, PLACE] == 1, PLACE] >= point).all()


def test_a_text_whose_flag_was_probably_forgotten_is_no_false_alarm() -> None:
    wanted, said = drawn(2)
    forgotten = wanted.copy()
    forgotten[::2] = 0
    thought = np.where(wanted > forgotten, 0.9, 0).astype(np.float32)
    doubted = operating_points(forgotten, said, thought, np.ones_like(said))
    believed = operating_points(forgotten, said, np.zeros_like(said), np.ones_like(said))
    assert doubted["human_request"] < believed["human_request"]


def test_what_is_grave_fires_as_often_as_it_may() -> None:
    wanted, said = drawn(20)
    points = operating_points(wanted, said, np.zeros_like(said), np.ones_like(said))
    for name, share in (("safety", MANY_ALARMS), ("praise", 0)):
        place = len(CATEGORIES) + FLAGS.index(name)
        without = said[wanted[:, place] == 0, place]
        assert (without > points[name]).mean() == pytest.approx(share, abs=1e-3)


def test_where_many_points_are_as_good_the_middle_one_is_taken() -> None:
    wanted = np.zeros((1_000, len(OUTPUTS)), np.float32)
    wanted[::2] = 1
    said = np.where(wanted == 1, 0.6, 0.2).astype(np.float32)
    points = operating_points(wanted, said, np.zeros_like(said), np.ones_like(said))
    assert points["linked_3"] == pytest.approx(0.4, abs=0.01)
