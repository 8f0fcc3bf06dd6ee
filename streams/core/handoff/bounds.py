"""What other systems say, bounded: fields beyond it are left out, and counted."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from schemas.records import AccountProfile, ContextSection, TicketSummary
from streams.core.policy.package import Package

SHARE: Final = 8
"""The account's own fields get this part of a package, all context sections together as much."""
EARLIER: Final = 20
"""Earlier tickets of the account."""
LONGEST: Final = 4_000
"""Characters of a field's value, a title or a link."""
CUT: Final = "…"
"""The field that says how many others were left out; they lie where the section came from."""


def bounded_profile(profile: AccountProfile | None, bounds: Package) -> AccountProfile | None:
    """The profile with as many of its attributes as fit. Its history stands beside Baton's own."""
    if profile is None:
        return None
    fields, _ = _fitting(profile.attributes, bounds.max_bytes // SHARE)
    if fields == profile.attributes and not profile.history:
        return profile
    return replace(profile, attributes=fields, history=())


def bounded_history(
    own: tuple[TicketSummary, ...], profile: AccountProfile | None
) -> tuple[TicketSummary, ...]:
    """The account's latest earlier tickets, the oldest first: those that Baton has seen itself, and
    of those that the profile carries all others.
    """
    if profile is None or not profile.history:
        return own
    known = {one.ticket_id for one in own}
    told = [one for one in profile.history if one.ticket_id not in known]
    by_time = sorted((*told, *own), key=lambda one: (one.opened_at, one.ticket_id))
    return tuple(by_time[-EARLIER:])


def bounded_context(
    sections: Iterable[ContextSection], bounds: Package
) -> tuple[ContextSection, ...]:
    """Every section with source, title and link, and as many of its fields as fit."""
    room = bounds.max_bytes // SHARE
    kept = []
    for section in sections:
        fields, room = _fitting(section.fields, room)
        title, link = _short(section.title), _short(section.link)
        kept.append(replace(section, title=title, link=link, fields=fields))
    return tuple(kept)


def _fitting(fields: Mapping[str, str], room: int) -> tuple[dict[str, str], int]:
    kept: dict[str, str] = {}
    left_out = 0
    for name, value in fields.items():
        text = value[:LONGEST]
        size = len(name.encode("utf-8", "replace")) + len(text.encode("utf-8", "replace"))
        if size > room:
            left_out += 1
        else:
            room -= size
            kept[name] = text
    if left_out:
        kept[CUT] = f"{left_out} more"
    return kept, room


def _short(text: str | None) -> str | None:
    return None if text is None else text[:LONGEST]
