"""Clocks that are handed to whoever needs the present.

`wall` is the machine's. `records` stands still, so that only the records' own times fire timers:
for a history that is played faster than it happened. `SHOWN@REALxSPEED` is a `ScaledClock`.
"""

from dataclasses import dataclass

from schemas.records import Millis
from streams.engine import Clock, wall_clock


@dataclass(frozen=True)
class ScaledClock:
    """A clock that showed `shown` when the machine's showed `real`, and runs `speed` times as fast.

    The demo's clock: minutes of conversation pass in seconds, timers included.
    """

    shown: Millis
    real: Millis
    speed: float

    def __call__(self) -> Millis:
        """The present on this clock."""
        return self.shown + int((wall_clock() - self.real) * self.speed)

    def __str__(self) -> str:
        return f"{self.shown}@{self.real}x{self.speed:g}"

    @classmethod
    def parse(cls, text: str) -> "ScaledClock":
        """Read what `str` gives, such as `1767603600000@1764000000000x60`. Raises `ValueError`."""
        shown, rest = text.split("@")
        real, speed = rest.split("x")
        return cls(int(shown), int(real), float(speed))


def parse_clock(text: str) -> Clock:
    """The clock that a setting names. Raises `ValueError`."""
    if text == "wall":
        return wall_clock
    if text == "records":
        return lambda: 0
    return ScaledClock.parse(text)
