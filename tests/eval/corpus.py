"""What is measured: one signal on one set of texts."""

from typing import NamedTuple


class Sample(NamedTuple):
    """A text, and whether the signal is in it."""

    text: str
    wanted: bool


class Corpus(NamedTuple):
    """One signal on one set."""

    name: str
    signal: str
    samples: list[Sample]
