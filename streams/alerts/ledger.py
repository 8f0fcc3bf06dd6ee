"""What a receiver's forwarder works from: records that come, and what was told because of them."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from schemas.records import Alert, Millis


class Abandoned(Exception):
    """The partitions are no longer ours, or it is time to end: the uncommitted comes again."""


class Received(msgspec.Struct):
    """A record as it lies on its topic, whose name is without prefix."""

    topic: str
    partition: int
    offset: int
    timestamp: Millis
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]] = ()


class Ledger(Protocol):
    """Records in, their effects out: all that happened since the last commit takes effect together.

    Attributes:
        told: What is open at the receiver, by dedup key, as of the last commit.

    """

    told: dict[str, Alert]

    def take(self) -> Received | None:
        """The next record; None when there is none now, after what is done has been committed."""

    def pause(self, seconds: float) -> None:
        """Let time pass. Raises `Abandoned`."""

    def done(self, record: Received) -> None:
        """The record needs no more."""

    def keep(self, record: Received, key: str, told: Alert | None) -> None:
        """What the receiver now knows of an alert; None: nothing that is open."""

    def bury(self, record: Received, code: str, sentence: str, now: Millis) -> str:
        """Send the record to the dead letters; its letter's id."""

    def commit(self) -> None:
        """Let it take effect. Raises `Abandoned`."""
