"""How much a checkpoint may hold is learned from those before it."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.pace import LEAST, SOON, LastLife, Pace


def after(*taken: tuple[int, float], least: int = LEAST) -> int:
    """What is allowed after checkpoints of so many records that took so many seconds."""
    pace = Pace(target=1.0, most=2.5, least=least)
    for records, seconds in taken:
        pace.took(records, seconds)
    return pace.allowed


def test_it_grows_with_checkpoints_that_were_quick() -> None:
    assert after((8_000, 0.02), (10_000, 0.03)) == 12_500


def test_from_the_first_on_it_grows_by_what_that_says() -> None:
    assert after((LEAST, 0.1)) == SOON
    assert after((LEAST, 0.8)) == 200, "in twice as long"


def test_it_grows_no_further_than_what_can_be_written_in_time() -> None:
    assert after((LEAST, 0.1), (900, 0.95)) == 947


def test_few_records_are_no_reason_to_allow_less() -> None:
    assert after((8_000, 0.1), (1, 0.02)) == 10_000


def test_one_that_took_too_long_makes_the_next_one_shorter() -> None:
    assert after((8_000, 0.1), (10_000, 4.0)) == 2_500


def test_some_records_are_always_allowed() -> None:
    assert after((8_000, 600.0)) == LEAST


def test_the_life_after_a_checkpoint_that_failed_begins_with_a_tenth_of_it(tmp_path: Path) -> None:
    last = LastLife(tmp_path / "failed")
    found = []
    for records in (8_000, 250, 25, 2):
        last.failed(records)
        found.append(last.least())
    assert found == [LEAST, 25, 2, 1]
    assert last.least() == LEAST, "only that one"


def test_what_is_left_of_the_last_life_ends_no_worker(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "failed"
    LastLife(path).failed(50)
    assert LastLife(path).least() == LEAST
    path.parent.mkdir()
    path.write_text("")
    assert LastLife(path).least() == LEAST


def test_one_that_begins_with_less_grows_and_falls_to_that() -> None:
    assert after(least=10) == 10
    assert after((10, 0.5), least=10) == 20
    assert after((10, 0.5), (20, 60.0), least=10) == 10


def test_a_hiccup_of_a_small_one_says_nothing_of_a_large_one() -> None:
    assert after((8_000, 0.1), (0, 5.0), (40, 5.0)) == 10_000


def test_one_hiccup_does_not_make_the_way_long() -> None:
    assert after((8_000, 0.1), (40, 0.02), (40, 2.0), (10_000, 2.0)) == 5_000


def test_over_a_long_way_a_checkpoint_may_take_twice_as_long_as_the_quickest() -> None:
    assert after((8_000, 0.9), (8_000, 1.8)) == 10_000


def test_a_way_that_becomes_long_later_is_noticed() -> None:
    """A worker that began on a short one would else do the least until it is started again."""
    pace, rate, overhead = Pace(target=1.0, most=2.5), 10_000, 0.02
    for _ in range(200):
        pace.took(pace.allowed, overhead + pace.allowed / rate)
        overhead = 1.5 if pace.allowed > rate / 2 else overhead
    assert pace.allowed > 5_000


def test_over_no_way_may_it_come_near_the_end_of_its_transaction() -> None:
    assert after((8_000, 2.0), (10_000, 5.0)) == 5_000


@given(
    rate=st.floats(1_000, 1e6),
    overhead=st.floats(0, 0.5),
)
def test_under_steady_load_checkpoints_come_to_the_time_they_may_take(
    rate: float, overhead: float
) -> None:
    pace = Pace(target=1.0, most=2.5)
    for _ in range(200):
        seconds = overhead + pace.allowed / rate
        pace.took(pace.allowed, seconds)
    quickest = overhead + LEAST / rate
    assert seconds <= 1.05 * min(max(1.0, 2 * quickest), 2.5)
    assert pace.allowed >= 0.9 * min(rate * (1 - overhead), rate)
