"""What a ticket that is merged away carries to the one that it goes on in."""

from collections.abc import Iterator
from typing import Final

from schemas.records import ContextSection, Entity, MergedTicket, Millis, TranscriptCut
from streams.core.tickets.handling import Handling
from streams.core.tickets.state import KNOWN_ATTEMPTS, KNOWN_ENTITIES, Given, Ticket

LONGEST: Final = 400
"""Characters of a word of the other ticket that are kept."""


def given_in(ticket: Ticket) -> tuple[Entity, ...]:
    """What the customer has given, as a record carries it."""
    return tuple(entity(item) for item in ticket.given)


def entity(item: Given) -> Entity:
    """Something given, as a record carries it."""
    return Entity(item.kind, item.value, item.message_id, item.start, item.end)


def facts_of(merged: MergedTicket) -> Iterator[Given]:
    """What was given in the other ticket."""
    for one in merged.given[:KNOWN_ENTITIES]:
        yield Given(one.kind, one.value[:LONGEST], one.message_id, one.start, one.end)


def place_of(handling: Handling) -> TranscriptCut | None:
    """Where the ticket's messages lie; None where nobody has written."""
    ticket, arrival = handling.ticket, handling.arrival
    if ticket.first_offset < 0:
        return None
    return TranscriptCut(
        ticket.transcript_to,
        arrival.topic,
        arrival.partition,
        ticket.first_offset,
        ticket.last_offset,
    )


def told_by(merged: MergedTicket, now: Millis) -> ContextSection:
    """The other ticket as a section of this one's context."""
    fields = {
        "ticket": merged.ticket_id,
        "category": merged.category or "general",
        "issue": merged.issue,
        **{
            f"tried {number}": f"{one.text} → {one.outcome}"
            for number, one in enumerate(merged.attempts[-KNOWN_ATTEMPTS:], 1)
        },
        "given": ", ".join(f"{one.kind}: {one.value}" for one in facts_of(merged)),
        "asked": merged.asked,
    }
    kept = {name: text[:LONGEST] for name, text in fields.items() if text}
    if (place := merged.transcript) is not None:
        kept["messages"] = (
            f"{place.messages} on {place.topic}, partition {place.partition},"
            f" offsets {place.first_offset} to {place.last_offset}"
        )
    return ContextSection(f"ticket {merged.ticket_id}", now, "Merged ticket", kept)
