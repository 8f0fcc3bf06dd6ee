"""A ticket's state as bytes: one byte that names the layout, then MessagePack."""

from typing import Final

import msgspec

from streams.core.tickets.state import Ticket

LAYOUT: Final = 1
_PREFIX: Final = bytes([LAYOUT])
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Ticket)


def encode_ticket(ticket: Ticket) -> bytes:
    """The state as stored."""
    return _PREFIX + _encoder.encode(ticket)


def decode_ticket(data: bytes) -> Ticket:
    """The state again. Raises ValueError for an unknown layout or bytes that are no state."""
    if data[:1] != _PREFIX:
        raise ValueError(f"a ticket's state has layout {data[:1].hex()}, known is {LAYOUT:02x}")
    return _decoder.decode(memoryview(data)[1:])
