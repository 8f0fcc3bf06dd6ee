"""Replays the changelog of a partition into its store."""

from streams.engine.errors import StateMismatch
from streams.engine.position import MARKER, decode_position
from streams.engine.store import PartitionStore

WRITE_EVERY = 5_000
"""Records gathered before they are written to the store."""


class PartitionRestore:
    """Replays one changelog partition into its store.

    In exactly once (`whole`) every record read is committed and the store is not used before its
    end, so a change counts when it is read: on a compacted changelog the one marker left comes
    last. Else a change counts once the marker behind it has been read, and what follows the last
    marker is a checkpoint that was never finished.
    """

    def __init__(self, store: PartitionStore, end: int, *, whole: bool) -> None:
        self.store = store
        self.end = end
        self.position = store.position
        self.next = store.changelog_next
        self.records = 0
        self._whole = whole
        self._complete: dict[bytes, bytes | None] = {}
        self._unfinished: dict[bytes, bytes | None] = {}
        self._written = False

    def add(self, key: bytes, value: bytes | None, offset: int) -> None:
        """Take the next record of the changelog."""
        self.records += 1
        if key == MARKER:
            self._mark(value, offset)
        elif self._whole:
            self._complete[key] = value
            self.next = offset + 1
        else:
            self._unfinished[key] = value

    def write(self, least: int = WRITE_EVERY) -> None:
        """Write what is complete, when it is at least that much."""
        if len(self._complete) >= least:
            # Safe without the write-ahead log: the offset and the changes are in one batch, and
            # `finish` flushes before the first checkpoint writes with it.
            self.store.apply(self._complete, self.position, self.next, wal=False)
            self._complete = {}
            self._written = True

    def finish(self) -> list[bytes]:
        """Write the rest; returns the keys that an unfinished checkpoint left changed.

        Raises `StateMismatch` when there is state without a position.
        """
        self.write(1)
        if self._written:
            self.store.flush()
        if self._whole and self.position is None and self.records:
            raise StateMismatch(
                f"the changelog of {self.store.path.name} has changes but no position: it is not "
                "a changelog of this engine, or was compacted by other means"
            )
        return list(self._unfinished)

    def _mark(self, value: bytes | None, offset: int) -> None:
        if value is None:
            raise StateMismatch(f"the changelog of {self.store.path.name} holds a deleted marker")
        self._complete.update(self._unfinished)
        self._unfinished.clear()
        self.position, self.next = decode_position(value), offset + 1
