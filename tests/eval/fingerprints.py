"""Which lines of a log are put together, against who put them together by hand.

Grouping accuracy and its F1 are those of the loghub-2.0 benchmark (Jiang et al. 2024, "A
large-scale evaluation for log parsing techniques"). Our own lines lie in `logs/`: the true group,
which is one statement of a program, and the line. Rules may be written with a look at those of
`lines.tsv`, in the style of thirty-one systems; those of `held_back.tsv`, in the style of four
more, and of `held_back_later.tsv`, of eight, only measure, the latter with its figures in view when
rules were chosen. In the eight last ones of either kind a
word that says a state is told as a statement of its own, unless it is behind `=` or in quotes: so
do those who label public logs. Each system is read once, in order.
"""

import csv
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean

from detectors.fingerprint import error_fingerprint
from streams.core.anomalies import Groups
from tests.eval.figure import Figure
from tests.eval.public import DATA

LOGS = Path(__file__).parent / "logs"
OURS = {
    "our logs": LOGS / "lines.tsv",
    "held-back logs": LOGS / "held_back.tsv",
    "later held-back logs": LOGS / "held_back_later.tsv",
}
SIGNAL = "fingerprint"
Labelled = tuple[str, str]
"""The true group and the line."""


def fingerprints() -> Iterator[Figure]:
    """Every system's figures and their means; CPU microseconds a line of all of them."""
    for name, path in OURS.items():
        yield from _of(name, _our_systems(path))
    if public := _public_systems():
        yield from _of("loghub", public)


def grouping(truth: Sequence[str], found: Sequence[str]) -> tuple[float, float]:
    """Grouping accuracy and the F1 of it, 0-1. A group counts when it has exactly its lines."""
    wanted, made = _members(truth), _members(found)
    right = wanted & made
    accuracy = sum(map(len, right)) / len(truth)
    return accuracy, 2 * len(right) / (len(wanted) + len(made))


def _members(groups: Sequence[str]) -> set[frozenset[int]]:
    lines = defaultdict[str, set[int]](set)
    for number, group in enumerate(groups):
        lines[group].add(number)
    return set(map(frozenset, lines.values()))


def _of(name: str, systems: dict[str, list[Labelled]]) -> Iterator[Figure]:
    both, count = list[tuple[float, float]](), sum(map(len, systems.values()))
    started = time.process_time()
    for system, lines in systems.items():
        both.append(grouping([group for group, _ in lines], _found(lines)))
        for what, value in zip(("GA", "FGA"), both[-1], strict=True):
            yield Figure(system, SIGNAL, what, value, texts=len(lines))
    spent = (time.process_time() - started) / count * 1e6
    yield Figure(name, SIGNAL, "mean GA", fmean(one for one, _ in both), texts=count)
    yield Figure(name, SIGNAL, "mean FGA", fmean(one for _, one in both), texts=count)
    yield Figure(name, SIGNAL, "CPU us a line", spent, texts=count)


def _found(lines: Sequence[Labelled]) -> list[str]:
    groups = Groups()
    placed = [groups.place(error_fingerprint(line)).group for _, line in lines]
    return [groups.leader(group) for group in placed]


def _our_systems(path: Path) -> dict[str, list[Labelled]]:
    systems = defaultdict[str, list[Labelled]](list)
    for row in path.read_text(encoding="utf-8").splitlines():
        group, _, line = row.partition("\t")
        systems[group.partition("-")[0]].append((group, line))
    return dict(systems)


def _public_systems() -> dict[str, list[Labelled]]:
    systems = dict[str, list[Labelled]]()
    for path in sorted((DATA / "errors").glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            rows = [(row["EventTemplate"], row["Content"]) for row in csv.DictReader(file)]
        systems[path.name.partition("_")[0]] = rows
    return systems
