"""Of what scores so much, how much has the signal: a plot and a figure of each."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from tests.eval.figure import Figure
from tests.eval.measures import Scores, Wanted

BINS = 5
SIDE, EDGE, ACROSS = 150, 30, 4
Bin = tuple[float, float, int]
"""Mean score, share that has the signal, texts."""


def bins(wanted: Wanted, scores: Scores) -> list[Bin]:
    """The texts in `BINS` equal ranges of the score; empty ranges are left out."""
    place = np.minimum((scores * BINS).astype(int), BINS - 1)
    chosen = (place == number for number in range(BINS))
    return [
        (float(scores[some].mean()), float(wanted[some].mean()), int(some.sum()))
        for some in chosen
        if some.any()
    ]


def calibration_error(wanted: Wanted, scores: Scores) -> float:
    """Expected calibration error (Naeini et al. 2015), 0-1."""
    return sum(count * abs(score - share) for score, share, count in bins(wanted, scores)) / len(
        scores
    )


def reliability(read: Mapping[str, tuple[Wanted, Scores]]) -> Iterator[Figure]:
    """Of each signal, on its own blind texts."""
    for signal, (wanted, scores) in read.items():
        error = calibration_error(wanted, scores)
        yield Figure("blind", signal, "calibration error", error, texts=len(scores))


def write_plot(read: Mapping[str, tuple[Wanted, Scores]], path: Path) -> None:
    """A drawing (SVG) with a square for each signal: scores to the right, shares upwards."""
    rows = -(-len(read) // ACROSS)
    width, height = ACROSS * (SIDE + EDGE) + EDGE, rows * (SIDE + EDGE) + EDGE
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for number, (signal, (wanted, scores)) in enumerate(read.items()):
        left = EDGE + number % ACROSS * (SIDE + EDGE)
        top = EDGE + number // ACROSS * (SIDE + EDGE)
        lines += _square(signal, bins(wanted, scores), left, top)
    path.write_text("\n".join([*lines, "</svg>"]) + "\n", encoding="utf-8")


def _square(signal: str, found: Sequence[Bin], left: int, top: int) -> list[str]:
    bottom = top + SIDE
    points = [(left + SIDE * score, bottom - SIDE * share) for score, share, _ in found]
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return [
        f'<text x="{left}" y="{top - 6}">{signal}</text>',
        f'<rect x="{left}" y="{top}" width="{SIDE}" height="{SIDE}" fill="none" stroke="gray"/>',
        f'<path d="M{left} {bottom} L{left + SIDE} {top}" stroke="silver"/>',
        f'<polyline points="{line}" fill="none" stroke="navy"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="navy"/>' for x, y in points),
    ]
