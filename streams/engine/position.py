"""Where a partition stands, and the reserved keys that say so."""

import msgspec

MARKER = b"\x00position"
"""Changelog and store key of the position that the state belongs to."""

CHANGELOG_NEXT = b"\x00changelog-next"
"""Store key of the first changelog offset that is not in the store yet."""

FIRST_FREE_KEY = b"\x02"
"""Lower keys are the engine's own (those that begin with 0 are positions, with 1 timers)."""


class Position(msgspec.Struct, frozen=True, array_like=True):
    """The state includes every record before `offsets` (by source topic).

    `time` is the partition's time: the latest broker time stamp seen, in milliseconds. `others` are
    offsets of what an earlier worker read and this one does not: a later one goes on from there.
    """

    offsets: dict[str, int]
    time: int = 0
    others: dict[str, int] = {}


_decoder = msgspec.msgpack.Decoder(Position)
encode_position = msgspec.msgpack.Encoder().encode


def decode_position(data: bytes) -> Position:
    """Read a position as it stands in a marker."""
    return _decoder.decode(data)


def encode_offset(offset: int) -> bytes:
    """An offset as stores keep it."""
    return offset.to_bytes(8, "big")


def decode_offset(data: bytes) -> int:
    """Read an offset as stores keep it."""
    return int.from_bytes(data, "big")
