"""Labelled text: a line is `category flag flag ...`, a tab and the message."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from detectors.labels import CATEGORIES, FLAGS, IMPLIED

TEXT: Final = Path(__file__).parent / "text"
"""Our own text; every file holds what was written with one class, or one kind of place, in mind."""

VARIABLES: Final = Path(__file__).parent / "linked.jsonl"
"""Texts with the number of linked technical variables they name, and no other label."""

NAME: Final = 5
"""Letters of a flag that the name of a file written for it has."""
MANY: Final = 0.08
"""The share of a file's texts from which on a flag was in mind."""
WEIGHED: Final = "_turns"
"""What the name of a file ends with in which every flag was weighed for every text."""


class Example(NamedTuple):
    """One message, as one customer might write it in one turn."""

    text: str
    category: str
    flags: frozenset[str]
    file: str
    linked: int | None = None


def read_examples(path: Path) -> Iterator[Example]:
    """The examples of a file. Raises `ValueError` naming the line that is none."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        labels, tab, text = line.partition("\t")
        category, *flags = labels.split() or [""]
        if not tab or not text or category not in CATEGORIES or not set(flags) <= set(FLAGS):
            message = f"{path.name}, line {number}: expected `category flag ...`, a tab and a text"
            raise ValueError(message)
        implied = {IMPLIED[label] for label in (category, *flags) if label in IMPLIED}
        yield Example(text.replace("\\n", "\n"), category, frozenset(flags) | implied, path.stem)


class _Linked(msgspec.Struct):
    text: str
    linked: int


def linked_examples(path: Path = VARIABLES) -> list[Example]:
    """The texts of which only `linked` is known."""
    found = [msgspec.json.decode(line, type=_Linked) for line in path.read_bytes().splitlines()]
    return [Example(one.text, "", frozenset(), path.stem, one.linked) for one in found]


def training_examples() -> list[Example]:
    """All of our own text, in a fixed order."""
    return [one for path in sorted(TEXT.glob("*.tsv")) for one in read_examples(path)]


def in_mind(examples: Sequence[Example]) -> set[tuple[str, str]]:
    """The files, each with a flag that was in mind when it was written.

    Its name says so (of a flag, or of all of them), or many of its texts have the flag. In other
    files a missing flag may have been forgotten.
    """
    texts = Counter(one.file for one in examples)
    flagged = Counter((one.file, flag) for one in examples for flag in one.flags)
    return {
        (file, flag)
        for file, count in texts.items()
        for flag in FLAGS
        if flag[:NAME] in file or file.endswith(WEIGHED) or flagged[file, flag] >= MANY * count
    }
