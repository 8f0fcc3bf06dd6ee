"""The golden conversations can fail."""

import pytest
from msgspec.structs import replace

from tests.golden.playing import disagreement, play
from tests.golden.talk import Golden, Line, agrees


def golden(*talk: Line) -> Golden:
    return Golden("", "chat", "", talk)


def found(line: Line, policy: str = "default") -> str | None:
    [heard] = play(golden(line), policy)
    return disagreement(heard, policy)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("0 reply", ["0 reply"]),
        ("2 handoff billing", ["2 handoff urgency billing/billing_dispute -> billing"]),
        ("2 handoff billing/bill-x -> billing", ["2 handoff billing/bill-x -> billing"]),
        (None, []),
    ],
)
def test_a_decision_that_says_at_least_what_is_expected_agrees(
    expected: str | None, said: list[str]
) -> None:
    assert agrees(expected, said)


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("0 reply", []),
        (None, ["0 reply"]),
        ("0 reply", ["0 reply", "0 reply"]),
        ("0 reply", ["1 reply"]),
        ("1 review", ["1 reply"]),
        ("2 handoff billing", ["2 handoff urgency -> general"]),
        ("2 handoff billing/billing_dispute", ["2 handoff billing -> billing"]),
        ("2 handoff billing -> billing", ["2 handoff billing -> general"]),
    ],
)
def test_a_decision_that_says_less_or_something_else_does_not(
    expected: str | None, said: list[str]
) -> None:
    assert not agrees(expected, said)


def test_an_expectation_that_is_not_met_is_told() -> None:
    line = Line(customer="I want to speak to a human agent", both="0 reply")
    assert found(line) == "expected 0 reply, got ['2 handoff human_request -> general']"


def test_a_misread_message_counts_as_what_it_means_until_it_is_read_right() -> None:
    line = Line(
        customer="When do you open on Sundays?",
        both="2 handoff urgency",
        misread="0 reply",
        meant={"urgency": 0.9},
    )
    assert found(line) is None
    assert "no longer misread" in (found(replace(line, meant={}, both="0 reply")) or "")
    assert "not as 1 review" in (found(replace(line, misread="1 review")) or "")


def test_a_mark_for_one_policy_leaves_the_other_alone() -> None:
    line = Line(
        customer="When do you open on Sundays?",
        default="0 reply",
        seed="2 handoff urgency",
        misread={"seed": "0 reply"},
        meant={"urgency": 0.9},
    )
    assert found(line) is None
    assert found(line, "seed") is None


def test_what_the_ai_may_not_say_is_not_said() -> None:
    talk = golden(Line(customer="human please", both="2 handoff"), Line(ai="No!", both="0 reply"))
    _, skipped = play(talk, "default")
    assert disagreement(skipped, "default") == "expected 0 reply, but the AI may not speak"
