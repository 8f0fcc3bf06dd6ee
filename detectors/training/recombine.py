"""Further text for the pupil to learn from the teacher: our own messages, cut and joined anew."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

SHORT: Final = 22
"""Words of a message that may be joined with another as a whole."""
JOINTS: Final = (" ", ". ", ", ", "\n", " and ", "; ")
_SENTENCE_END: Final = re.compile(r"(?<=[.!?])\s+|\n+")


def recombined(texts: Sequence[str], count: int, seed: int) -> list[str]:
    """`count` texts: two short messages joined, a message cut, two sentences of two messages."""
    random = np.random.default_rng(seed)
    whole = [text for text in texts if len(text.split()) <= SHORT]
    parts = [_sentences(text) for text in texts]
    made: list[str] = []
    while len(made) < count:
        kind, (one, two) = random.integers(3), random.integers(len(texts), size=2)
        if kind == 0:
            joint = JOINTS[random.integers(len(JOINTS))]
            made.append(joint.join((whole[one % len(whole)], whole[two % len(whole)])))
        elif kind == 1:
            if len(parts[one]) > 1:
                cut = two % len(parts[one])
                alone = random.random() < 0.5
                kept = [parts[one][cut]] if alone else parts[one][:cut] + parts[one][cut + 1 :]
                made.append(" ".join(kept))
        else:
            made.append(
                " ".join(part[random.integers(len(part))] for part in (parts[one], parts[two]))
            )
    return made


def _sentences(text: str) -> list[str]:
    return [part for part in _SENTENCE_END.split(text) if len(part.split()) > 1] or [text]
