"""Producers whose clock is off: who wrote, and which way."""

from collections import Counter
from collections.abc import Callable
from typing import Final

from schemas.codec import BadRecord, Codec
from schemas.records import ConversationMessage, Millis, TicketUpdate
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
    received: list[Received[ConversationMessage | TicketUpdate]], codec: Codec, count: OffClock
) -> None:
    """Count the records of a batch whose time is off by more than `OFF`."""
    found = Counter[tuple[str, str]]()
    for record, event in received:
        late = record.timestamp - _time(event)
        if late == 0:
            late = record.timestamp - _said(codec, record, event)
        if abs(late) > OFF:
            found[producer_of(record), "behind" if late > 0 else "ahead"] += 1
    for (producer, way), times in found.items():
        count(producer, way, times)


def producer_of(record: SourceRecord) -> str:
    """The CloudEvents source of a record: who wrote it."""
    for name, value in record.headers:
        if name == "ce_source" and value:
            return value.decode("utf-8", "replace")[:LONGEST_NAME]
    return UNNAMED


def _said(codec: Codec, record: SourceRecord, event: ConversationMessage | TicketUpdate) -> Millis:
    """The time in the value: one that cannot be was replaced by the record's own.

    Before the years that can be, it is only known to be none of them.
    """
    try:
        said = codec.decode(record.topic, record.value, record.headers)
    except BadRecord:
        return 0
    return _time(said) if isinstance(said, type(event)) else record.timestamp


def _time(event: ConversationMessage | TicketUpdate) -> Millis:
    return event.sent_at if isinstance(event, ConversationMessage) else event.occurred_at
