"""What a ticket that is merged away carries to the one that it goes on in."""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec.structs import replace

from schemas.records import (
    ContextSection,
    Entity,
    MergedTicket,
    Millis,
    TicketUpdate,
    TranscriptCut,
    UpdateKind,
)
from streams.core.tickets.handling import Handling
from streams.core.tickets.parts import Given
from streams.core.tickets.state import KNOWN_ATTEMPTS, KNOWN_ENTITIES, KNOWN_ERASED, Ticket

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
        value = one.value[:LONGEST]
        yield Given(one.kind, value, one.message_id, one.start, one.end, merged.ticket_id)


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


def words_of(handling: Handling, told: MergedTicket) -> Iterator[MergedTicket]:
    """What the target is told: of the ticket itself, and what was given in those that were merged
    into it, each under its own name, so that it can be erased there, too.
    """
    own: list[Entity] = []
    of_others: dict[str, list[Entity]] = {}
    for item in handling.ticket.given:
        told_there = own if item.ticket_id is None else of_others.setdefault(item.ticket_id, [])
        told_there.append(entity(item))
    yield replace(told, given=tuple(own), transcript=place_of(handling))
    for other, given in of_others.items():
        yield MergedTicket(other, told.opened_at, given=tuple(given))


def write_words(handling: Handling, target: str, words: Iterable[MergedTicket], name: str) -> None:
    """Tell another ticket; `name` makes the ids unique among those of this ticket."""
    ticket = handling.ticket
    for number, told in enumerate(words):
        handling.outputs.append(
            TicketUpdate(
                update_id=f"{ticket.ticket_id}/merged/{name}" + (f"/{number}" if number else ""),
                ticket_id=target,
                kind=UpdateKind.MERGED_FROM,
                occurred_at=handling.now,
                tenant=ticket.tenant,
                other_ticket_id=told.ticket_id,
                merged=told,
            )
        )


def erase_elsewhere(handling: Handling) -> None:
    """The tickets that it was merged into forget what was told here, and those that were merged
    into it go on by themselves: nobody answers here any more.
    """
    ticket = handling.ticket
    others = dict.fromkeys((*ticket.carried_to, *_sources(ticket)))
    for number, other in enumerate(others):
        gone = MergedTicket(ticket.ticket_id, ticket.opened_at, erased=True)
        write_words(handling, other, [gone], f"erased/{number}")


def _sources(ticket: Ticket) -> Iterator[str]:
    """The tickets that were merged into it, as far as something that was told there is kept."""
    for section in ticket.context:
        name = section.fields.get("ticket")
        if name is not None and section.source == source_of(name):
            yield name


def pass_on(handling: Handling, update: TicketUpdate) -> None:
    """A word of another ticket goes to all that this one was merged into."""
    for target in handling.ticket.carried_to:
        handling.outputs.append(replace(update, ticket_id=target))


def refuse_words(handling: Handling, merged: MergedTicket) -> None:
    """A ticket that is merged into this one after its erasure is told so: it goes on by itself."""
    ticket = handling.ticket
    gone = MergedTicket(ticket.ticket_id, ticket.opened_at, erased=True)
    write_words(handling, merged.ticket_id, [gone], f"refused/{ticket.sequence}")


def forget_other(ticket: Ticket, other: str) -> None:
    """Nothing stays of what was told in a ticket that was merged into this one, and nothing that
    is still on its way comes back: in a circle of merges it may go round behind its erasure.
    """
    known = tuple(one for one in ticket.forgotten if one != other)
    ticket.forgotten = (*known[1 - KNOWN_ERASED :], other)
    ticket.given = tuple(item for item in ticket.given if item.ticket_id != other)
    ticket.context = tuple(one for one in ticket.context if one.source != source_of(other))


def source_of(other: str) -> str:
    """The name of the section of context that tells of another ticket."""
    return f"ticket {other}"


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
    return ContextSection(source_of(merged.ticket_id), now, "Merged ticket", kept)
