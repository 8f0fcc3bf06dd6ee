"""What was read again belongs to the blind sets."""

import csv

import pytest

from tests.eval.ours import SETS
from tests.eval.second_reader import READ_AGAIN, SIGNALS, read_again


@pytest.mark.parametrize("signal", SIGNALS)
def test_no_text_is_read_again_twice(signal: str) -> None:
    with (READ_AGAIN / f"{signal}.csv").open(encoding="utf-8", newline="") as file:
        lines = [(row["set"], row["line"]) for row in csv.DictReader(file)]
    assert len(set(lines)) == len(lines)
    assert {name for name, _ in lines} == set(SETS)


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("name", SETS)
def test_what_is_read_again_has_the_signal_and_near_misses(name: str, signal: str) -> None:
    again = read_again(name, signal)
    assert len(again.texts) == len(again.wanted) == len(again.said)
    assert 0 < again.wanted.sum() < len(again.texts)
    assert 0 < again.said.sum() < len(again.texts)
