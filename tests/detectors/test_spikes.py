"""Unusual counts: the tail, the learned level, the season, and which rows of a series alert."""

import math
from collections.abc import Callable, Iterable

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from detectors.season import Season
from detectors.spikes import Baseline, Series
from detectors.tails import is_rarer, log_tail

STEP = 300_000
DAY = 288
"""Rows of a day."""
START = 1_767_571_200_000
"""Monday 2026-01-05T00:00:00Z."""


def alerts(counts: Iterable[float], step: int = STEP) -> list[int]:
    series = Series()
    return [
        row
        for row, count in enumerate(counts)
        if series.judge(START + row * step, float(count)).alert
    ]


def made(level: Callable[[int], float], days: int, seed: int, dispersion: float = 0.1) -> list[int]:
    """Negative binomial counts around a level."""
    chance = np.random.default_rng(seed)
    means = np.array([level(row) for row in range(days * DAY)])
    size = 1 / dispersion
    return list(chance.poisson(chance.gamma(size, means / size)))


def daily(row: int) -> float:
    """A desk's day, quieter at the weekend."""
    open_hours = 1 + 0.9 * math.sin(2 * math.pi * (row / DAY - 0.375))
    return 20 * open_hours * (0.3 if row // DAY % 7 >= 5 else 1.0) + 0.5


def bursty(counts: list[int], at: int, to: int, rows: int = 6) -> list[int]:
    return [*counts[:at], *[to] * rows, *counts[at + rows :]]


def test_the_tail_agrees_with_published_tables() -> None:
    # Poisson: 8 or more where 3 are expected. Negative binomial of size 1: geometric.
    assert 10 ** log_tail(8, 3.0) == pytest.approx(0.01190, abs=5e-6)
    assert 10 ** log_tail(3, 5.0) == pytest.approx(0.87535, abs=5e-6)
    assert 10 ** log_tail(4, 2.0, 1.0) == pytest.approx((2 / 3) ** 4)


def test_a_tail_too_small_for_a_float_still_has_its_logarithm() -> None:
    assert -50_000 < log_tail(13_000, 1.0) < log_tail(12_000, 1.0) < -30_000


def learned(counts: Iterable[float]) -> Baseline:
    baseline = Baseline()
    for count in counts:
        baseline = baseline.after(count, 10_000)
    return baseline


def test_counts_that_never_fall_together_say_nothing_of_how_many_would() -> None:
    assert learned([1.0] * 500).mean() == pytest.approx(1.0)
    assert learned([1.0] * 500).mean_together() == 0.0
    assert Baseline().mean_together() == 0.0


def test_counts_that_fall_together_by_chance_tell_their_mean() -> None:
    counts = np.random.default_rng(1).poisson(0.8, 5_000)
    assert learned(counts).mean_together() == pytest.approx(0.8, rel=0.1)
    mixed = np.random.default_rng(1).poisson([0.1, 4.0] * 2_500)
    assert learned(mixed).mean_together() == learned(mixed).mean()


@given(
    st.integers(0, 300),
    st.floats(0.001, 300),
    st.sampled_from([0.0, 0.01, 0.3, 5.0]),
    st.floats(-40, -0.01),
)
def test_what_is_rarer_than_a_line_has_a_tail_below_it(
    count: int, usual: float, dispersion: float, line: float
) -> None:
    tail = log_tail(count, usual, dispersion)
    assume(abs(tail - line) > 1e-9)
    assert is_rarer(line, count, usual, dispersion) == (tail < line)


@given(st.integers(0, 2_000), st.floats(1e-3, 1e3), st.sampled_from([0.0, 0.01, 0.3, 5.0]))
def test_a_tail_is_a_probability_and_falls_as_the_count_rises(
    count: int, usual: float, dispersion: float
) -> None:
    more, less = log_tail(count + 1, usual, dispersion), log_tail(count, usual, dispersion)
    assert more <= less + 1e-9 <= 1e-9


@given(st.integers(1, 400), st.floats(0.1, 50))
def test_the_more_a_level_varies_the_less_a_high_count_says(excess: int, usual: float) -> None:
    count = 3 * usual + excess
    assert log_tail(count, usual, 0.5) >= log_tail(count, usual, 0.05) >= log_tail(count, usual)


@given(st.integers(0, 5_000), st.floats(0, 100), st.integers(0, 3))
def test_many_windows_at_once_weigh_like_one_after_another(n: int, seen: float, count: int) -> None:
    learned = Baseline(seen, 10.0, seen, 10.0)
    together = learned.after(count, 360, windows=n)
    halves = learned.after(count, 360, windows=n // 2).after(count, 360, windows=n - n // 2)
    assert msgspec.to_builtins(together) == pytest.approx(msgspec.to_builtins(halves))
    assert learned.after(count, 360) == learned.after(count, 360, windows=1)


def test_a_baseline_learns_level_and_dispersion_and_the_prior_speaks_before_there_are_any() -> None:
    baseline = Baseline()
    assert baseline.expected(0.03, 60).mean == pytest.approx(0.03)
    assert baseline.expected(0.03, 60).dispersion == 0.0
    for count in made(lambda row: 6.0, 20, seed=1, dispersion=0.4):
        baseline = baseline.after(count, 2_000)
    usual = baseline.expected(0.03, 1)
    assert usual.mean == pytest.approx(6.0, rel=0.1)
    assert usual.dispersion == pytest.approx(0.4, rel=0.25)


def test_a_season_is_trusted_only_after_a_week_and_only_where_there_is_one() -> None:
    seasonal, even = Season(), Season()
    noise = np.random.default_rng(2).uniform(0.5, 1.5, 28 * 24)
    for hour in range(28 * 24):
        at = START + hour * 3_600_000
        ratio = 1.9 if 8 <= hour % 24 < 20 else 0.1
        seasonal = seasonal.after(at, ratio, 1.0)
        even = even.after(at, float(noise[hour]), 1.0)
        if hour == 6 * 24:
            assert seasonal.factor(at) == 1.0
    noon, night = START + 12 * 3_600_000, START + 3_600_000
    assert seasonal.factor(noon) > 1.5
    assert seasonal.factor(night) < 0.5
    assert even.factor(noon) == 1.0


@pytest.mark.parametrize("seed", range(3))
def test_a_daily_and_weekly_season_hardly_alerts_and_a_burst_in_it_does(seed: int) -> None:
    quiet = made(daily, 42, seed)
    assert len(alerts(quiet)) <= 6
    at = 30 * DAY + 100
    assert any(at <= row <= at + 12 for row in alerts(bursty(quiet, at, 400)))


def test_a_night_burst_below_the_height_of_the_day_is_seen_once_the_season_is_known() -> None:
    quiet = made(daily, 42, seed=5)
    at = 36 * DAY + 36
    assert any(at <= row <= at + 12 for row in alerts(bursty(quiet, at, 40)))


def test_a_shift_of_level_alerts_once_and_then_is_usual() -> None:
    counts = made(lambda row: 10.0 if row < 10 * DAY else 40.0, 30, seed=3)
    found = [row for row in alerts(counts) if row >= 10 * DAY]
    assert len(found) <= 2
    assert found[0] < 10 * DAY + 12


def test_a_slow_drift_is_not_a_spike() -> None:
    assert len(alerts(made(lambda row: 5 + row / DAY, 40, seed=4))) <= 3


def test_counts_that_are_mostly_zero_do_not_alert_at_every_one() -> None:
    counts = [int(one) for one in np.random.default_rng(6).random(30 * DAY) < 0.02]
    assert len(alerts(counts)) <= 3
    at = 20 * DAY
    assert any(at <= row <= at + 6 for row in alerts(bursty(counts, at, 8)))


def test_spikes_that_come_every_day_alert_less_and_less() -> None:
    counts = made(lambda row: 200.0 if row % DAY == 100 else 5.0, 60, seed=7)
    found = alerts(counts)
    assert found
    assert sum(row >= 30 * DAY for row in found) <= 10


def test_nothing_alerts_before_there_is_history() -> None:
    assert alerts([0] * 50 + [1_000] * 20) == []


@given(st.lists(st.floats(0, 1e12), max_size=200), st.lists(st.integers(0, 2**42), max_size=200))
def test_no_series_breaks_the_judgement(counts: list[float], times: list[int]) -> None:
    series = Series()
    for at, count in zip(times, counts, strict=False):
        assert math.isfinite(series.judge(at, count).score)
