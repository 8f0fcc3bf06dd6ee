"""What a problem is about, as a small vector: near ones are one problem in different words.

It is the mean of the vectors of the message's word pieces, without what any report of a problem
says (the common direction of Arora et al. 2017, "A simple but tough-to-beat baseline for sentence
embeddings"), in 8 bits a number.
"""

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from detectors.arrays import Floats
from detectors.learned import TINY, learned
from detectors.message import Message

SCALE: Final = 300
"""The length of a vector."""
MOST: Final = 127
SHARE: Final = 0.5
"""How much of the common direction is taken away."""
_ANY_REPORT: Final = (
    "It does not work.",
    "It has been broken since today.",
    "We cannot use it any more.",
    "Hello, it has stopped working for all of us, please help.",
    "There is a problem, nothing happens.",
)


def meaning(words: Sequence[str]) -> tuple[int, ...]:
    """The vector of a message's words; empty where none is known. Deterministic."""
    mean = learned().features.mean(words)
    if not mean.any():
        return ()
    return scaled(mean - SHARE * _common())


def version() -> int:
    """Names what makes the vectors; those of two versions cannot be compared."""
    return learned().features.version


def scaled(vector: Floats) -> tuple[int, ...]:
    """A vector brought to the length of `SCALE`, in whole numbers of 8 bits."""
    numbers = np.rint(vector * (SCALE / (np.linalg.norm(vector) + TINY)))
    return tuple(numbers.clip(-MOST, MOST).astype(int).tolist())


@cache
def _common() -> Floats:
    reports = [Message.of(one).words for one in _ANY_REPORT]
    found: Floats = np.mean([learned().features.mean(one) for one in reports], axis=0)
    return found
