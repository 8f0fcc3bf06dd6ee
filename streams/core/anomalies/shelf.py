"""What is known of a tenant's error texts of one length, in little room.

A tenant's texts stand on shelves, one a length in words; only texts of one shelf can meet. A shelf
has two halves: when the young one is full it becomes the old one, and the old one is given up.
What is met again moves to the young half, so what goes is what was not met for longest.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from streams.core.versioned import body

VERSION: Final = b"\x02"
MOST_TEXTS: Final = 256
"""Texts in half a shelf."""
MOST_POSITIONS: Final = 6_000
"""Positions of texts in half a shelf: a text of 64 words has up to twice as many, and both halves
have to fit into a record of 1 MB.
"""


class Half(msgspec.Struct, array_like=True):
    """What half a shelf knows."""

    leaders: dict[int, tuple[int, int]] = {}
    """By fingerprint: the fingerprint it is an alias of (its own in the oldest text of a group),
    and its place in the order of arrival."""
    positions: dict[int, list[int]] = {}
    """Fingerprints of the texts that are equal but for one position, by the hash of all the rest.
    As many as a position's values say that it varies."""
    sums: dict[int, list[int]] = {}
    """By fingerprint: the hash of each piece of the text."""
    opened: dict[int, int] = {}
    """By the leader of a group: the pieces that vary in it, as a set of bits."""
    wide: dict[int, dict[int, int]] = {}
    """By a set of pieces that vary, and by the hash of all the rest: a text of the group."""


class Shelf(msgspec.Struct, array_like=True):
    """The groups of a tenant's texts of one length. Whoever decoded it owns it."""

    young: Half = msgspec.field(default_factory=Half)
    old: Half = msgspec.field(default_factory=Half)
    arrived: int = 0
    evicted: int = 0
    """Texts given up for want of room."""

    def make_room(self) -> None:
        """Turn to a new half where the young one is full."""
        young = self.young
        if len(young.leaders) >= MOST_TEXTS or len(young.positions) >= MOST_POSITIONS:
            self.evicted += len(self.old.leaders.keys() - self.young.leaders.keys())
            self.young, self.old = Half(), self.young

    def keep(self, text: int, sums: list[int] | None = None) -> None:
        """Have a text in the young half."""
        if sums is None:
            sums = self.old.sums.get(text)
        if sums is not None:
            self.young.sums.setdefault(text, sums)
        self.young.leaders.setdefault(text, self._entry(text))

    def alike(self, rest: int) -> list[int]:
        """The texts that are equal but for a position."""
        return self.young.positions.get(rest) or self.old.positions.get(rest, [])

    def opened(self, leader: int) -> int:
        """The pieces that vary in a group."""
        return self.young.opened.get(leader, 0) | self.old.opened.get(leader, 0)

    def leader(self, text: int) -> int:
        """The oldest of a text's group."""
        while (leader := self._entry(text)[0]) != text:
            text = leader
        return text

    def merge(self, texts: Iterable[int]) -> set[int]:
        """Make one group of those of the texts; the fingerprints that became aliases."""
        leaders = {self.leader(text) for text in texts}
        oldest = min(leaders, key=lambda leader: self._entry(leader)[1])
        aliases = leaders - {oldest}
        for alias in aliases:
            self.young.leaders[alias] = (oldest, self._entry(alias)[1])
            self.young.opened[oldest] = self.opened(oldest) | self.opened(alias)
        return aliases

    def _entry(self, text: int) -> tuple[int, int]:
        """What is known of a text; one that is not known leads itself and is the newest."""
        leaders = self.young.leaders if text in self.young.leaders else self.old.leaders
        return leaders.get(text, (text, self.arrived))


def encode_shelf(shelf: Shelf) -> bytes:
    """The stored value of a shelf."""
    return VERSION + msgspec.msgpack.encode(shelf)


def decode_shelf(value: bytes) -> Shelf:
    """The shelf in a stored value. Raises ValueError, `NewerVersion`."""
    return msgspec.msgpack.decode(body(value, VERSION, "a tenant's groups"), type=Shelf)
