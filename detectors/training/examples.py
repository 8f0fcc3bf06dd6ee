"""Labelled text: a line is `category flag flag ...`, a tab and the message."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from detectors.labels import CATEGORIES, FLAGS, IMPLIED

TEXT: Final = Path(__file__).parent / "text"
"""Our own text; every file holds what was written with one class, or one kind of place, in mind."""


class Example(NamedTuple):
    """One message, as one customer might write it in one turn."""

    text: str
    category: str
    flags: frozenset[str]


def read_examples(path: Path) -> Iterator[Example]:
    """The examples of a file. Raises `ValueError` naming the line that is none."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        labels, tab, text = line.partition("\t")
        category, *flags = labels.split() or [""]
        if not tab or not text or category not in CATEGORIES or not set(flags) <= set(FLAGS):
            message = f"{path.name}, line {number}: expected `category flag ...`, a tab and a text"
            raise ValueError(message)
        implied = {IMPLIED[label] for label in (category, *flags) if label in IMPLIED}
        yield Example(text.replace("\\n", "\n"), category, frozenset(flags) | implied)


def training_examples() -> list[Example]:
    """All of our own text, in a fixed order."""
    return [one for path in sorted(TEXT.glob("*.tsv")) for one in read_examples(path)]
