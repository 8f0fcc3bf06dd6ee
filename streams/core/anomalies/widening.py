"""A group in which several positions vary has the texts that differ from it in all of them.

Each position showed that it varies where all others were equal; values of one say nothing about
those of another. So a group is known by what lies beside all its varying pieces, too.
"""

from functools import lru_cache
from typing import Final, NamedTuple

from streams.core.anomalies.shelf import Shelf
from streams.core.anomalies.varying import RING, Text

MOST_WIDE: Final = 32
"""Forms of groups with several open pieces in half a shelf."""


class Form(NamedTuple):
    """What a group is known by."""

    opened: int
    """The pieces that vary, as a set of bits."""
    rest: int
    """The hash of all others."""
    text: int
    """One of the group."""


def wide_form(shelf: Shelf, text: Text) -> Form | None:
    """The form of the group that a text differs from only where that varies."""
    if not (shelf.young.wide or shelf.old.wide):
        return None
    sums = text.sums()
    whole = sum(sums)
    for half in (shelf.young, shelf.old):
        for opened, groups in half.wide.items():
            rest = _rest(sums, whole, opened)
            if rest in groups:
                return Form(opened, rest, groups[rest])
    return None


def renew(shelf: Shelf, form: Form) -> bool:
    """Keep a form that was met again; whether the shelf was changed."""
    if form.rest in shelf.young.wide.get(form.opened, {}) or not _has_room(shelf):
        return False
    shelf.make_room()
    leader = shelf.leader(form.text)
    for text in (form.text, leader):
        shelf.keep(text)
    shelf.young.opened[leader] = shelf.opened(leader)
    shelf.young.wide.setdefault(form.opened, {})[form.rest] = form.text
    return True


def widen(shelf: Shelf, text: int, opened: int, told: Text) -> set[int]:
    """The pieces `opened` vary in a text's group; the fingerprints that became aliases with it."""
    leader, merged = shelf.leader(text), set[int]()
    before = shelf.opened(leader)
    opened |= before
    # Texts that meet in a wide form may bring further open pieces with them.
    while opened != before:
        shelf.young.opened[leader] = opened
        if opened.bit_count() > 1 and told.says(opened) and _has_room(shelf):
            sums = told.sums()
            rest = _rest(sums, sum(sums), opened)
            shelf.young.wide.setdefault(opened, {})[rest] = text
            merged |= shelf.merge([leader, *_same(shelf, opened, rest)])
        leader, before = shelf.leader(text), opened
        opened |= shelf.opened(leader)
    return merged


def _same(shelf: Shelf, opened: int, rest: int) -> list[int]:
    """The texts that are equal beside a set of pieces."""
    both = {**shelf.old.sums, **shelf.young.sums}
    return [text for text, sums in both.items() if _rest(sums, sum(sums), opened) == rest]


def _has_room(shelf: Shelf) -> bool:
    return sum(map(len, shelf.young.wide.values())) < MOST_WIDE


def _rest(sums: list[int], whole: int, opened: int) -> int:
    """The hash of all pieces that are not opened."""
    return (whole - sum(sums[piece] for piece in _pieces(opened) if piece < len(sums))) & RING


@lru_cache(maxsize=1 << 10)
def _pieces(opened: int) -> tuple[int, ...]:
    return tuple(piece for piece in range(opened.bit_length()) if opened >> piece & 1)
