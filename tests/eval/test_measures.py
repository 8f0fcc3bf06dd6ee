"""The measures, against what they mean."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.eval.fingerprints import fingerprints, grouping
from tests.eval.measures import auc, best_f1, f1
from tests.eval.reliability import calibration_error

SCORED = st.lists(
    st.tuples(st.booleans(), st.sampled_from((0.0, 0.2, 0.5, 0.7, 1.0))), min_size=2, max_size=30
).filter(lambda pairs: len({wanted for wanted, _ in pairs}) == 2)


@given(SCORED)
def test_auc_is_the_chance_that_a_wanted_text_scores_higher(
    pairs: list[tuple[bool, float]],
) -> None:
    wanted = np.array([one for one, _ in pairs])
    scores = np.array([score for _, score in pairs])
    high, low = scores[wanted], scores[~wanted]
    wins = [(a > b) + 0.5 * (a == b) for a in high for b in low]
    assert auc(wanted, scores) == pytest.approx(sum(wins) / len(wins))


@given(SCORED)
def test_the_best_f1_is_that_of_the_best_threshold(pairs: list[tuple[bool, float]]) -> None:
    wanted = np.array([one for one, _ in pairs])
    scores = np.array([score for _, score in pairs])
    values = [f1(wanted, scores, float(threshold)) for threshold in set(scores)]
    assert best_f1(wanted, scores) == pytest.approx(max(values))


def test_a_group_is_right_only_with_exactly_its_lines() -> None:
    assert grouping("aabbc", "xxyyz") == (1.0, 1.0)
    assert grouping("aabbc", "xxyzw") == (0.6, 4 / 7)
    assert grouping("aab", "xxx") == (0.0, 0.0)


def test_most_groups_of_logs_are_right_and_half_of_those_that_no_rule_was_made_for() -> None:
    found = {one.set: one.value for one in fingerprints() if one.what == "mean FGA"}
    assert found["our logs"] > 0.88
    assert found["held-back logs"] > 0.5


def test_scores_that_are_probabilities_have_no_calibration_error() -> None:
    wanted, scores = np.array([True, False, True, True]), np.array([0.5, 0.5, 1.0, 1.0])
    assert calibration_error(wanted, scores) == 0.0
    assert calibration_error(~wanted, scores) == pytest.approx(0.5)
