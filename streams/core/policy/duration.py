"""Lengths of time as people write them."""

import re
from typing import Final

UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
LONGEST_DAYS: Final = 3_660
"""Ten years: what is longer is a slip of the pen."""
_FORM: Final = re.compile(r"(\d{1,6})([smhd])", re.ASCII)


class Duration(int):
    """Milliseconds, written as a whole number and a unit: "90s", "15m", "4h", "30d"."""

    @classmethod
    def parse(cls, text: object) -> "Duration":
        """Raises ValueError that says what to write."""
        form = _FORM.fullmatch(text) if isinstance(text, str) else None
        if form is None or int(form[1]) == 0:
            raise ValueError(f'expected a duration such as "4h", got {text!r}')
        if (length := int(form[1]) * UNITS[form[2]]) > LONGEST_DAYS * UNITS["d"]:
            raise ValueError(f'expected a duration of at most "{LONGEST_DAYS}d", got {text!r}')
        return cls(length)

    @property
    def written(self) -> str:
        """The shortest way to write it."""
        unit = next(unit for unit in reversed(UNITS) if self % UNITS[unit] == 0)
        return f"{self // UNITS[unit]}{unit}"
