"""How much of a count is usual of its hour: hours of working days and of weekends, in UTC.

Times are milliseconds since 1970.
"""

import msgspec

HOUR = 3_600_000
DAY = 24 * HOUR
BINS = 48
"""The hours of a working day, then those of a day of the weekend."""
PRIOR = 3.0
LEAST_HOURS = 7 * 24.0
HALF_LIFE = 28 * 24.0
ERROR_HALF_LIFE = 7 * 24.0
SHARE = 0.5
MOST_RATIO = 4.0
"""A ratio above this is no season."""


class Season(msgspec.Struct, frozen=True, array_like=True):
    """How the hours of working days and of weekends (UTC) differ from the level.

    A factor is the mean ratio of a count to its level, drawn towards 1 as by `PRIOR` hours.
    All are 1 until there are `LEAST_HOURS` of history in which they explained most of how ratios
    vary: a season that is only guessed does more harm than none.
    """

    ratios: tuple[float, ...] = (0.0,) * BINS
    hours: tuple[float, ...] = (0.0,) * BINS
    level_error: float = 0.0
    factor_error: float = 0.0
    """Weighted squared errors of the level alone, and of the level times the factor."""
    learned: float = 0.0

    def factor(self, at: int) -> float:
        """By how much the level is to be multiplied at a moment."""
        proven = self.factor_error < SHARE * self.level_error
        return self._ratio(_bin(at)) if proven and self.learned >= LEAST_HOURS else 1.0

    def after(self, at: int, ratio: float, hours: float) -> "Season":
        """The season after so many hours (a row's or window's step) at `ratio` to the level."""
        number, capped = _bin(at), min(ratio, MOST_RATIO)
        guess, kept = self._ratio(number), 0.5 ** (hours / HALF_LIFE)
        faded = 0.5 ** (hours / ERROR_HALF_LIFE)
        ratios, rows = list(self.ratios), list(self.hours)
        ratios[number] = ratios[number] * kept + capped * hours
        rows[number] = rows[number] * kept + hours
        return Season(
            tuple(ratios),
            tuple(rows),
            self.level_error * faded + (capped - 1) ** 2 * hours,
            self.factor_error * faded + (capped - guess) ** 2 * hours,
            self.learned + hours,
        )

    def _ratio(self, number: int) -> float:
        return (self.ratios[number] + PRIOR) / (self.hours[number] + PRIOR)


def _bin(at: int) -> int:
    days, rest = divmod(at, DAY)
    weekend = (days + 3) % 7 >= 5  # 1970-01-01 was a Thursday
    return rest // HOUR + (24 if weekend else 0)
