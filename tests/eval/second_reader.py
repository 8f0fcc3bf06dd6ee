"""What another reader said of blind texts, from the class definitions and without their labels."""

import csv
from typing import NamedTuple

import numpy as np

from tests.eval.measures import Wanted
from tests.eval.ours import BLIND, COMPLEX_FROM, SETS, examples, linked

READ_AGAIN = BLIND / "second_reader"
SIGNALS = tuple(sorted(path.stem for path in READ_AGAIN.glob("*.csv")))


class ReadAgain(NamedTuple):
    """Texts of one set; whether they have a signal by their label, and by the second reader."""

    texts: list[str]
    wanted: Wanted
    said: Wanted


def read_again(name: str, signal: str) -> ReadAgain:
    """What was read again of a set; "complexity" is that many variables are linked."""
    with (READ_AGAIN / f"{signal}.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["set"] == name]
    if signal == "complexity":
        all_of_set, least = linked(SETS[name]), COMPLEX_FROM
        labels = [one.linked or 0 for one in all_of_set]
    else:
        all_of_set, least = examples(SETS[name] / f"{signal}.tsv"), 1
        labels = [int(signal in one.flags) for one in all_of_set]
    lines = [int(row["line"]) - 1 for row in rows]
    return ReadAgain(
        [all_of_set[line].text for line in lines],
        np.array([labels[line] >= least for line in lines]),
        np.array([int(row["label"]) >= least for row in rows]),
    )
