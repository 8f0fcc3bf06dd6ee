"""The trained part: probabilities of every label of a text, in bulk.

What it has learned lies in `model/model.npz`, made by `detectors.training`. A text is its n-grams
(a linear part), how well patterns of three word pieces fit it, the mean of what its pieces mean and
what the lexicons say of it (all also through one hidden layer). A piece has two vectors: what it
means, as an encoder sees it, and what it is to the patterns, which was learned with them. Plain
numpy: some microseconds a text in a batch.
"""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from pathlib import Path
from typing import Final, NamedTuple
from zipfile import BadZipFile
from zlib import crc32

import numpy as np
from threadpoolctl import threadpool_limits

from detectors.arrays import Floats, Ints
from detectors.features import READ, Pieces
from detectors.labels import CATEGORIES, OUTPUTS
from detectors.message import Message
from detectors.phrases import Phrases
from detectors.signals import Span
from detectors.sums import sums
from detectors.vocabulary import Seen, Vocabulary

MODEL: Final = Path(__file__).parent / "model" / "model.npz"
MEANING: Final = 4.0
"""The length that the mean of the pieces' vectors is brought to."""
TINY: Final = 1e-6
DECIMALS: Final = 4
SCALES: Final = " scales"
"""Behind the name of what is stored in 8 bits."""
_CHANCES: Final = OUTPUTS[len(CATEGORIES) :]
_COLUMNS: Final = {name: column for column, name in enumerate(OUTPUTS)}


class NotTheModel(ValueError):
    """The model's file is missing, cut, or another version's."""


class Features:
    """From messages to the numbers that a network takes."""

    def __init__(self, stored: Mapping[str, np.ndarray]) -> None:
        """`stored` has the n-grams and the pieces a line each, and what the pieces mean."""
        self.grams = _strings(stored["grams"])
        self.vocabulary = Vocabulary(self.grams)
        pieces = _strings(stored["pieces"])
        self._pieces = Pieces({piece: number for number, piece in enumerate(pieces)})
        vectors = in_full(stored, "vectors")
        # The row of zeros behind those of the pieces is there for `version`, which counts it in.
        self._vectors = np.vstack([vectors, np.zeros(vectors.shape[1], np.float32)])

    def seen(self, messages: Sequence[Message]) -> Seen:
        """The known n-grams of messages."""
        return self.vocabulary.seen([message.forms[:READ] for message in messages])

    def of_grams(self, message: Message) -> list[int]:
        """The numbers of the known n-grams of a message, each once, sorted."""
        numbers: list[int] = self.seen([message]).numbers[1:].tolist()
        return numbers

    @cached_property
    def version(self) -> int:
        """Names the pieces' vectors: equal numbers, equal vectors."""
        return crc32(self._vectors.tobytes())

    def mean(self, words: Sequence[str]) -> Floats:
        """The direction of the mean of the words' pieces; zeros where they have none."""
        summed = self._vectors[self._pieces.of(words[:READ])].sum(axis=0)
        direction: Floats = summed / (np.linalg.norm(summed) + TINY)
        return direction

    def pieces(self, messages: Sequence[Message]) -> list[Ints]:
        """The numbers of the word pieces of messages, in order."""
        return [self._pieces.of(message.words[:READ]) for message in messages]

    def dense(self, pieces: Sequence[Ints], lexicon: Sequence[Sequence[float]]) -> Floats:
        """Meaning and lexicon scores, shape (messages, vector + lexicon)."""
        summed = sums(self._vectors, pieces)
        size = np.linalg.norm(summed, axis=1, keepdims=True)
        return np.hstack([summed * (MEANING / (size + TINY)), np.array(lexicon, np.float32)])


class Network:
    """Trained weights; `training/network.py` says what they are multiplied with."""

    def __init__(self, stored: Mapping[str, np.ndarray]) -> None:
        none = np.zeros((1, stored["G"].shape[1]), np.float32)
        # In 64 bits, so that what a matrix product rounds differently in a larger batch is far
        # below the last decimal of a score: a replay in other batches decides the same.
        self._weights = {name: stored[name].astype(np.float64) for name in "SAaBb"}
        # `NONE`, -1, is the last row.
        self.gram_weights = np.vstack([stored["G"].astype(np.float32), none])

    def judge(self, seen: Seen, numbers: np.ndarray) -> list["Judgement"]:
        """What it says of texts with these n-grams and other numbers, shape (texts, numbers)."""
        own, numbers = self._weights, numbers.astype(np.float64)
        hidden = np.maximum(numbers @ own["A"] + own["a"], 0)
        logits = numbers @ own["S"] + hidden @ own["B"] + own["b"]
        weights = self.gram_weights.take(seen.numbers, axis=0)
        summed = np.add.reduceat(weights, seen.starts, axis=0)
        counts = np.diff(seen.starts, append=len(seen.numbers)) - 1
        logits += summed / np.sqrt(np.maximum(counts, 1))[:, None]
        flags = 1 / (1 + np.exp(-np.clip(logits[:, len(CATEGORIES) :], -30, 30)))
        categories = logits[:, : len(CATEGORIES)].argmax(axis=1).tolist()
        scores = np.round(flags, DECIMALS).tolist()
        grams = [(seen.numbers[its], weights[its]) for its in seen.slices()]
        each = zip(categories, scores, grams, seen.unknown.tolist(), strict=True)
        return [
            Judgement(CATEGORIES[category], dict(zip(_CHANCES, some, strict=True)), *its, unknown)
            for category, some, its, unknown in each
        ]


class Learned:
    """A trained network and the features it was trained with."""

    def __init__(self, stored: Mapping[str, np.ndarray]) -> None:
        self.features = Features(stored)
        self._phrases = Phrases(in_full(stored, "V"), stored["P"], stored["p"])
        self._network = Network(stored)

    def judge(
        self, messages: Sequence[Message], lexicon: Sequence[Sequence[float]]
    ) -> list["Judgement"]:
        """What it says of each message, given what the lexicons say of it (see `pipeline`)."""
        if not messages:
            return []
        features, pieces = self.features, self.features.pieces(messages)
        numbers = np.hstack([self._phrases.fits(pieces), features.dense(pieces, lexicon)])
        return self._network.judge(features.seen(messages), numbers)

    def strongest(self, message: Message, judgement: "Judgement", flag: str) -> Span | None:
        """The n-gram of a message that speaks most for a flag, None when none does."""
        if not len(judgement.seen):
            return None
        weights = judgement.weights[:, _COLUMNS[flag]]
        best = weights.argmax()
        gram = f" {self.features.grams[judgement.seen[best]]} "
        start = message.stream.find(gram)
        if weights[best] <= 0 or start < 0:
            return None
        return message.span(start, start + len(gram))


class Judgement(NamedTuple):
    """What the network says of a message: its category, the probability of all else (0-1).

    `seen` are the numbers of the n-grams that it went by, `weights` what they speak for, a column
    for each of the `OUTPUTS`; `unknown` is how many of the words that were read are in none of the
    texts it learned from.
    """

    category: str
    scores: Mapping[str, float]
    seen: Ints
    weights: Floats
    unknown: int


def in_full(stored: Mapping[str, np.ndarray], name: str) -> Floats:
    """Rows that are stored in 8 bits a number, each with a scale."""
    rows: Floats = stored[name].astype(np.float32) * stored[name + SCALES][:, None]
    return rows


def _strings(data: np.ndarray) -> list[str]:
    return bytes(data).decode().split("\n")


@cache
def learned() -> Learned:
    """The model that is shipped. Raises `NotTheModel`."""
    # One worker is one process on one core; more threads would only spin.
    threadpool_limits(1, user_api="blas")
    return load(MODEL)


def load(path: Path) -> Learned:
    """The model of a file. Raises `NotTheModel`."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return Learned(dict(stored))
    except (FileNotFoundError, BadZipFile, EOFError, KeyError, ValueError) as error:
        raise NotTheModel(
            f"{path} is not the model of this version ({error}): install Baton again, or `make"
            " model` makes it"
        ) from error
