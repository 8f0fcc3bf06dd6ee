"""Tickets: what follows from each event of a conversation. Pure: no clock, no Kafka, no I/O."""

from schemas.codec import Tombstone
from streams.core.tickets.codec import decode_ticket, encode_ticket
from streams.core.tickets.decide import decide, internal_error
from streams.core.tickets.handling import (
    Arrival,
    Due,
    Event,
    Handoff,
    Incidents,
    Statuses,
    Step,
    unlinked,
    unstaffed,
)
from streams.core.tickets.messages import is_customer_turn, subject_of
from streams.core.tickets.state import Owner, Ticket

__all__ = [
    "Arrival",
    "Due",
    "Event",
    "Handoff",
    "Incidents",
    "Owner",
    "Statuses",
    "Step",
    "Ticket",
    "Tombstone",
    "decide",
    "decode_ticket",
    "encode_ticket",
    "internal_error",
    "is_customer_turn",
    "subject_of",
    "unlinked",
    "unstaffed",
]
