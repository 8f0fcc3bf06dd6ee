"""The transcript: a line a message, of which the newest are kept."""

from operator import attrgetter
from typing import Final

from msgspec.structs import replace

from schemas.records import Attachment, ConversationMessage, TranscriptEntry
from streams.core.tickets.handling import Handling
from streams.core.tickets.state import Ticket

KNOWN_ATTACHMENTS: Final = 20
EXTRACTED: Final = 2_000
"""Characters of an attachment's text that are kept."""
HALF_TRANSCRIPT: Final = 512 * 1024
"""UTF-8 bytes of half of what is kept of a ticket's transcript."""
_extracted: Final = attrgetter("extracted_text")


def write_down(handling: Handling, message: ConversationMessage) -> None:
    """Add the message to the transcript; past the bound the oldest lines leave it."""
    ticket, offset, text = handling.ticket, handling.arrival.offset, message.text
    handling.appended = line = TranscriptEntry(
        message.message_id,
        message.role,
        text,
        message.sent_at,
        message.author_id,
        message.visibility,
        message.status,
        message.automated,
        message.translated_text,
        _attachments(message) if message.attachments else (),
    )
    plain = text.isascii() and not (message.translated_text or message.attachments)
    size = len(text) if plain else _size(line)
    if ticket.half_bytes + size > HALF_TRANSCRIPT:
        _make_room(ticket)
    ticket.half_bytes += size
    ticket.transcript_to = end = ticket.transcript_to + 1
    oldest = end - handling.policy.retention.transcript_messages
    if oldest > ticket.transcript_from:
        ticket.transcript_from = oldest
    if ticket.first_offset < 0:
        ticket.first_offset = offset
    ticket.last_offset = offset


def _make_room(ticket: Ticket) -> None:
    """The newer half is full, and the older half leaves: so sizes of single lines need not be
    remembered, and no more is kept than two halves.
    """
    ticket.transcript_from = max(ticket.transcript_from, ticket.transcript_half)
    ticket.transcript_half, ticket.half_bytes = ticket.transcript_to, 0


def _size(line: TranscriptEntry) -> int:
    texts = [line.text, line.translated_text, *map(_extracted, line.attachments)]
    return len("".join(filter(None, texts)).encode("utf-8", "replace"))


def _attachments(message: ConversationMessage) -> tuple[Attachment, ...]:
    """What came with it; of the text read from a file only the beginning."""
    return tuple(
        [
            replace(one, extracted_text=one.extracted_text and one.extracted_text[:EXTRACTED])
            for one in message.attachments[:KNOWN_ATTACHMENTS]
        ]
    )
