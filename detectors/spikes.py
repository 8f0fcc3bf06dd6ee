"""How unusual a count is: a learned level, an over-dispersed tail, and a moving bar.

The same code judges a series of counts (`Series`, one call a row) and, in the stream, the accounts
in a window (`Baseline`, `log_tail`, `Bar`). Counts are taken as negative binomial: the Poisson law
of a level that itself varies. Nothing here reads a clock; times are milliseconds since 1970.
"""

from collections import deque
from math import inf, sqrt
from typing import NamedTuple

import msgspec

from detectors.season import DAY, HOUR, Season
from detectors.tails import is_rarer, log_tail

SPANS = (3, 12)
"""Rows that are judged together: a quarter of an hour and an hour in rows of five minutes."""
HALF_LIFE = 288.0
"""After so many rows a past row weighs half in the level: a day in rows of five minutes."""
WARM_UP = 100
FIRST_LEVEL = 1.0
LEAST_DISPERSION = 0.02
MOST_DEVIATIONS = 4.0
"""A count is learned as no more than so many standard deviations above what is usual."""
SURPRISE = 3.0
LEAST_SHARE, SHARE_PER_ALERT, MOST_SHARE = 0.5, 0.1, 1.1
BAR_HALF_LIFE = 14 * DAY
QUIET = DAY
"""After an alert nothing alerts for so long: it is the same event, or the next."""


class Expected(msgspec.Struct, frozen=True, array_like=True):
    """What is usual at a moment."""

    mean: float
    dispersion: float

    def log_tail(self, count: float) -> float:
        """Decimal logarithm of the probability of so many or more."""
        return log_tail(count, self.mean, self.dispersion)

    def is_rarer(self, count: float, line: float) -> bool:
        """Whether so many or more are less likely than a line, a decimal logarithm."""
        return is_rarer(line, count, self.mean, self.dispersion)

    def usual_most(self, deviations: float) -> float:
        """The count that lies so many standard deviations above the mean."""
        return self.mean + deviations * sqrt(self.mean + self.dispersion * self.mean**2)


class Baseline(msgspec.Struct, frozen=True, array_like=True):
    """Level and dispersion of a count, as exponentially weighted sums over its windows.

    Sums instead of means say also how much past they rest on, so that a prior can be weighed
    against it (the posterior mean of a gamma-Poisson model: Gelman et al., Bayesian Data Analysis,
    third edition, section 2.6). The dispersion follows from the second factorial moment, which for
    a negative binomial law is mean^2 * (1 + dispersion).
    """

    counts: float = 0.0
    windows: float = 0.0
    """Weighted number of windows, each by its season's factor."""
    pairs: float = 0.0
    squares: float = 0.0
    """Weighted sum of the squared factors."""

    def after(
        self, count: float, half_life: float, factor: float = 1.0, windows: int = 1
    ) -> "Baseline":
        """The baseline after so many windows with `count` each, `factor` times the level usual."""
        kept = 0.5 ** (1 / half_life)
        faded = kept**windows
        grown = (1 - faded) / (1 - kept)
        return Baseline(
            self.counts * faded + count * grown,
            self.windows * faded + factor * grown,
            self.pairs * faded + max(0.0, count * (count - 1)) * grown,
            self.squares * faded + factor**2 * grown,
        )

    def mean(self) -> float:
        """Counts a window; 0 where nothing was learned."""
        return self.counts / self.windows if self.windows else 0.0

    def mean_together(self) -> float:
        """The mean that explains how often counts fell into one window; at most `mean`.

        The second factorial moment of a Poisson law is the square of its mean (Johnson, Kemp and
        Kotz, Univariate Discrete Distributions, third edition, section 4.3), and in a mixture of
        such laws its root is no less than the mean. It is less only where single counts come more
        often than chance has it: one account that goes on, or many problems of one account each.
        """
        return min(self.mean(), sqrt(self.pairs / self.squares)) if self.squares else 0.0

    def expected(self, prior: float, weight: float, factor: float = 1.0) -> Expected:
        """What is usual in a window, when `prior` weighs as much as `weight` windows do."""
        level = (prior * weight + self.counts) / (weight + self.windows)
        pairs = (level**2 * weight + self.pairs) / (weight + self.squares)
        return Expected(level * factor, max(0.0, pairs / level**2 - 1))


class Bar(msgspec.Struct, frozen=True, array_like=True):
    """How surprising the past was at its most, fading: what happens now and then is no spike.

    The line to pass is a share of that height, which grows with the alerts there were lately: what
    goes on alerting must surprise more each time.
    """

    height: float = 0.0
    alerts: float = 0.0
    at: int = 0

    def line(self, at: int) -> float:
        """What a surprise must pass at a moment."""
        bar = self._faded(at)
        return min(MOST_SHARE, LEAST_SHARE + SHARE_PER_ALERT * bar.alerts) * bar.height

    def raised(self, to: float, at: int, alerts: float = 0.0) -> "Bar":
        """The bar after a surprise of so much, which alerted or not."""
        bar = self._faded(at)
        return Bar(max(to, bar.height), bar.alerts + alerts, bar.at)

    def _faded(self, at: int) -> "Bar":
        fade = 0.5 ** (max(0, at - self.at) / BAR_HALF_LIFE)
        return Bar(self.height * fade, self.alerts * fade, max(at, self.at))


class Judged(NamedTuple):
    """A row's verdict: how surprising it is, and whether it is worth a person's attention."""

    score: float
    alert: bool


class Series:
    """Judges the rows of one series of counts, in their order; the owner of its state.

    The surprise of a row is the negative decimal logarithm of its tail, as the mean over several
    spans: the row with those just before it. A spike counts in full, a shift of level soon. It
    alerts when it passes `SURPRISE` and the bar that the series has set before, once in
    `QUIET`. Nothing alerts in the first `WARM_UP` rows.
    """

    def __init__(self) -> None:
        self._baseline = Baseline()
        self._season = Season()
        self._bar = Bar()
        self._rows: deque[tuple[float, float]] = deque(maxlen=max(SPANS))
        self._seen = 0
        self._at: int | None = None
        self._quiet_until: float = -inf

    def judge(self, at: int, count: float) -> Judged:
        """The verdict on the next row, which is then learned from. `count` is 0 or more."""
        factor = self._season.factor(at)
        usual = self._baseline.expected(FIRST_LEVEL, 1.0, factor)
        usual = Expected(usual.mean, max(usual.dispersion, LEAST_DISPERSION))
        self._rows.append((count, usual.mean))
        score = self._surprise(usual.dispersion)
        line = max(SURPRISE, self._bar.line(at))
        alert = score > line and at >= self._quiet_until
        if alert:
            self._quiet_until = at + QUIET
        self._learn(at, count, usual, factor)
        self._bar = self._bar.raised(score, at, float(alert))
        return Judged(score, alert)

    def _surprise(self, dispersion: float) -> float:
        if self._seen < WARM_UP:
            return 0.0
        rows = list(self._rows)
        tails = (
            Expected(sum(mean for _, mean in rows[-span:]), dispersion).log_tail(
                sum(count for count, _ in rows[-span:])
            )
            for span in SPANS
        )
        return -sum(tails) / len(SPANS)

    def _learn(self, at: int, count: float, usual: Expected, factor: float) -> None:
        kept = min(count, usual.usual_most(MOST_DEVIATIONS))
        hours = 0.0 if self._at is None else min(1.0, max(0, at - self._at) / HOUR)
        if self._seen >= WARM_UP:
            self._season = self._season.after(at, kept * factor / usual.mean, hours)
        self._baseline = self._baseline.after(kept, HALF_LIFE, factor)
        self._seen, self._at = self._seen + 1, at
