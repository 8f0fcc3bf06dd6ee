"""How unlikely a count is: upper tails of the Poisson and negative binomial laws, as logarithms."""

from math import exp, lgamma, log, log1p
from typing import Final

LN10: Final = log(10)
TINY: Final = 1e-300
ENOUGH: Final = 1e-12
"""Relative precision of a tail."""


def log_tail(count: float, mean: float, dispersion: float = 0.0) -> float:
    """Decimal logarithm of the probability of `count` or more where `mean` (> 0) are usual.

    The variance is mean + dispersion * mean^2; with a dispersion of 0 the law is Poisson's. The
    tails are the incomplete beta and gamma functions (DLMF 8.17.5 and 8.4.10), by the continued
    fraction DLMF 8.17.22 and the series DLMF 8.7.1.
    """
    if count <= 0:
        return 0.0
    if dispersion <= 0:
        tail = _gamma(count, mean)
    else:
        size = 1 / dispersion
        tail = _beta(count, size, mean / (mean + size), size / (mean + size))
    return min(0.0, tail / LN10)


def is_rarer(line: float, count: float, mean: float, dispersion: float = 0.0) -> bool:
    """Whether `log_tail` lies below a line.

    No tail is less than the probability of its first count alone, which costs a fraction of it.
    """
    return _log_point(count, mean, dispersion) < line and log_tail(count, mean, dispersion) < line


def _log_point(count: float, mean: float, dispersion: float) -> float:
    """Decimal logarithm of the probability of `count`; 0 where as many are certain."""
    if count <= 0:
        return 0.0
    if dispersion <= 0:
        return (count * log(mean) - mean - lgamma(count + 1)) / LN10
    size = 1 / dispersion
    ways = lgamma(count + size) - lgamma(size) - lgamma(count + 1)
    return (ways + count * log(mean / (mean + size)) + size * log(size / (mean + size))) / LN10


def _gamma(a: float, x: float) -> float:
    """Log of P(a, x): the share of the gamma law's mass below x."""
    term = total = 1 / a
    k = a
    while term > total * ENOUGH:
        k += 1
        term *= x / k
        total += term
    return a * log(x) - x - lgamma(a) + log(total)


def _beta(a: float, b: float, x: float, y: float) -> float:
    """Log of I_x(a, b), where y = 1 - x."""
    front = lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log(y)
    if x < (a + 1) / (a + b + 2):
        return front + log(_fraction(a, b, x) / a)
    rest = exp(front) * _fraction(b, a, y) / b
    return log1p(-min(rest, 1 - ENOUGH))


def _fraction(a: float, b: float, x: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    c, d = 1.0, 1 / _away(1 - (a + b) * x / (a + 1))
    result = d
    for m in range(1, 10_000):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for step in (even, odd):
            d, c = 1 / _away(1 + step * d), _away(1 + step / c)
            result *= c * d
        if abs(c * d - 1) < ENOUGH:
            break
    return result


def _away(value: float) -> float:
    return value if abs(value) > TINY else TINY
