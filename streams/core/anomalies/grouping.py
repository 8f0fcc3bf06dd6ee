"""Error texts that differ in one varying word are one problem.

Masking cannot know that `root` and `admin` are names. Seen beside each other they show it: where
texts are equal but for one position, and that position has had many values, it varies, and they
all are one group. A group goes by the fingerprint of its oldest text, the others are its aliases.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from detectors.masking import Chunks
from streams.core.anomalies.shelf import Shelf
from streams.core.anomalies.varying import (
    MOST_WORDS,
    NAMES,
    Position,
    Text,
    laid_out,
    positions,
)
from streams.core.anomalies.widening import renew, wide_form, widen

MARKED: Final = -1
"""Stands before the texts of a position in which one of them has a mark."""
_ID: Final = re.compile("[0-9a-f]{16}")


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
    number = int(fingerprint, 16)
    if number in shelf.young.leaders:
        return _placed(shelf.leader(number))
    text = laid_out(chunks)
    found = list(positions(text))
    if number not in shelf.old.leaders:
        if varying := [one for one in found if _varies(shelf.alike(one.rest), one.values)]:
            return _varying(shelf, varying, text)
        if form := wide_form(shelf, text):
            renewed = renew(shelf, form)
            return _placed(shelf.leader(form.text), learned=renewed)
    return _learn(shelf, number, found, text)


def forms(chunks: Chunks) -> tuple[str, ...]:
    """Ids of a text with one of its words left out each, 16 hex digits."""
    return tuple(_name(position.rest) for position in positions(laid_out(chunks)))


def _varies(alike: list[int], values: int) -> bool:
    """Whether the texts of a position show that it varies: many, or one with a mark and another."""
    return len(alike) > NAMES if MARKED in alike[:1] else len(alike) >= values


def _varying(shelf: Shelf, found: list[Position], text: Text) -> Placed:
    """A text need not be kept that differs from a group only where that varies.

    Where it differs so from several, they are one.
    """
    first, opened = found[0].rest, 0
    alike = shelf.alike(first)
    group = alike[-1]
    renewed = first not in shelf.young.positions
    if renewed:
        shelf.make_room()
        shelf.young.positions[first] = alike
        for one in (group, shelf.leader(group)):
            shelf.keep(one)
    for position in found:
        opened |= position.opened
    before = shelf.opened(shelf.leader(group))
    merged = shelf.merge(shelf.alike(position.rest)[-1] for position in found)
    merged |= widen(shelf, group, opened, text)
    leader = shelf.leader(group)
    learned = renewed or bool(merged) or shelf.opened(leader) != before
    told = (position.rest for position in found)
    return _placed(leader, merged, told, learned=learned)


def _learn(shelf: Shelf, number: int, found: list[Position], text: Text) -> Placed:
    shelf.make_room()
    if number not in shelf.old.leaders:
        shelf.arrived += 1
    shelf.keep(number, text.sums())
    merged, varying, opened = set[int](), list[int](), 0
    for one in found:
        mark = (MARKED,) if one.marked else ()
        alike = list(dict.fromkeys((*mark, *shelf.alike(one.rest), number)))
        shelf.young.positions[one.rest] = alike[: max(one.values, NAMES + 1)]
        if _varies(alike, one.values):
            merged |= shelf.merge(other for other in alike if other != MARKED)
            varying.append(one.rest)
            opened |= one.opened
    merged |= widen(shelf, number, opened, text)
    return _placed(shelf.leader(number), merged, varying, learned=True)


def _placed(
    group: int, merged: Iterable[int] = (), forms: Iterable[int] = (), *, learned: bool = False
) -> Placed:
    return Placed(
        _name(group), tuple(map(_name, sorted(merged))), tuple(map(_name, forms)), learned
    )


def _name(number: int) -> str:
    return f"{number:016x}"
