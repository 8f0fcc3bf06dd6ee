"""Makes `detectors/model/model.npz`; `make model` fetches the encoder and calls it.

    python -m detectors.training ENCODER_FOLDER

1. A teacher learns from our own text what it sees through the sentence encoder.
2. It says what it thinks of the same texts when it has not learned from them (cross-fitting), and
   of texts recombined from ours. Where a label was forgotten it doubts, so labels and teacher
   count half each.
3. The pupil, which sees n-grams, vectors of word pieces and lexicon scores only, learns from both.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from scipy import sparse

from detectors.arrays import Floats
from detectors.features import Pieces, grams
from detectors.labels import CATEGORIES, FLAGS
from detectors.learned import MODEL, Features
from detectors.message import Message
from detectors.pipeline import read_in_english, scores
from detectors.training.encoder import Encoder
from detectors.training.examples import Example, training_examples
from detectors.training.network import Network, learn
from detectors.training.recombine import recombined

NUMBERS: Final = 128
"""Of a word piece's vector: the main components of the encoder's 384."""
SEEN: Final = 2
"""Messages that an n-gram must be in to be known."""
COMMON: Final = 1e-3
"""Pieces more frequent than that count less: a / (a + p) (Arora, Liang and Ma 2017)."""
FOLDS: Final = 4
RECOMBINED: Final = 30_000
LABELS_COUNT: Final = 0.5
SENTENCE: Final = 8.0
"""The length that the encoder's vectors are brought to."""
TEACHER: Final = {"hidden": 128, "epochs": 12}
PUPIL: Final = {"hidden": 128, "epochs": 16}
SEED: Final = 1


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoder", type=Path, help="folder with the encoder and its tokenizer")
    encoder = Encoder(parser.parse_args().encoder)
    examples = training_examples()
    texts = [one.text for one in examples]
    more = recombined(texts, RECOMBINED, SEED)
    say(f"{len(texts)} texts and {len(more)} recombined; encoding them takes minutes")
    meanings = encoder.texts([*texts, *more]) * SENTENCE
    reads = [read_in_english(text) for text in (*texts, *more)]
    messages, lexicon = [read.message for read in reads], [scores(read) for read in reads]
    count = len(texts)
    stored = vocabulary(messages[:count], encoder)
    features = features_of(stored)
    seen = sparse_grams([features.of_grams(message) for message in messages], len(features.known))
    dense = features.dense(messages, lexicon)
    wanted = np.array([target(one) for one in examples])
    both = np.hstack([meanings, dense])
    say("teaching the teacher")
    doubted = cross_fitted(seen[:count], both[:count], wanted)
    teacher = _learn(seen[:count], both[:count], wanted, TEACHER)
    taught = teacher.outputs(seen[count:], both[count:])
    say("teaching the pupil")
    goal = np.vstack([LABELS_COUNT * wanted + (1 - LABELS_COUNT) * doubted, taught])
    pupil = _learn(seen, dense, goal.astype(np.float32), PUPIL)
    stored |= {name: one.astype(np.float16) for name, one in pupil.weights.items()}
    MODEL.parent.mkdir(exist_ok=True)
    np.savez_compressed(MODEL, **stored)
    say(f"{MODEL}: {MODEL.stat().st_size / 1e6:.1f} MB")


def say(text: str) -> None:
    """Progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def target(example: Example) -> Floats:
    """Shape (labels): 1 where the label holds."""
    flags = [flag in example.flags for flag in FLAGS]
    return np.array([*(one == example.category for one in CATEGORIES), *flags], np.float32)


def vocabulary(messages: Sequence[Message], encoder: Encoder) -> dict[str, Any]:
    """The known n-grams, and the pieces with their vectors in 8 bits each."""
    seen = Counter(gram for message in messages for gram in set(grams(message)))
    usable = [piece.isascii() and not piece.startswith("[") for piece in encoder.pieces]
    pieces = [piece for piece, kept in zip(encoder.pieces, usable, strict=True) if kept]
    vectors = encoder.piece_vectors()[usable]
    vectors -= vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(vectors, full_matrices=False)
    splitter = Pieces({piece: number for number, piece in enumerate(pieces)})
    uses = Counter(number for message in messages for number in splitter.of(message))
    shares = np.array([uses[number] + 0.5 for number in range(len(pieces))]) / uses.total()
    reduced = (vectors @ axes[:NUMBERS].T) * (COMMON / (COMMON + shares))[:, None]
    scales = (np.abs(reduced).max(axis=1) / 127).astype(np.float32)
    return {
        "grams": _bytes(sorted(gram for gram, count in seen.items() if count >= SEEN)),
        "pieces": _bytes(pieces),
        "vectors": np.round(reduced / scales[:, None]).astype(np.int8),
        "scales": scales,
    }


def features_of(stored: dict[str, Any]) -> Features:
    """The features that the stored vocabulary gives."""
    known, pieces = (bytes(stored[name]).decode().split("\n") for name in ("grams", "pieces"))
    vectors = stored["vectors"].astype(np.float32) * stored["scales"][:, None]
    return Features(
        {gram: number for number, gram in enumerate(known)},
        {piece: number for number, piece in enumerate(pieces)},
        np.vstack([vectors, np.zeros(NUMBERS, np.float32)]),
    )


def sparse_grams(numbers: Sequence[list[int]], known: int) -> Any:
    """Shape (texts, known n-grams): 1 / sqrt(n) at each of a text's n."""
    sizes = [len(some) for some in numbers]
    values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    columns = np.array([number for some in numbers for number in some], np.int32)
    return sparse.csr_matrix((values, columns, np.cumsum([0, *sizes])), (len(numbers), known))


def cross_fitted(seen: Any, dense: Floats, wanted: Floats) -> Floats:
    """What teachers say of texts they have not learned from."""
    folds = np.random.default_rng(SEED).integers(FOLDS, size=len(wanted))
    made = np.zeros_like(wanted)
    for fold in range(FOLDS):
        out, rest = folds == fold, folds != fold
        teacher = _learn(seen[rest], dense[rest], wanted[rest], TEACHER)
        made[out] = teacher.outputs(seen[out], dense[out])
    return made


def _learn(seen: Any, dense: Floats, wanted: Floats, how: dict[str, int]) -> Network:
    return learn(seen, dense, wanted, len(CATEGORIES), seed=SEED, **how)


def _bytes(strings: Sequence[str]) -> np.ndarray:
    return np.frombuffer("\n".join(strings).encode(), np.uint8)


if __name__ == "__main__":
    main()
