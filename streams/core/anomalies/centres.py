"""What a problem or an incident is about: the centre of its first reports' meanings.

A report whose meaning is near an open incident's belongs to it, though no name says so. Less is
asked of it than of what opens an incident: something is known to be wrong already.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple, TypeVar

import msgspec
import numpy as np
from msgspec.structs import replace

from detectors.arrays import Floats
from detectors.meaning import MOST, SCALE, scaled
from schemas.records import ProblemReport

MOST_NUMBERS: Final = 256
"""Numbers of a vector; a longer one is not compared."""
SETTLED: Final = 8
"""Reports that a centre follows."""
BELONGS: Final = 0.40
"""Cosine from which a report belongs; chosen on the first half of our own outages."""
ELSEWHERE: Final = 0.15
"""How much nearer a report must be that names another component."""

T = TypeVar("T")

Vector = tuple[int, ...]


class Centre(msgspec.Struct, frozen=True, array_like=True):
    """A mean of vectors, a signed byte a number. Empty where nothing was understood."""

    numbers: bytes = b""
    version: int = 0
    """Of the vectors: those of two versions cannot be compared."""
    weight: int = 0
    """Reports that it has followed."""

    def after(self, report: ProblemReport) -> "Centre":
        """The centre with one more report, as long as it is not settled."""
        numbers = vector(report) if self.weight < SETTLED else ()
        if not numbers:
            return self
        if not self.numbers:
            return Centre(packed(numbers), report.meaning_version, 1)
        if not self._compares(len(numbers), report.meaning_version):
            return self
        return Centre(moved(self.numbers, self.weight, numbers), self.version, self.weight + 1)

    def nearness(self, numbers: Vector, version: int) -> float:
        """The cosine to a vector; 0 where the two cannot be compared."""
        if not numbers or not self._compares(len(numbers), version):
            return 0.0
        return float(_floats(self.numbers) @ np.array(numbers, np.float32)) / SCALE**2

    def vector(self) -> Vector:
        """Its numbers, each a byte with its sign."""
        return tuple(np.frombuffer(self.numbers, np.int8).tolist())

    def _compares(self, size: int, version: int) -> bool:
        return len(self.numbers) == size and self.version == version


class Part(NamedTuple):
    """What a problem is said to be of: a component, where one is named, and a category."""

    component: str | None
    category: str


def belongs(nearness: float, part: Part, other: Part) -> bool:
    """Whether two are near enough to be of one cause.

    What names another component is nearer than others, and of the same category.
    """
    if None in (part.component, other.component) or part.component == other.component:
        return nearness >= BELONGS
    return nearness >= BELONGS + ELSEWHERE and part.category == other.category


def nearest(
    those: Iterable[tuple[T, Centre, Part]], numbers: Vector, version: int, part: Part
) -> T | None:
    """Of those, with their centres and parts, the one that a vector belongs to; of several the
    nearest, of equally near ones the first.
    """
    most, found = 0.0, None
    for one, centre, other in those:
        near = centre.nearness(numbers, version)
        if near > most and belongs(near, part, other):
            most, found = near, one
    return found


def comparable(report: ProblemReport) -> ProblemReport:
    """The report without its vectors where they cannot be any: others may have made them."""
    numbers = vector(report)
    return report if usable(numbers) == numbers else replace(report, meaning=(), also_means=())


def vector(report: ProblemReport) -> Vector:
    """What the words of a `comparable` report are about; empty where they say nothing."""
    return report.meaning or report.also_means


def usable(numbers: Vector) -> Vector:
    """A vector that others made; empty where it cannot be one."""
    fits = 0 < len(numbers) <= MOST_NUMBERS and max(numbers) <= MOST and min(numbers) >= -MOST
    return numbers if fits else ()


def packed(numbers: Vector) -> bytes:
    """A vector as bytes."""
    return np.array(numbers, np.int8).tobytes()


def moved(centre: bytes, weight: int, numbers: Vector) -> bytes:
    """The mean of `weight` vectors after one more."""
    return packed(scaled(_floats(centre) * np.float32(weight) + np.array(numbers, np.float32)))


def _floats(numbers: bytes) -> Floats:
    floats: Floats = np.frombuffer(numbers, np.int8).astype(np.float32)
    return floats
