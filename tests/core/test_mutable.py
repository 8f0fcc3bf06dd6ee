"""Structs whose fields are set by Python's own function stay structs."""

import msgspec
import pytest

from streams.core.tickets import Ticket, decode_ticket, encode_ticket
from streams.core.tickets.handling import Handling
from streams.core.tickets.mutable import mutable


@pytest.mark.parametrize("kind", [Ticket, Handling])
def test_fields_are_set_by_pythons_own_function(kind: type) -> None:
    assert vars(kind)["__setattr__"] is vars(object)["__setattr__"]


def test_what_is_set_is_stored_and_what_is_no_field_is_refused() -> None:
    ticket = Ticket("T1", "default", 0)
    ticket.category = "billing"
    assert decode_ticket(encode_ticket(ticket)) == ticket
    with pytest.raises(AttributeError):
        ticket.mood = 1  # type: ignore[attr-defined]


def test_a_struct_that_the_collector_follows_keeps_its_own_way() -> None:
    class Followed(msgspec.Struct):
        parts: tuple[object, ...] = ()

    with pytest.raises(TypeError, match="Followed is followed by the collector"):
        mutable(Followed)
