"""The Poisson tail and the learned baseline."""

from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.anomalies.statistics import Baseline, poisson_tail


def test_the_tail_of_one_event_is_the_chance_of_not_none() -> None:
    assert poisson_tail(1, 0.5) == pytest.approx(1 - exp(-0.5))


def test_the_tail_agrees_with_published_tables() -> None:
    # Chance of 8 or more where 3 are expected, and of 3 or more where 5 are.
    assert poisson_tail(8, 3.0) == pytest.approx(0.01190, abs=5e-6)
    assert poisson_tail(3, 5.0) == pytest.approx(0.87535, abs=5e-6)


@given(st.integers(0, 2_000), st.floats(1e-6, 1e3))
def test_a_tail_is_a_probability_and_falls_as_the_count_rises(count: int, usual: float) -> None:
    more, less = poisson_tail(count + 1, usual), poisson_tail(count, usual)
    assert 0.0 <= more <= less + 1e-9 <= 1.0 + 1e-9


@given(st.integers(0, 5_000), st.floats(0, 100))
def test_many_empty_windows_at_once_weigh_like_one_after_another(n: int, seen: float) -> None:
    together = Baseline(seen, 10.0).after_empty(n, 360)
    halves = Baseline(seen, 10.0).after_empty(n // 2, 360).after_empty(n - n // 2, 360)
    assert together.accounts == pytest.approx(halves.accounts)
    assert together.windows == pytest.approx(halves.windows)


def test_a_baseline_follows_its_windows_and_the_prior_speaks_before_there_are_any() -> None:
    baseline = Baseline()
    assert baseline.expected(0.03, 60) == pytest.approx(0.03)
    for _ in range(2_000):
        baseline = baseline.after(4, 360)
    assert baseline.mean() == pytest.approx(4.0)
    assert 3.5 < baseline.expected(0.03, 60) < 4.0
