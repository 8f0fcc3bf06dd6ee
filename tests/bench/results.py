"""Figures: the runs of each, their median and spread, and the lines they are printed as."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec


@dataclass(frozen=True)
class Result:
    """What was measured, once a run. `what` names it within its `bench`."""

    bench: str
    what: str
    values: tuple[float, ...]
    unit: str

    @property
    def value(self) -> float:
        """The median of the runs."""
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest run."""
        return min(self.values), max(self.values)


class Line(msgspec.Struct, frozen=True):
    """A result as it is printed, one JSON object a line."""

    bench: str
    what: str
    value: float
    unit: str


def json_line(result: Result) -> str:
    """The line of a result."""
    line = Line(result.bench, result.what, rounded(result.value), result.unit)
    return msgspec.json.encode(line).decode()


def read_lines(text: str) -> list[Line]:
    """The results of an earlier run."""
    return [msgspec.json.decode(line, type=Line) for line in text.splitlines() if line]


def rounded(value: float) -> float:
    """Four digits and no more: what is measured here is no better than that."""
    return float(f"{value:.4g}")


def shown(value: float) -> str:
    """The same for people."""
    return f"{rounded(value):,.10g}"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, ...]:
    """The ratio of each pair of neighbouring runs, so that what slows both counts for neither."""
    return tuple(our / their for our, their in zip(ours, theirs, strict=True))


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of the values that is not below `percent` of them."""
    ordered = sorted(values)
    return ordered[max(0, -int(-len(ordered) * percent // 100) - 1)]
