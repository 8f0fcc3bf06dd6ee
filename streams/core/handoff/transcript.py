"""The transcript inside a handoff package: bounded, and honest about what is cut."""

from collections.abc import Sequence

from msgspec.structs import replace

from schemas.records import TranscriptCut, TranscriptEntry
from streams.core.policy.model import Package
from streams.core.tickets.handling import Arrival
from streams.core.tickets.state import Ticket


def bounded(
    entries: Sequence[TranscriptEntry], ticket: Ticket, bounds: Package, arrival: Arrival
) -> tuple[tuple[TranscriptEntry, ...], TranscriptCut | None]:
    """The first message and as many of the newest as fit, and what that leaves out.

    The size is counted in UTF-8 bytes of text; a single message that is larger than the bound is
    shortened. What was cut lies between the offsets given.
    """
    kept = _fitting(entries, bounds)
    missing = ticket.transcript_to - len(kept)
    shortened = any(entry.text != original for entry, original in kept)
    if missing <= 0 and not shortened:
        return tuple(entry for entry, _ in kept), None
    cut = TranscriptCut(
        max(missing, 0), arrival.topic, arrival.partition, ticket.first_offset, ticket.last_offset
    )
    return tuple(entry for entry, _ in kept), cut


def _fitting(
    entries: Sequence[TranscriptEntry], bounds: Package
) -> list[tuple[TranscriptEntry, str]]:
    """Entries that fit, in order, each with its original text."""
    room = bounds.max_bytes
    chosen: list[tuple[int, TranscriptEntry]] = []
    order = [0, *range(len(entries) - 1, 0, -1)] if entries else []
    for place in order[: bounds.max_messages]:
        entry = _shortened(entries[place], bounds.max_bytes // 2)
        size = _size(entry)
        if size > room:
            break
        room -= size
        chosen.append((place, entry))
    chosen.sort(key=lambda item: item[0])
    return [(entry, entries[place].text) for place, entry in chosen]


def _shortened(entry: TranscriptEntry, most: int) -> TranscriptEntry:
    if _size(entry) <= most:
        return entry
    # A character takes at most four bytes, and a translation comes beside the text.
    characters = most // 8
    translated = entry.translated_text
    return replace(
        entry,
        text=entry.text[:characters],
        translated_text=None if translated is None else translated[:characters],
    )


def _size(entry: TranscriptEntry) -> int:
    return len(entry.text.encode("utf-8", "replace")) + len(
        (entry.translated_text or "").encode("utf-8", "replace")
    )
