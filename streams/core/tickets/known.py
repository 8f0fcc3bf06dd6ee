"""Which events a ticket knows already: one that comes twice counts once."""

from hashlib import blake2b
from typing import Final
from zlib import crc32

import msgspec
from msgspec.structs import replace

from schemas.records import ConversationMessage, MessageStatus, Role, TicketUpdate, Visibility
from streams.core.tickets.state import KNOWN_IDS, Ticket

_CONTENT: Final = 16
_SAYS: Final = (1 << _CONTENT) - 1
_CUSTOMER: Final = Role.CUSTOMER
_DRAFT: Final = MessageStatus.DRAFT
_encode: Final = msgspec.msgpack.Encoder().encode
_SENT, _OFFERED, _UPDATE = (
    blake2b(kind, digest_size=6) for kind in (b"sent/", b"draft/", b"update/")
)
"""What the names of each kind of event begin with, hashed once."""
_SAID: Final = {
    role: {visibility: crc32(f"{role}/{visibility}/".encode()) for visibility in Visibility}
    for role in Role
}
"""What a message says begins with who says it to whom: its sum goes on from here."""


def fingerprint(event: ConversationMessage | TicketUpdate) -> int:
    """64 bits: 48 of what makes an event the same one again, and 16 of what it says.

    A draft is not what is sent; a customer has no drafts. When it was sent does not belong to what
    a message says; its translation does, for that is what is read.
    """
    if isinstance(event, ConversationMessage):
        if event.status is _DRAFT and event.role is not _CUSTOMER:
            begun, name = _OFFERED, event.draft_id or event.message_id
        else:
            begun, name = _SENT, event.message_id
        text = event.text.encode("utf-8", "surrogatepass")
        says = crc32(text, _SAID[event.role][event.visibility])
        if event.translated_text:
            says = crc32(event.translated_text.encode("utf-8", "surrogatepass"), says)
    else:
        begun, name = _UPDATE, event.update_id
        says = crc32(_encode(replace(event, occurred_at=0)))
    hashed = begun.copy()
    hashed.update(name.encode("utf-8", "surrogatepass"))
    return int.from_bytes(hashed.digest(), "big") << _CONTENT | says & _SAYS


def came_before(ticket: Ticket, known: int) -> bool:
    """Whether an event with this id is among the latest, whatever it said."""
    # What fingerprints of one id share is at their front: so they lie side by side.
    last = known | _SAYS
    first = last - _SAYS
    for one in ticket.seen:  # noqa: SIM110 - a generator would cost twice as much
        if first <= one <= last:
            return True
    return False


def remember(ticket: Ticket, known: int) -> None:
    """Know an event's fingerprint among the latest."""
    ticket.seen = ticket.seen[1 - KNOWN_IDS :] + (known,)
