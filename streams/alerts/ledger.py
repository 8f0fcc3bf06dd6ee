"""What a receiver's forwarder works from: records that come, and what was told because of them."""

from typing import Protocol

from schemas.records import Alert, Millis
from streams.engine import SourceRecord


class Abandoned(Exception):
    """The partitions are no longer ours, or it is time to end: the uncommitted comes again."""


class Ledger(Protocol):
    """Records in, their effects out: all that happened since the last commit takes effect together.

    Attributes:
        told: What is open at the receiver, by dedup key, as of the last commit.

    """

    told: dict[str, Alert]

    def take(self) -> SourceRecord | None:
        """The next record, its topic without prefix.

        None when there is none now, after what is done has been committed.
        """

    def pause(self, seconds: float) -> None:
        """Let time pass. Raises `Abandoned`."""

    def done(self, record: SourceRecord) -> None:
        """The record needs no more."""

    def keep(self, record: SourceRecord, key: str, told: Alert | None) -> None:
        """What the receiver now knows of an alert; None: nothing that is open."""

    def bury(self, record: SourceRecord, code: str, sentence: str, now: Millis) -> str:
        """Send the record to the dead letters; its letter's id."""

    def commit(self) -> None:
        """Let it take effect. Raises `Abandoned`."""
