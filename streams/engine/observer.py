"""What the engine tells whoever watches it."""

from collections.abc import Mapping


class Observer:
    """Does nothing; a subclass overrides what it wants to know.

    Called once a batch or checkpoint, never once a record. Durations are in seconds. Must be quick
    and must not raise.
    """

    def batch(self, records: int, waited: float, handled: float) -> None:
        """An agent handled a batch that had waited in the queue."""

    def failed(self) -> None:
        """A record or timer could not be handled."""

    def checkpoint(self, seconds: float, changes: int, outputs: Mapping[str, int]) -> None:
        """A checkpoint took effect, with outputs by topic."""

    def age(self, seconds: float) -> None:
        """How old the last record of a partition was when its checkpoint took effect."""

    def restored(self, seconds: float, records: int) -> None:
        """Assigned partitions were restored from so many changelog records."""

    def rebalanced(self, seconds: float) -> None:
        """The worker goes on after a rebalance that paused it this long."""
