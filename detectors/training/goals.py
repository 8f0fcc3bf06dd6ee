"""What the networks shall say of a text, and how sure that is."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.arrays import Floats
from detectors.labels import CATEGORIES, FLAGS, LINKED, OUTPUTS
from detectors.training.examples import Example, in_mind

DOUBTFUL: Final = 0.3
"""How sure it is that a label which nobody had in mind is missing with reason."""


def target(example: Example) -> Floats:
    """Shape (outputs): 1 where it holds."""
    flags = [flag in example.flags for flag in FLAGS]
    linked = [(example.linked or 0) >= least for least in LINKED.values()]
    categories = [one == example.category for one in CATEGORIES]
    return np.array([*categories, *flags, *linked], np.float32)


def certainty(examples: Sequence[Example]) -> Floats:
    """Shape (texts, outputs): how sure the label is, 0 where nobody has given one.

    A missing flag may have been forgotten where it was not in mind; who reports no malfunction
    names no linked variables.
    """
    meant = in_mind(examples)
    sure = np.zeros((len(examples), len(OUTPUTS)), np.float32)
    first, last = len(CATEGORIES), len(CATEGORIES) + len(FLAGS)
    for row, one in zip(sure, examples, strict=True):
        if one.linked is not None:
            row[last:] = 1
            continue
        row[:first] = 1
        row[first:last] = [
            1 if flag in one.flags or (one.file, flag) in meant else DOUBTFUL for flag in FLAGS
        ]
        row[last:] = 0 if "technical" in one.flags else DOUBTFUL
    return sure


def by_file(examples: Sequence[Example], folds: int, seed: int) -> NDArray[np.int64]:
    """Folds, shape (texts,), in which the texts of a file stay together.

    Texts of one file resemble each other; where a flag fires best shows on those of others. Linked
    variables are known of one file alone: its texts are spread.
    """
    random = np.random.default_rng(seed)
    files = random.permutation(sorted({one.file for one in examples}))
    place = {file: number % folds for number, file in enumerate(files.tolist())}
    spread = random.integers(folds, size=len(examples)).tolist()
    return np.array(
        [
            place[one.file] if one.linked is None else drawn
            for one, drawn in zip(examples, spread, strict=True)
        ]
    )
