"""What other systems say, bounded: fields beyond it are left out, and counted."""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec.structs import replace

from schemas.records import AccountProfile, ContextSection
from streams.core.policy.package import Package

SHARE: Final = 8
"""The account's own fields get this part of a package, all context sections together as much."""
LONGEST: Final = 4_000
"""Characters of a field's value, a title or a link."""
CUT: Final = "…"
"""The field that says how many others were left out; they lie where the section came from."""


def bounded_profile(profile: AccountProfile | None, bounds: Package) -> AccountProfile | None:
    """The profile with as many of its attributes as fit."""
    if profile is None:
        return None
    fields, _ = _fitting(profile.attributes, bounds.max_bytes // SHARE)
    return profile if fields == profile.attributes else replace(profile, attributes=fields)


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
