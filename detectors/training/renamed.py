"""The same messages signed or begun by somebody: who writes must not matter."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

NAMES: Final = Path(__file__).parent / "names.txt"
LONG: Final = 30
"""Words from which on a name is too little of a message to matter."""
PLACES: Final = (
    "Hi, this is {name}. {text}",
    "{name} here. {text}",
    "{text} {name}",
    "My name is {name}, {text}",
    "hello im {name} {text}",
    "{text}\nThanks, {name}",
    "{text} My colleague {name} told me to ask.",
    "{text} - {name}",
)


def renamed(texts: Sequence[str], count: int, seed: int) -> Iterator[tuple[int, str]]:
    """`count` of the shorter texts, each with its number and somebody's name in it."""
    random = np.random.default_rng(seed)
    names = NAMES.read_text(encoding="utf-8").split()
    short = [number for number, text in enumerate(texts) if len(text.split()) < LONG]
    for number in random.choice(short, count, replace=False).tolist():
        place, name = PLACES[random.integers(len(PLACES))], names[random.integers(len(names))]
        yield number, place.format(name=name, text=texts[number])
