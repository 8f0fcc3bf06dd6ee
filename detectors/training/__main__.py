"""Makes what lies in `detectors/model`; `make model` fetches the encoder and calls it.

    python -m detectors.training ENCODER_FOLDER

1. A teacher learns from our own text what it sees through the sentence encoder.
2. It says what it thinks of the same texts when it has not learned from them (cross-fitting), and
   of texts recombined from ours. Where a label was forgotten it doubts, so labels and teacher
   share the goal.
3. The pupil, which sees n-grams, vectors of word pieces and lexicon scores only, learns from both,
   and that a name beside a text changes nothing.
4. The second stage, for installations that want one, sees the encoder's vectors, too.
5. The flags of both are moved so that 0.5 is where each fires best on texts not learned from:
   of files not learned from, as far as it is the pupil's.
"""

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from threadpoolctl import threadpool_limits

from detectors.arrays import Floats
from detectors.encoder import SMALL, Encoder
from detectors.features import READ, Pieces, grams
from detectors.labels import CATEGORIES, FLAGS, LINKED, OUTPUTS
from detectors.learned import MODEL, Features
from detectors.message import Message
from detectors.pipeline import read_in_english, scores
from detectors.second_stage import SECOND, SENTENCE
from detectors.training.examples import Example, in_mind, linked_examples, training_examples
from detectors.training.network import Network, learn
from detectors.training.recombine import recombined
from detectors.training.renamed import renamed

NUMBERS: Final = 128
"""Of a word piece's vector: the main components of the encoder's 384."""
SEEN: Final = 2
"""Messages that an n-gram must be in to be known."""
COMMON: Final = 1e-3
"""Pieces more frequent than that count less: a / (a + p) (Arora, Liang and Ma 2017)."""
FOLDS: Final = 3
RECOMBINED: Final = 15_000
RENAMED: Final = 4_000
DOUBTFUL: Final = 0.3
"""How sure it is that a label which nobody had in mind is missing with reason."""
TRUST: Final = 0.6
"""What of the pupil's goal is a sure label; the rest is what the teacher thinks."""
MANY_ALARMS: Final = 0.02
ALARMS: Final = {
    "billing": 0.015,
    "billing_dispute": 0.012,
    "security": 0.008,
    "legal_compliance": 0.008,
    "urgency": 0.015,
    "safety": 0.012,
    "human_request": 0.00015,
    "ai_failed": 0.006,
}
"""Which share of the texts without a flag may fire it at most."""
FORGOTTEN_FROM: Final = 0.5
TEACHING: Final = {"hidden": 128, "epochs": 12}
LEARNING: Final = {"hidden": 128, "epochs": 16}
SEED: Final = 1


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoder", type=Path, help="folder with the encoder and its tokenizer")
    encoder = Encoder(parser.parse_args().encoder, SMALL)
    # The products are small: a second thread would mostly wait.
    threadpool_limits(1, user_api="blas")
    examples = [*training_examples(), *linked_examples()]
    texts = [one.text for one in examples]
    more = recombined(texts, RECOMBINED, SEED)
    say(f"{len(texts)} texts and {len(more)} recombined; encoding them takes minutes")
    meanings = encoder.texts([*texts, *more]) * SENTENCE
    numbers, named = zip(*renamed(texts, RENAMED, SEED), strict=True)
    reads = [read_in_english(text) for text in (*texts, *more, *named)]
    messages, lexicon = [read.message for read in reads], [scores(read) for read in reads]
    count = len(texts)
    stored = vocabulary(messages[:count], encoder)
    features = Features(stored)
    seen = sparse_grams([features.of_grams(message) for message in messages], len(features.grams))
    dense = features.dense(messages, lexicon)
    wanted, counts = np.array([target(one) for one in examples]), certainty(examples)
    both = np.hstack([meanings, dense[: len(meanings)]])
    say("teaching the teacher")
    folds = np.random.default_rng(SEED).integers(FOLDS, size=count)
    thought = cross_fitted(seen[:count], both[:count], wanted, counts, folds, TEACHING)
    teacher = _learn(seen[:count], both[:count], wanted, counts, TEACHING)
    taught = teacher.outputs(seen[count : len(both)], both[count:])
    say("teaching the pupil")
    trust = counts * TRUST
    own = trust * wanted + (1 - trust) * thought
    goal = np.vstack([own, taught, own[list(numbers)]])
    pupil = _learn(seen, dense, goal, np.ones_like(goal), LEARNING)
    say("finding where each flag fires best")
    sure, apart = np.ones_like(wanted), by_file(examples)
    tried = cross_fitted(seen[:count], dense[:count], own, sure, apart, LEARNING)
    pupil.weights["b"] -= operating_points(wanted, tried, thought, counts)
    say("teaching the second stage, and finding where its flags fire best")
    second = _learn(seen[:count], both[:count], own, sure, TEACHING)
    second.weights["b"] -= operating_points(wanted, thought, thought, counts)
    MODEL.parent.mkdir(exist_ok=True)
    save(MODEL, stored | halved(pupil))
    save(SECOND, halved(second))


def halved(network: Network) -> dict[str, Any]:
    """The weights in 16 bits."""
    return {name: one.astype(np.float16) for name, one in network.weights.items()}


def save(path: Path, stored: dict[str, Any]) -> None:
    """Write a file of the model."""
    np.savez_compressed(path, **stored)
    say(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def say(text: str) -> None:
    """Progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def target(example: Example) -> Floats:
    """Shape (outputs): 1 where it holds."""
    flags = [flag in example.flags for flag in FLAGS]
    linked = [(example.linked or 0) >= least for least in LINKED.values()]
    categories = [one == example.category for one in CATEGORIES]
    return np.array([*categories, *flags, *linked], np.float32)


def vocabulary(messages: Sequence[Message], encoder: Encoder) -> dict[str, Any]:
    """The known n-grams, and the pieces with their vectors in 8 bits each."""
    seen = Counter(gram for message in messages for gram in set(grams(message)))
    usable = [piece.isascii() and not piece.startswith("[") for piece in encoder.pieces]
    pieces = [piece for piece, kept in zip(encoder.pieces, usable, strict=True) if kept]
    vectors = encoder.piece_vectors()[usable]
    vectors -= vectors.mean(axis=0)
    _, _, axes = np.linalg.svd(vectors, full_matrices=False)
    splitter = Pieces({piece: number for number, piece in enumerate(pieces)})
    uses = Counter(number for message in messages for number in splitter.of(message.words[:READ]))
    shares = np.array([uses[number] + 0.5 for number in range(len(pieces))]) / uses.total()
    reduced = (vectors @ axes[:NUMBERS].T) * (COMMON / (COMMON + shares))[:, None]
    scales = (np.abs(reduced).max(axis=1) / 127).astype(np.float32)
    return {
        "grams": _bytes(sorted(gram for gram, count in seen.items() if count >= SEEN)),
        "pieces": _bytes(pieces),
        "vectors": np.round(reduced / scales[:, None]).astype(np.int8),
        "scales": scales,
    }


def sparse_grams(numbers: Sequence[list[int]], known: int) -> Any:
    """Shape (texts, known n-grams): 1 / sqrt(n) at each of a text's n."""
    sizes = [len(some) for some in numbers]
    values = np.repeat(1 / np.sqrt(np.maximum(sizes, 1)), sizes).astype(np.float32)
    columns = np.array([number for some in numbers for number in some], np.int32)
    return sparse.csr_matrix((values, columns, np.cumsum([0, *sizes])), (len(numbers), known))


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


def by_file(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Folds, shape (texts,), in which the texts of a file stay together.

    Texts of one file resemble each other; where a flag fires best shows on those of others. Linked
    variables are known of one file alone: its texts are spread.
    """
    random = np.random.default_rng(SEED)
    files = random.permutation(sorted({one.file for one in examples}))
    place = {file: number % FOLDS for number, file in enumerate(files.tolist())}
    spread = random.integers(FOLDS, size=len(examples)).tolist()
    return np.array(
        [
            place[one.file] if one.linked is None else drawn
            for one, drawn in zip(examples, spread, strict=True)
        ]
    )


def cross_fitted(
    seen: Any,
    dense: Floats,
    wanted: Floats,
    counts: Floats,
    folds: NDArray[np.int64],
    how: dict[str, int],
) -> Floats:
    """What networks say of texts they have not learned from: those of the other folds."""
    made = np.zeros_like(wanted)
    for fold in range(FOLDS):
        out, rest = folds == fold, folds != fold
        network = _learn(seen[rest], dense[rest], wanted[rest], counts[rest], how)
        made[out] = network.outputs(seen[out], dense[out])
    return made


def operating_points(wanted: Floats, said: Floats, thought: Floats, counts: Floats) -> Floats:
    """Shape (outputs): the logits to be taken away so that 0.5 is where an output should fire.

    That is where F1 is best, or later: where no more than `ALARMS` of the texts without a flag
    fire. Texts of which the teacher thinks that their flag was forgotten are left out; of linked
    variables only texts count for which they are known.
    """
    shifts = np.zeros(wanted.shape[1], np.float32)
    for index, name in enumerate(OUTPUTS[len(CATEGORIES) :], start=len(CATEGORIES)):
        has = wanted[:, index] > 0
        without = ~has & (thought[:, index] < FORGOTTEN_FROM)
        if name in LINKED:
            without = ~has & (counts[:, index] == 1)
        allowed = float(np.quantile(said[without, index], 1 - ALARMS.get(name, MANY_ALARMS)))
        point = _best_point(has[has | without], said[has | without, index])
        if name in FLAGS:
            point = max(point, allowed)
        shifts[index] = np.log(point / (1 - point))
        say(f"  {name}: {point:.2f}")
    return shifts


def _best_point(wanted: NDArray[np.bool_], said: Floats) -> float:
    points = np.linspace(0.02, 0.98, 97)
    values = [
        2 * ((said >= at) & wanted).sum() / (wanted.sum() + (said >= at).sum()) for at in points
    ]
    return float(points[int(np.argmax(values))])


def _learn(
    seen: Any, dense: Floats, wanted: Floats, counts: Floats, how: dict[str, int]
) -> Network:
    return learn(seen, dense, wanted, counts, len(CATEGORIES), seed=SEED, **how)


def _bytes(strings: Sequence[str]) -> np.ndarray:
    return np.frombuffer("\n".join(strings).encode(), np.uint8)


if __name__ == "__main__":
    main()
