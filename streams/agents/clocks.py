"""Producers whose clock is off: who wrote, and which way."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from schemas.envelope import ENVELOPES
from schemas.records import ConversationMessage, Millis, Record, TicketUpdate
from streams.agents.inbox import Received
from streams.engine import SourceRecord

OFF: Final = 5 * 60_000
"""Milliseconds between what a record says of its time and the broker's stamp."""
LONGEST_NAME: Final = 100
UNNAMED: Final = "unnamed"

OffClock = Callable[[str, str, int], None]
"""Takes who wrote, `ahead` or `behind`, and how many records."""


def uncounted(producer: str, way: str, times: int) -> None:
    """Where nobody counts."""


def count_off(
    received: list[Received[ConversationMessage | TicketUpdate]], count: OffClock
) -> None:
    """Count the records of a batch whose time is off by more than `OFF`."""
    found = Counter[tuple[str, str]]()
    for one in received:
        late = one.record.timestamp - _time(one.said)
        if abs(late) > OFF:
            found[producer_of(one.record), "behind" if late > 0 else "ahead"] += 1
    for (producer, way), times in found.items():
        count(producer, way, times)


def producer_of(record: SourceRecord) -> str:
    """The CloudEvents source of a record: who wrote it."""
    for name, value in record.headers:
        if name == "ce_source" and value:
            return value.decode("utf-8", "replace")[:LONGEST_NAME]
    return UNNAMED


def _time(said: Record) -> Millis:
    time: Millis = getattr(said, ENVELOPES[type(said)].time)
    return time
