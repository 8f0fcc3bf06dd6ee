"""The second stage: a sentence encoder looks again at the messages that the first is in doubt of.

Optional and off by default: it costs some milliseconds for each message it looks at. What it says
of a message depends on that message alone, so that a replay decides the same.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from detectors.encoder import Encoder
from detectors.labels import FLAGS, LINKED
from detectors.learned import Judgement, Network, learned
from detectors.message import Message

SECOND: Final = Path(__file__).parent / "model" / "second.npz"
SENTENCE: Final = 8.0
"""The length that the encoder's vectors are brought to."""
DOUBT: Final = (0.42, 0.53)
"""Scores between which a signal is in doubt: on one in 25 ordinary messages, on one in eight that
were written to be hard. A look at what nearly fired finds more than one at what just did. Between
0.35 and 0.6 the mean default F1 of both blind sets rises by .01, but one ordinary message in ten is
looked at: more than one may cost on average.
"""
DOUBTED: Final = tuple(flag for flag in FLAGS if flag not in ("billing", "thanks", "praise"))
"""What a second look is worth for: the signals that call people."""


class SecondStage:
    """A network like the first stage's, which sees the encoder's vectors as well."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        with np.load(SECOND, allow_pickle=False) as stored:
            self._network = Network(dict(stored))

    def judge(
        self,
        messages: Sequence[Message],
        lexicon: Sequence[Sequence[float]],
        first: Sequence[Judgement],
    ) -> list[Judgement]:
        """The judgements of the first stage, those in doubt replaced by the mean of both stages."""
        chosen = [index for index, one in enumerate(first) if in_doubt(one)]
        judged = list(first)
        if not chosen:
            return judged
        meanings = [
            self._encoder.alone(messages[index].reading.text) * SENTENCE for index in chosen
        ]
        features, doubtful = learned().features, [messages[index] for index in chosen]
        pieces = features.pieces(doubtful)
        dense = features.dense(pieces, [lexicon[index] for index in chosen])
        again = self._network.judge(features.seen(doubtful), np.hstack([np.array(meanings), dense]))
        for index, second in zip(chosen, again, strict=True):
            judged[index] = _mean(first[index], second)
        return judged


def in_doubt(judgement: Judgement) -> bool:
    """Whether a signal is so close to its threshold that a second look pays."""
    low, high = DOUBT
    return any(low < judgement.scores[name] < high for name in DOUBTED)


def _mean(first: Judgement, second: Judgement) -> Judgement:
    scores = {
        name: score if name in LINKED else (score + second.scores[name]) / 2
        for name, score in first.scores.items()
    }
    return first._replace(category=second.category, scores=scores)
