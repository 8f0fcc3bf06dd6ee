"""How many records a checkpoint may hold, so that it takes no longer than it should."""

from typing import Final

LEAST: Final = 500
"""Records that a checkpoint may always hold: of fewer most of its time is the transaction's."""

GROWTH: Final = 1.25
"""Of a checkpoint against the one before it: who meets a limit of the broker's, such as a quota,
meets it with one that is little too large."""


class Pace:
    """Learns from every checkpoint what the next one may hold.

    It begins with little, grows by a quarter of what a checkpoint has held that took less than
    `target` seconds, and falls at once to what would have taken that long. So behind a slow broker
    or a quota there are small checkpoints that succeed, where a large one would outlast its
    transaction again and again.

    Attributes:
        allowed: Source records that the next checkpoint may hold.

    """

    def __init__(self, target: float) -> None:
        self._target = target
        self.allowed = LEAST

    def took(self, records: int, seconds: float) -> None:
        """A checkpoint of so many source records took so long."""
        in_time = int(records * self._target / max(seconds, 1e-9))
        if seconds > self._target:
            self.allowed = max(LEAST, in_time)
        else:
            self.allowed = max(self.allowed, min(in_time, int(GROWTH * records)))

    def room(self, held: int, most: int) -> int:
        """How many of `most` records a batch may have; the next checkpoint will hold others."""
        return min(most, max(0, self.allowed - held))
