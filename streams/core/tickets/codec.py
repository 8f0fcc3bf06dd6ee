"""A ticket's state as bytes: one byte that names the layout, then MessagePack."""

from typing import Final

import msgspec

from streams.core.tickets.state import Ticket
from streams.core.versioned import body

VERSION: Final = b"\x02"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Ticket)


def encode_ticket(ticket: Ticket) -> bytes:
    """The state as stored."""
    return VERSION + _encoder.encode(ticket)


def decode_ticket(data: bytes) -> Ticket:
    """The state again. Raises ValueError, `NewerVersion`."""
    ticket = _decoder.decode(body(data, VERSION, "a ticket's state"))
    if ticket.merged_into is not None and not ticket.carried_to:
        # A state from before this was kept: the latest target is known.
        ticket.carried_to = (ticket.merged_into,)
    return ticket
