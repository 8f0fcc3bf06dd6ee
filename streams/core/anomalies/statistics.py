"""How unusual a count is, and what count is usual."""

from math import exp, lgamma, log

import msgspec


def poisson_tail(count: int, expected: float) -> float:
    """Probability of `count` or more events where `expected` (> 0) are usual.

    The upper tail of the Poisson distribution, summed term by term from its probability mass
    function (NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.6.19).
    """
    if count <= 0:
        return 1.0
    if count <= expected:
        below = (exp(k * log(expected) - expected - lgamma(k + 1)) for k in range(count))
        return max(0.0, 1.0 - sum(below))
    term = exp(count * log(expected) - expected - lgamma(count + 1))
    total, k = 0.0, count
    while term > total * 1e-16:
        total += term
        k += 1
        term *= expected / k
    return min(1.0, total)


class Baseline(msgspec.Struct, frozen=True, array_like=True):
    """Exponentially weighted mean of accounts a window, kept as its two weighted sums.

    Two sums instead of a mean say also how much past the mean rests on, so that a prior can be
    weighed against it (the posterior mean of a gamma-Poisson model: Gelman et al., Bayesian Data
    Analysis, third edition, section 2.6).
    """

    accounts: float = 0.0
    windows: float = 0.0

    def after(self, count: int, half_life: float) -> "Baseline":
        """The baseline after one more window with `count` accounts."""
        kept = 0.5 ** (1 / half_life)
        return Baseline(self.accounts * kept + count, self.windows * kept + 1)

    def after_empty(self, windows: int, half_life: float) -> "Baseline":
        """The baseline after `windows` more windows without a report."""
        kept = 0.5 ** (1 / half_life)
        faded = kept**windows
        grown = (1 - faded) / (1 - kept)
        return Baseline(self.accounts * faded, self.windows * faded + grown)

    def mean(self) -> float:
        """Accounts a window; 0 where nothing was learned."""
        return self.accounts / self.windows if self.windows else 0.0

    def expected(self, prior: float, prior_windows: float) -> float:
        """Accounts expected in a window, when `prior` weighs like `prior_windows` windows."""
        return (prior * prior_windows + self.accounts) / (prior_windows + self.windows)
