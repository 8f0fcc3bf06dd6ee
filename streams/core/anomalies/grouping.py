"""Error texts that differ in one varying word are one problem.

Masking cannot know that `root` and `admin` are names. Seen beside each other they show it: where
texts are equal but for one position, and that position has had many values, it varies, and they
all are one group. A group goes by the fingerprint of its oldest text, the others are its aliases.

A tenant's texts stand on shelves, one a length in words; only texts of one shelf can meet. A shelf
has two halves: when the young one is full it becomes the old one, and the old one is given up.
What is met again moves to the young half, so what goes is what was not met for longest.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from detectors.masking import Chunks
from streams.core.anomalies.varying import MOST_WORDS, NAMES, open_positions
from streams.core.versioned import body

VERSION: Final = b"\x01"
MOST_TEXTS: Final = 256
"""Texts in half a shelf."""
MARKED: Final = -1
"""Stands before the texts of a position in which one of them has a mark."""
_ID: Final = re.compile("[0-9a-f]{16}")


class Half(msgspec.Struct, array_like=True):
    """What half a shelf knows."""

    leaders: dict[int, tuple[int, int]] = {}
    """By fingerprint: the fingerprint it is an alias of (its own in the oldest text of a group),
    and its place in the order of arrival."""
    positions: dict[int, list[int]] = {}
    """Fingerprints of the texts that are equal but for one position, by the hash of all the rest.
    As many as a position's values say that it varies."""


class Shelf(msgspec.Struct, array_like=True):
    """The groups of a tenant's texts of one length. Whoever decoded it owns it."""

    young: Half = msgspec.field(default_factory=Half)
    old: Half = msgspec.field(default_factory=Half)
    arrived: int = 0
    evicted: int = 0
    """Texts given up for want of room."""


class Placed(msgspec.Struct, frozen=True):
    """The group of a text, and the groups that became its aliases with it."""

    group: str
    merged: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    """Forms of the text whose open word varies: every text of such a form is of the group."""
    learned: bool = False
    """Whether the shelf was changed and has to be saved."""


def shelf_number(text: Chunks) -> int:
    """Where a text stands."""
    return min(len(text), MOST_WORDS)


def place(shelf: Shelf, fingerprint: str, chunks: Chunks) -> Placed:
    """The group of a text on its shelf; the shelf learns the text.

    `fingerprint` is the text's id, 16 hex digits; another form of id is not grouped. Takes time
    linear in the words, whatever the shelf holds.
    """
    if _ID.fullmatch(fingerprint) is None:
        return Placed(fingerprint)
    text = int(fingerprint, 16)
    if text in shelf.young.leaders:
        return _placed(_leader(shelf, text))
    found = list(open_positions(chunks))
    if text not in shelf.old.leaders:
        for position, values, _ in found:
            alike = _alike(shelf, position)
            if _varies(alike, values):
                return _varying(shelf, position, alike)
    return _learn(shelf, text, found)


def forms(chunks: Chunks) -> tuple[str, ...]:
    """Ids of a text with one of its words left out each, 16 hex digits."""
    return tuple(_name(position) for position, *_ in open_positions(chunks))


def encode_shelf(shelf: Shelf) -> bytes:
    """The stored value of a shelf."""
    return VERSION + msgspec.msgpack.encode(shelf)


def decode_shelf(value: bytes) -> Shelf:
    """The shelf in a stored value. Raises ValueError, `NewerVersion`."""
    return msgspec.msgpack.decode(body(value, VERSION, "a tenant's groups"), type=Shelf)


def _varies(alike: list[int], values: int) -> bool:
    """Whether the texts of a position show that it varies: many, or one with a mark and another."""
    return len(alike) > NAMES if MARKED in alike[:1] else len(alike) >= values


def _varying(shelf: Shelf, position: int, alike: list[int]) -> Placed:
    """A text need not be kept that differs from a group only where that varies."""
    renewed = position not in shelf.young.positions
    if renewed:
        _make_room(shelf)
        shelf.young.positions[position] = alike
        for text in (alike[-1], _leader(shelf, alike[-1])):
            shelf.young.leaders.setdefault(text, _entry(shelf, text))
    return _placed(_leader(shelf, alike[-1]), forms=(position,), learned=renewed)


def _learn(shelf: Shelf, fingerprint: int, found: list[tuple[int, int, bool]]) -> Placed:
    _make_room(shelf)
    if fingerprint not in shelf.old.leaders:
        shelf.arrived += 1
    shelf.young.leaders[fingerprint] = _entry(shelf, fingerprint)
    merged, varying = set[int](), list[int]()
    for position, values, marked in found:
        mark = (MARKED,) if marked else ()
        alike = list(dict.fromkeys((*mark, *_alike(shelf, position), fingerprint)))
        shelf.young.positions[position] = alike[: max(values, NAMES + 1)]
        if _varies(alike, values):
            merged |= _merge(shelf, [text for text in alike if text != MARKED])
            varying.append(position)
    return _placed(_leader(shelf, fingerprint), merged, varying, learned=True)


def _placed(
    group: int, merged: Iterable[int] = (), forms: Iterable[int] = (), *, learned: bool = False
) -> Placed:
    return Placed(
        _name(group), tuple(map(_name, sorted(merged))), tuple(map(_name, forms)), learned
    )


def _name(number: int) -> str:
    return f"{number:016x}"


def _make_room(shelf: Shelf) -> None:
    if len(shelf.young.leaders) >= MOST_TEXTS:
        shelf.evicted += len(shelf.old.leaders.keys() - shelf.young.leaders.keys())
        shelf.young, shelf.old = Half(), shelf.young


def _merge(shelf: Shelf, alike: list[int]) -> set[int]:
    """Make one group of those of the texts; the fingerprints that became aliases."""
    leaders = {_leader(shelf, text) for text in alike}
    oldest = min(leaders, key=lambda leader: _entry(shelf, leader)[1])
    aliases = leaders - {oldest}
    for alias in aliases:
        shelf.young.leaders[alias] = (oldest, _entry(shelf, alias)[1])
    return aliases


def _leader(shelf: Shelf, fingerprint: int) -> int:
    """The oldest of a text's group."""
    while (leader := _entry(shelf, fingerprint)[0]) != fingerprint:
        fingerprint = leader
    return fingerprint


def _entry(shelf: Shelf, fingerprint: int) -> tuple[int, int]:
    """What is known of a text; one that is not known leads itself and is the newest."""
    leaders = shelf.young.leaders if fingerprint in shelf.young.leaders else shelf.old.leaders
    return leaders.get(fingerprint, (fingerprint, shelf.arrived))


def _alike(shelf: Shelf, position: int) -> list[int]:
    return shelf.young.positions.get(position) or shelf.old.positions.get(position, [])
