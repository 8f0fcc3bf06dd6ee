"""Whether the customer thanks and closes, rather than goes on."""

from typing import Final

from detectors.message import Message
from detectors.scoring import SILENT, signal
from detectors.signals import Signal

LONG: Final = 20
"""Words; in a longer message thanks is politeness around something else."""
_GOES_ON: Final = frozenset({"but", "still", "however", "another", "again", "cannot", "how", "why"})


def thanks(message: Message, *others: Signal) -> Signal:
    """Thanks as the message's point, 0-1; a question, a complaint or any of `others` ends it."""
    found = signal(message, "thanks")
    if found is SILENT:
        return SILENT
    goes_on = (
        len(message.words) > LONG
        or "?" in message.reading.text
        or not _GOES_ON.isdisjoint(message.words)
        or any(other.score >= 0.5 for other in others)
    )
    return Signal(round(found.score * 0.4, 4), found.span) if goes_on else found
