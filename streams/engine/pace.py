"""How many records a checkpoint may hold, so that it takes no longer than it should."""

from contextlib import suppress
from pathlib import Path
from typing import Final

LEAST: Final = 100
"""Records that a checkpoint may always hold: of fewer most of its time is the transaction's. Where
what these write does not pass in the time that a transaction may take, see `LastLife`."""

SOON: Final = 500
"""What one may hold at once after a first one, where that looks as if it were in time."""

GROWTH: Final = 1.25
"""Of a checkpoint against the one before it: who meets a limit of the broker's, such as a quota,
meets it with one that is little too large."""


class LastLife:
    """What a worker that ends for a checkpoint that failed leaves to its next life.

    That begins with a tenth of the records, and is told so once: where the way is narrow and every
    record writes much, even `LEAST` may never pass, and a worker that begins anew knows nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def least(self) -> int:
        """What the first checkpoint, and every other, may hold."""
        try:
            left = int(self._path.read_text())
            self._path.unlink()
        except (OSError, ValueError):
            return LEAST
        return max(1, min(left, LEAST))

    def failed(self, records: int) -> None:
        """A checkpoint of so many records could not be made."""
        with suppress(OSError):
            self._path.write_text(str(records // 10))


class Pace:
    """Learns from every checkpoint what the next one may hold.

    It begins with little, grows to `SOON`, then by a quarter of what a checkpoint has held that
    took less than `target` seconds, and falls at once to what would have taken that long. So behind
    a slow broker or a quota there are small checkpoints that succeed, where a large one would
    outlast its transaction again and again. Where a checkpoint takes its time whatever it holds, as
    over a long way, it may take twice as long as the quickest, but never more than `most` seconds;
    two small ones that take longer than the quickest say that the way has become longer.

    Attributes:
        allowed: Source records that the next checkpoint may hold.

    """

    def __init__(self, target: float, most: float, least: int = LEAST) -> None:
        self._least = least
        self._target = target
        self._most = most
        self._quickest = most
        self._small = 0.0  # what the last one with little took
        self.allowed = least

    def took(self, records: int, seconds: float) -> None:
        """A checkpoint of so many source records took so long."""
        if not records:
            return
        if records <= LEAST:
            self._quickest = max(self._quickest, min(self._small, seconds))
            self._small = seconds
        self._quickest = min(self._quickest, seconds)
        target = max(self._target, min(2 * self._quickest, self._most))
        in_time = int(records * target / max(seconds, 1e-9))
        if seconds <= target:
            self.allowed = max(self.allowed, min(in_time, max(SOON, int(GROWTH * records))))
        elif records > self._least:
            self.allowed = max(self._least, in_time)
