"""The transcript inside a handoff package: bounded, and honest about what is cut."""

import json
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from schemas.records import Part, TranscriptCut, TranscriptEntry
from streams.core.policy.package import Package
from streams.core.tickets.handling import Arrival
from streams.core.tickets.state import Ticket


def bounded(
    entries: Sequence[TranscriptEntry],
    ticket: Ticket,
    bounds: Package,
    arrival: Arrival,
    room: int,
) -> tuple[tuple[TranscriptEntry, ...], TranscriptCut | None]:
    """The first message and as many of the newest as fit, and what that leaves out.

    `room` is the bytes left for it, as JSON, the larger of the formats; a message that would take
    more than half of it is shortened. What was cut lies between the offsets given.
    """
    kept = _fitting(entries, room, bounds.max_messages)
    missing = ticket.transcript_to - len(kept)
    shortened = any(entry != original for entry, original in kept)
    if not missing and not shortened:
        return tuple(entry for entry, _ in kept), None
    cut = TranscriptCut(
        missing, arrival.topic, arrival.partition, ticket.first_offset, ticket.last_offset
    )
    return tuple(entry for entry, _ in kept), cut


def _fitting(
    entries: Sequence[TranscriptEntry], room: int, most: int
) -> list[tuple[TranscriptEntry, TranscriptEntry]]:
    """Entries that fit, in order, each with what it was before."""
    half = room // 2
    chosen: list[tuple[int, TranscriptEntry]] = []
    order = [0, *range(len(entries) - 1, 0, -1)] if entries else []
    for place in order[:most]:
        entry = _shortened(entries[place], half)
        size = size_of(entry)
        if size > room:
            break
        room -= size
        chosen.append((place, entry))
    chosen.sort(key=lambda item: item[0])
    return [(entry, entries[place]) for place, entry in chosen]


def _shortened(entry: TranscriptEntry, most: int) -> TranscriptEntry:
    if size_of(entry) <= most:
        return entry
    # A character takes at most six bytes, and a translation comes beside the text.
    characters = max(0, most) // 16
    translated = entry.translated_text
    return replace(
        entry,
        text=entry.text[:characters],
        translated_text=None if translated is None else translated[:characters],
        attachments=tuple(replace(one, extracted_text=None) for one in entry.attachments),
    )


def size_of(part: Part) -> int:
    """Bytes of a part of the package as JSON; half a character counts as its escape."""
    try:
        return len(msgspec.json.encode(part))
    except UnicodeEncodeError:
        return len(json.dumps(msgspec.to_builtins(part)))
