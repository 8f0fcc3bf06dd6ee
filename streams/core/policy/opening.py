"""Opening hours as people write them."""

import re
from typing import Final

_FORM: Final = re.compile(r"(\d\d):([0-5]\d)-(\d\d):([0-5]\d)")
_MIDNIGHT: Final = 24 * 60


class Opening(str):
    """From when to when, on one day: "09:00-17:30". A day ends at 24:00."""

    @classmethod
    def parse(cls, text: object) -> "Opening":
        """Raises ValueError that says what to write."""
        if isinstance(text, str) and _FORM.fullmatch(text):
            opening = cls(text)
            opens, closes = opening.minutes
            if opens < closes <= _MIDNIGHT:
                return opening
        raise ValueError(f'expected opening hours of one day such as "09:00-17:30", got {text!r}')

    @property
    def minutes(self) -> tuple[int, int]:
        """Opening and closing, in minutes since midnight."""
        hours = _FORM.fullmatch(self)
        assert hours is not None
        return int(hours[1]) * 60 + int(hours[2]), int(hours[3]) * 60 + int(hours[4])
