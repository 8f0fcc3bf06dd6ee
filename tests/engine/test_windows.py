"""Windows count each value where it belongs, whatever the order and however often it restarts."""

from collections import defaultdict

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine import Panes, Watermarks, Windows

DISORDER = 40
"""How far an input's records may be out of order."""

COUNTS: Windows[int, dict[int, int]] = Windows(
    size=60,
    step=20,
    lateness=10,
    zero=dict,
    add=lambda counts, value: counts | {value: counts.get(value, 0) + 1},
    merge=lambda one, other: {
        value: one.get(value, 0) + other.get(value, 0) for value in one.keys() | other.keys()
    },
)
SUMS: Windows[int, int] = Windows(
    size=10,
    step=10,
    lateness=0,
    zero=int,
    add=lambda total, value: total + value,
    merge=lambda one, other: one + other,
)
END = 10_000

Input = list[tuple[int, int]]


@st.composite
def inputs(draw: st.DrawFn) -> list[Input]:
    """Some inputs of (time, value), each out of order by at most DISORDER."""
    drawn = []
    for _ in range(draw(st.integers(1, 3))):
        steps = draw(st.lists(st.tuples(st.integers(0, 30), st.integers(0, DISORDER)), max_size=12))
        time, records = 1_000, []
        for step, back in steps:
            time += step
            records.append((time - back, draw(st.integers(0, 2))))
        drawn.append(records)
    return drawn


@settings(max_examples=150, deadline=None)
@given(inputs(), st.randoms(use_true_random=False))
def test_final_results_are_those_of_all_values_in_any_interleaving_with_any_restarts(
    drawn: list[Input], chance: object
) -> None:
    choose = chance.choice  # type: ignore[attr-defined]
    marks, panes, latest = Watermarks(), Panes[dict[int, int]](), dict[int, int]()
    for number in range(len(drawn)):
        marks.hear(str(number), 0, END)
    left = {number: list(records) for number, records in enumerate(drawn) if records}
    results = []
    while left:
        number = choose(sorted(left))
        time, value = left[number].pop(0)
        latest[number] = max(latest.get(number, 0), time)
        assert COUNTS.take(panes, time, value, marks.reached), "nothing is late"
        marks.hear(str(number), latest[number] - DISORDER, END)
        results += COUNTS.final(panes, marks.advance(END, 1))
        if not left[number]:
            del left[number]
            marks.hear(str(number), END, END)
        if choose([True, False]):
            panes = msgspec.msgpack.decode(
                msgspec.msgpack.encode(panes), type=Panes[dict[int, int]]
            )
            marks = msgspec.msgpack.decode(msgspec.msgpack.encode(marks), type=Watermarks)
    for number in range(len(drawn)):
        marks.hear(str(number), END, END)
    results += COUNTS.final(panes, marks.advance(END, 1))
    expected: dict[tuple[int, int], dict[int, int]] = defaultdict(dict)
    for time, value in (record for records in drawn for record in records):
        for start in range(time // 20 * 20 - 40, time + 1, 20):
            window = expected[start, start + 60]
            window[value] = window.get(value, 0) + 1
    assert {(start, end): value for start, end, value in results} == expected
    assert len(results) == len(expected), "no window twice"
    assert [end for _, end, _ in results] == sorted(end for _, end, _ in results)
    assert panes.values == {}


def test_an_early_result_stands_until_the_final_one() -> None:
    panes = Panes[int]()
    SUMS.take(panes, 3, 5, 0)
    assert list(SUMS.early(panes)) == [(0, 10, 5)]
    SUMS.take(panes, 9, 1, 0)
    assert list(SUMS.early(panes)) == [(0, 10, 6)]
    assert SUMS.due(panes) == 10
    assert SUMS.final(panes, 9) == []
    assert SUMS.final(panes, 10) == [(0, 10, 6)]
    assert list(SUMS.early(panes)) == []
    assert SUMS.due(panes) is None


def test_a_value_is_late_once_its_last_window_is_final() -> None:
    panes = Panes[dict[int, int]]()
    assert COUNTS.take(panes, 5, 1, watermark=69)
    assert not COUNTS.take(panes, 5, 1, watermark=70)
    assert COUNTS.take(panes, 20, 1, watermark=70)
    assert COUNTS.due(panes) == 70


def test_a_key_that_begins_late_has_no_part_in_windows_that_are_over() -> None:
    panes = Panes[int]()
    sliding = Windows(20, 10, 0, int, SUMS.add, SUMS.merge)
    assert sliding.take(panes, 15, 5, watermark=20)
    assert sliding.final(panes, 30) == [(10, 30, 5)], "0 to 20 was final before"


def test_an_idle_input_holds_nothing_up_and_the_watermark_never_falls() -> None:
    marks = Watermarks()
    marks.hear("a", 100, now=1_000)
    marks.hear("b", 500, now=1_000)
    assert marks.advance(1_010, idle_after=20) == 100
    marks.hear("b", 600, now=1_030)
    assert marks.advance(1_030, idle_after=20) == 600, "a has gone idle"
    marks.hear("a", 110, now=1_040)
    assert marks.advance(1_040, idle_after=20) == 600
    assert marks.advance(2_000, idle_after=20) == 600, "all are idle"
    assert Watermarks().advance(0, 1) == 0


@pytest.mark.parametrize(("size", "step"), [(10, 3), (10, 0), (5, 10), (0, 0)])
def test_a_step_that_does_not_divide_the_size_is_refused(size: int, step: int) -> None:
    with pytest.raises(ValueError, match="divide"):
        Windows(size, step, 0, int, max, max)


def test_an_input_whose_clock_is_years_ahead_makes_nothing_late() -> None:
    marks = Watermarks()
    marks.hear("a", 10**13, now=100)
    assert marks.advance(100, idle_after=50) == 100
    marks.hear("a", 150, now=200)
    assert marks.advance(200, idle_after=50) == 150


def test_what_an_input_takes_back_holds_nobody_up() -> None:
    watermarks = Watermarks()
    for name, said in (("a", 50), ("b", 60), ("a", 20)):
        watermarks.hear(name, said, 100)
    assert watermarks.advance(100, 1_000) == 50
