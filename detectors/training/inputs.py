"""What a model was made from, in one number: it tells a model that is no longer what is trained."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Final

import msgspec

from detectors.learned import DECIMALS, MODEL
from detectors.pipeline import read_in_english, scores
from detectors.training.cut import as_learned
from detectors.training.examples import Example

MADE_FROM: Final = MODEL.with_name("made_from.txt")
"""Holds the number of the model that lies beside it."""
SAMPLED: Final = 10
"""Of so many texts one shows how words and lexicons are read; labels count of all."""


def digest(examples: Sequence[Example]) -> str:
    """SHA-256 of texts and labels, and of what training reads in a sample of them.

    Numbers are rounded: the last bit of a logarithm is not the same on every processor.
    """
    found = sha256()
    for one in examples:
        labels = (one.text, one.category, sorted(one.flags), one.file, one.linked)
        found.update(msgspec.json.encode(labels))
    for one in examples[::SAMPLED]:
        read = read_in_english(as_learned(one.text))
        numbers = [round(number, DECIMALS) for number in scores(read)]
        found.update(msgspec.json.encode((read.message.words, read.message.forms, numbers)))
    return found.hexdigest()
