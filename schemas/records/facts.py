"""What a ticket has told: to whoever takes it over, and to the ticket that it goes on in."""

from schemas.records.base import Part


class Entity(Part, frozen=True):
    """Something named in a message: an order number, a version, an amount, an error code."""

    kind: str
    value: str
    message_id: str
    start: int
    end: int


class AiAttempt(Part, frozen=True):
    """What the AI tried, and what came of it."""

    message_id: str
    text: str
    outcome: str


class TranscriptCut(Part, frozen=True):
    """What the transcript leaves out, and where it can be read."""

    messages: int
    topic: str
    partition: int
    first_offset: int
    last_offset: int
