"""How much of what other systems say goes into a handoff package."""

from msgspec.structs import replace

from schemas.records import AccountProfile, ContextSection, TicketSummary
from streams.core.handoff.bounds import LONGEST, bounded_context, bounded_history, bounded_profile
from streams.core.policy import default_policy
from tests.core.conversation import START

BOUNDS = replace(default_policy().package, max_bytes=8_000)
ROOM = 1_000


def section(**fields: str) -> ContextSection:
    return ContextSection("shop", START, fields=fields)


def test_a_field_that_fills_the_room_is_kept_and_one_that_passes_it_is_counted() -> None:
    fits, passes = section(ab="x" * (ROOM - 2)), section(ab="x" * (ROOM - 1), c="y")
    assert bounded_context([fits], BOUNDS) == (fits,)
    [cut] = bounded_context([passes], BOUNDS)
    assert cut.fields == {"c": "y", "…": "1 more"}


def test_all_sections_share_the_room() -> None:
    one, two = section(a="x" * 600), section(b="y" * 600, c="z")
    first, second = bounded_context([one, two], BOUNDS)
    assert first == one
    assert second.fields == {"c": "z", "…": "1 more"}


def test_fields_of_one_section_share_the_room_too() -> None:
    [cut] = bounded_context([section(a="x" * 600, b="y" * 600)], BOUNDS)
    assert cut.fields == {"a": "x" * 600, "…": "1 more"}


def test_a_title_a_link_and_a_value_are_cut_where_they_are_too_long() -> None:
    long = "x" * (LONGEST + 1)
    wide = replace(BOUNDS, max_bytes=80_000)
    [cut] = bounded_context([ContextSection("shop", START, long, {"a": long}, long)], wide)
    assert (cut.title, cut.link, cut.fields) == (long[:-1], long[:-1], {"a": long[:-1]})


def test_a_profile_has_as_many_of_its_attributes_as_fit_and_no_history() -> None:
    profile = AccountProfile("a1", START, attributes={"a": "x" * 600})
    assert bounded_profile(profile, BOUNDS) is profile
    past = replace(profile, history=(TicketSummary("T0", START),))
    assert bounded_profile(past, BOUNDS) == profile
    much = replace(profile, attributes={"a": "x" * 600, "b": "y" * 600})
    bounded = bounded_profile(much, BOUNDS)
    assert bounded is not None
    assert bounded.attributes == {"a": "x" * 600, "…": "1 more"}


def test_earlier_tickets_of_one_moment_are_in_the_order_of_their_ids() -> None:
    own = (TicketSummary("T2", START), TicketSummary("T3", START - 1))
    told = (TicketSummary("T1", START), TicketSummary("T2", START - 5))
    profile = AccountProfile("a1", START, history=told)
    assert bounded_history(own, profile) == (own[1], told[0], own[0])
