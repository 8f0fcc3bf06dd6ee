"""The page of figures: a section a bench, with when, of which code and where it was measured."""

import os
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from tests.bench.goals import falls_short, goal_of
from tests.bench.results import Result, shown

HEAD = """# What was measured

`make bench PAGE=docs/benchmarks.md` writes this page, or with `BENCHES="..."` some of its sections.
What each bench does and how it is made fair is in [tests/bench](../tests/bench/README.md). Medians;
one that falls short of its goal stands in **bold**.
"""
ROW = "| what | median | goal | lowest | highest | runs | unit |\n|---|---|---|---|---|---|---|\n"


@dataclass(frozen=True)
class Place:
    """When, of which commit and on what is measured."""

    day: date
    commit: str
    machine: str

    def __str__(self) -> str:
        return f"Measured on {self.day} at {self.commit}, on {self.machine}."


def here() -> Place:
    """This machine, now."""
    commit = subprocess.run(
        ("git", "describe", "--always", "--dirty"),
        cwd=Path(__file__).parent,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    machine = f"{os.cpu_count()} cores with a load of {os.getloadavg()[1]:.1f}"
    return Place(date.today(), commit, f"{machine}, Python {platform.python_version()}")


def write_page(results: Sequence[Result], path: Path, place: Place) -> None:
    """Put the results in their benches' sections; the sections of other benches stay."""
    _, *sections = path.read_text().split("\n## ") if path.exists() else [HEAD]
    pages = {section.partition("\n")[0]: section for section in sections}
    for bench in dict.fromkeys(result.bench for result in results):
        rows = "".join(_row(result) for result in results if result.bench == bench)
        pages[bench] = f"{bench}\n\n{place}\n\n{ROW}{rows}"
    path.write_text("\n## ".join([HEAD, *pages.values()]))


def _row(result: Result) -> str:
    median, lowest, highest = (shown(value) for value in (result.value, *result.spread))
    if falls_short(result):
        median = f"**{median}**"
    goal = goal_of(result) or ""
    cells = (result.what, median, goal, lowest, highest, len(result.values), result.unit)
    return f"| {' | '.join(map(str, cells))} |\n"
