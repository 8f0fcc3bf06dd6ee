"""Whether the customer asks for a person."""

from typing import Final

from detectors.message import Message
from detectors.scoring import SILENT, signal
from detectors.signals import Signal
from detectors.words import stream

SHORT: Final = 40
"""Characters of the stream up to which the bare name of a person is a request."""
BARE: Final = 0.8
_PERSONS: Final = frozenset(
    stream(
        "human agent representative operator person supervisor manager advisor handoff handover"
        " real live actual customer service support care someone somebody people being escalate"
    ).split()
)
_NEEDED: Final = frozenset(
    stream("human agent representative operator supervisor handoff handover escalate").split()
)
_COURTESY: Final = frozenset(
    stream("hi hello hey ok okay yes no now help to can with i be .").split()
)


def human_request(message: Message) -> Signal:
    """A request for a person, 0-1; a question what the assistant is does not count."""
    found = signal(message, "human_request")
    if found is not SILENT or len(message.stream) > SHORT or "human_request" in message.hits:
        return found
    words = set(message.forms) - _COURTESY
    if not words <= _PERSONS or words.isdisjoint(_NEEDED):
        return SILENT
    return Signal(BARE, message.span(0, len(message.stream)))
