"""What verdicts and gaps say of small cases that can be checked by hand."""

import pytest

from tests.chaos.gaps import Gap, Stroke, Wait, waits
from tests.chaos.verdict import Verdict

EXPECTED = [("a", 1), ("b", 2), ("c", 3)]


@pytest.mark.parametrize(
    ("found", "faults"),
    [
        (EXPECTED, (0, 0, 0)),
        ([("a", 1), ("c", 3)], (1, 0, 0)),
        ([("a", 1), ("b", 2), ("b", 2), ("c", 3)], (0, 1, 0)),
        ([("a", 1), ("b", 9), ("c", 3)], (0, 0, 1)),
        ([*EXPECTED, ("d", 4)], (0, 0, 1)),
        ([("b", 2), ("a", 1), ("c", 3)], (0, 0, 1)),
    ],
    ids=["exact", "lost", "doubled", "wrong", "unasked", "another order"],
)
def test_a_fault_among_outputs_is_named(
    found: list[tuple[str, int]], faults: tuple[int, int, int]
) -> None:
    by_id, by_value = Verdict(messages=1), Verdict(messages=1)
    by_id.compare_sequences("out", EXPECTED, found)
    by_value.compare_values("out", [name for name, _ in EXPECTED], [name for name, _ in found])
    assert (by_id.lost, by_id.doubled, by_id.wrong) == faults
    assert by_id.exact == (faults == (0, 0, 0))
    if ("b", 9) not in found:
        assert (by_value.lost, by_value.doubled, by_value.wrong) == faults


def test_a_fault_in_the_state_is_named() -> None:
    verdict = Verdict(messages=1)
    verdict.compare_states("state", {b"a": 1, b"b": 2}, {b"b": 3, b"c": 4})
    assert (verdict.lost, verdict.doubled, verdict.wrong) == (1, 0, 2)


def test_nothing_verified_is_not_exact() -> None:
    assert not Verdict().exact


def test_a_gap_belongs_to_the_last_thing_done_before_it_began() -> None:
    strokes = [Stroke("kill", 10.0, frozenset({0})), Stroke("kill", 20.0, frozenset({1}))]
    gaps = [
        Gap(0, 9.9, 15.0),  # the first one's own; begins with its last checkpoint
        Gap(1, 12.0, 21.0),  # others of the first, though it lasts into the second
        Gap(1, 20.1, 20.6),
        Gap(0, 1.0, 2.0),  # before anything was done
    ]
    assert waits(strokes, gaps) == [Wait(5_100, 9_000), Wait(500, 0)]
