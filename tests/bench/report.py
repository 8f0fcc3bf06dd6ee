"""What is shown while and after measuring: progress, JSON lines, a table and a plot."""

import sys
from collections.abc import Sequence
from html import escape
from itertools import groupby
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from tests.bench.goals import falls_short, goal_of
from tests.bench.results import Line, Result, json_line, shown

LINE, LABEL, BAR, MARGIN = 20, 330, 420, 10
"""Pixels of the plot: height of a line, width of its text, of its longest bar, and around all."""

TABLE = 120
"""Characters of a line of the table."""


def say(text: str) -> None:
    """Tell what is going on."""
    print(text, file=sys.stderr, flush=True)


def print_lines(results: Sequence[Result]) -> None:
    """One JSON object a line, on standard output."""
    for result in results:
        print(json_line(result), flush=True)


def print_table(results: Sequence[Result], before: Sequence[Line] = ()) -> None:
    """Medians with their spread, on standard error: standard output holds nothing but lines.

    A figure of which something is asked stands beside its goal, red where it falls short. With the
    lines of an earlier run each stands beside what it was then.
    """
    earlier = {(line.bench, line.what, line.unit): line.value for line in before}
    table = Table("bench", "what", title="medians", box=SIMPLE)
    columns = ("median", "goal", "lowest", "highest", "runs", *(["before"] if before else []))
    for column in columns:
        table.add_column(column, justify="right")
    table.add_column("unit")
    for result in results:
        median, lowest, highest = (shown(value) for value in (result.value, *result.spread))
        goal = _goal(result)
        row = [result.bench, result.what, median, goal, lowest, highest, str(len(result.values))]
        if before:
            was = earlier.get((result.bench, result.what, result.unit))
            row.append("" if was is None else shown(was))
        table.add_row(*row, result.unit)
    Console(stderr=True, width=TABLE).print(table)


def _goal(result: Result) -> str:
    goal = goal_of(result) or ""
    return f"[red]{goal}[/]" if falls_short(result) else str(goal)


def write_plot(results: Sequence[Result], path: Path) -> None:
    """Bars of the medians as SVG, those of one bench and unit on one scale."""
    lines: list[str] = []
    y = MARGIN
    for (bench, unit), group in groupby(results, lambda result: (result.bench, result.unit)):
        found = list(group)
        y += LINE
        lines.append(_text(MARGIN, y, f"{bench}, {unit}", "font-weight='bold'"))
        longest = max(result.spread[1] for result in found) or 1.0
        for result in found:
            y += LINE
            lines += _bar(y, result, BAR / longest)
        y += LINE // 2
    width, height = LABEL + BAR + 120, y + LINE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
        "font-family='sans-serif' font-size='12'>"
        f"<rect width='100%' height='100%' fill='white'/>{''.join(lines)}</svg>\n"
    )


def _bar(y: int, result: Result, scale: float) -> list[str]:
    low, high = (LABEL + value * scale for value in result.spread)
    end = LABEL + result.value * scale
    colour = "#2f6f9f" if result.what.startswith("Baton") else "#b0b0b0"
    return [
        _text(MARGIN, y, result.what),
        f"<rect x='{LABEL}' y='{y - 11}' width='{end - LABEL:.1f}' height='13' fill='{colour}'/>",
        f"<line x1='{low:.1f}' x2='{high:.1f}' y1='{y - 4}' y2='{y - 4}' stroke='black'/>",
        _text(int(max(end, high)) + 6, y, shown(result.value)),
    ]


def _text(x: int, y: int, text: str, style: str = "") -> str:
    return f"<text x='{x}' y='{y}' {style}>{escape(text)}</text>"
