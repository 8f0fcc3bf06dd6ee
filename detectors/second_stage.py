"""The second stage: the model's teacher looks again at the messages that the first is in doubt of.

Optional and off by default: it costs 400 MB, and two to seven milliseconds for each look. What it
says of a message depends on that message alone, so that a replay decides the same.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from detectors.arrays import Floats
from detectors.encoder import Encoder
from detectors.labels import CATEGORIES, FLAGS, OUTPUTS
from detectors.learned import DECIMALS, Judgement
from detectors.message import Message

SECOND: Final = Path(__file__).parent / "model" / "second.npz"
"""What the encoder has learned."""
DOUBT: Final = (0.3, 0.6)
"""Scores between which a signal is in doubt. A look at what nearly fired finds more than one at
what just did. One ordinary message in ten has such a score, as many as may be looked at for what a
look costs; between 0.2 and 0.7 it is twice as many, and default F1 on both blind sets .015 higher.
"""
LINKED_DOUBT: Final = (0.4, 0.75)
"""The same of `linked_3`, which counts from 0.7 on."""
MOST_LOOKS: Final = 4
"""At one text, which may be read in hundreds of parts: 64 KiB of signs would keep a worker for
seconds. Of 200 mails 199 are looked at twice at most.
"""
DOUBTED: Final = tuple(flag for flag in FLAGS if flag not in ("billing", "thanks", "praise"))
"""What a second look is worth for: the signals that call people."""


class SecondStage:
    """What the teacher says of texts."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        with np.load(SECOND, allow_pickle=False) as stored:
            self._teacher = encoder.with_learned(stored)

    def judge(
        self, messages: Sequence[Message], first: Sequence[Judgement], whose: Sequence[int]
    ) -> list[Judgement]:
        """The judgements of the first stage; of each text the first `MOST_LOOKS` that are in doubt
        have the mean of both stages' scores and the second's category.
        """
        judged, looks = list(first), Counter[int]()
        for at, (message, one, text) in enumerate(zip(messages, first, whose, strict=True)):
            if looks[text] < MOST_LOOKS and in_doubt(one):
                looks[text] += 1
                judged[at] = self._again(message, one)
        return judged

    def look(self, text: str) -> Floats:
        """The logits that the teacher gives a text, shape (outputs,)."""
        return self._teacher.logits(self._encoder.numbers(text))

    def _again(self, message: Message, first: Judgement) -> Judgement:
        logits = self.look(message.reading.text).astype(float)
        chances = np.round(1 / (1 + np.exp(-logits)), DECIMALS).tolist()
        second = dict(zip(OUTPUTS[len(CATEGORIES) :], chances[len(CATEGORIES) :], strict=True))
        scores = {name: (score + second[name]) / 2 for name, score in first.scores.items()}
        category = CATEGORIES[int(logits[: len(CATEGORIES)].argmax())]
        return first._replace(category=category, scores=scores)


def in_doubt(judgement: Judgement) -> bool:
    """Whether a signal is so close to its threshold that a second look pays."""
    low, high = DOUBT
    if any(low < judgement.scores[name] < high for name in DOUBTED):
        return True
    low, high = LINKED_DOUBT
    return low < judgement.scores["linked_3"] < high
