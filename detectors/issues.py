"""What a message is about: its one primary category."""

from typing import Final

from detectors.message import Message
from detectors.signals import Signal

TOPICS: Final = ("security", "legal", "billing", "technical")
"""The categories that a signal names, the more consequential first."""
ROUTINE: Final = ("status", "account_administration", "feedback", "how_to")
"""The categories of routine matters; what has none of these either is `general`."""
NAMED_FROM: Final = 0.5
"""The score from which a signal names the category."""


def category(message: Message, *topics: Signal) -> str:
    """The strongest of the signals in the order of `TOPICS`, else the strongest routine matter."""
    strongest = max(topics, key=lambda topic: topic.score)
    if strongest.score >= NAMED_FROM:
        return TOPICS[topics.index(strongest)]
    best, name = 0.0, "general"
    for routine in ROUTINE:
        for hit in message.hits.get(f"routine:{routine}", ()):
            if hit.weight > best:
                best, name = hit.weight, routine
    return name
