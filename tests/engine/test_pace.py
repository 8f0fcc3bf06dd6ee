"""How much a checkpoint may hold is learned from those before it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.engine.pace import LEAST, Pace


def after(*taken: tuple[int, float]) -> int:
    """What is allowed after checkpoints of so many records that took so many seconds."""
    pace = Pace(target=1.0)
    for records, seconds in taken:
        pace.took(records, seconds)
    return pace.allowed


def test_it_grows_with_checkpoints_that_were_quick() -> None:
    assert after((8_000, 0.02), (10_000, 0.03)) == 12_500


def test_it_grows_no_further_than_what_can_be_written_in_time() -> None:
    assert after((600, 0.9)) == 666


def test_few_records_are_no_reason_to_allow_less() -> None:
    assert after((8_000, 0.1), (1, 0.02)) == 10_000


def test_one_that_took_too_long_makes_the_next_one_shorter() -> None:
    assert after((8_000, 0.1), (10_000, 4.0)) == 2_500


def test_some_records_are_always_allowed() -> None:
    assert after((400, 60.0)) == LEAST


@pytest.mark.parametrize(("held", "room"), [(0, 300), (200, 300), (201, 299), (500, 0), (900, 0)])
def test_a_batch_has_what_is_left(held: int, room: int) -> None:
    assert Pace(1.0).room(held, 300) == room


@given(
    rate=st.floats(1_000, 1e6),
    overhead=st.floats(0, 0.5),
)
def test_under_steady_load_checkpoints_come_to_the_time_they_may_take(
    rate: float, overhead: float
) -> None:
    pace = Pace(target=1.0)
    for _ in range(200):
        seconds = overhead + pace.allowed / rate
        pace.took(pace.allowed, seconds)
    assert seconds <= 1.05
    assert pace.allowed >= 0.9 * min(rate * (1 - overhead), rate)
