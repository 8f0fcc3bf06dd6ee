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
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from detectors.arrays import Floats
from detectors.built import BUILT
from detectors.encoder import SMALL, Encoder
from detectors.labels import CATEGORIES, LINKED
from detectors.learned import MODEL, Features
from detectors.pipeline import read_in_english, scores
from detectors.second_stage import SECOND, SENTENCE
from detectors.training.examples import Example, linked_examples, training_examples
from detectors.training.goals import by_file, certainty, target
from detectors.training.inputs import MADE_FROM, digest
from detectors.training.network import Network, learn
from detectors.training.operating import operating_points
from detectors.training.recombine import recombined
from detectors.training.renamed import renamed
from detectors.training.vocabulary import sparse_grams, vocabulary

FOLDS: Final = 3
RECOMBINED: Final = 15_000
RENAMED: Final = 9_000
TRUST: Final = 0.6
"""What of the pupil's goal is a sure label; the rest is what the teacher thinks."""
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
    say(f"{len(examples)} texts of our own; encoding them and more takes minutes")
    material = read(examples, encoder)
    pupil, second = trained(material, examples)
    MODEL.parent.mkdir(exist_ok=True)
    save(MODEL, material.stored | halved(pupil))
    save(SECOND, halved(second))
    MADE_FROM.write_text(f"{digest(examples)}\n", encoding="utf-8")


class Material(NamedTuple):
    """What networks see: our own texts, then recombined ones, then ones with a name.

    `meaning` is the encoder's and the dense numbers, of all but the ones with a name; `named` says
    which texts of our own these are; `stored` is the vocabulary.
    """

    seen: Any
    dense: Floats
    meaning: Floats
    named: Sequence[int]
    stored: dict[str, Any]


def read(examples: Sequence[Example], encoder: Encoder) -> Material:
    """Read our own text, and more made of it."""
    texts = [one.text for one in examples]
    more = recombined(texts, RECOMBINED, SEED)
    meanings = encoder.texts([*texts, *more]) * SENTENCE
    numbers, named = zip(*renamed(texts, RENAMED, SEED), strict=True)
    reads = [read_in_english(text) for text in (*texts, *more, *named)]
    messages, lexicon = [one.message for one in reads], [scores(one) for one in reads]
    stored = vocabulary(messages[: len(texts)], encoder)
    features = Features(stored)
    seen = sparse_grams([features.of_grams(message) for message in messages], len(features.grams))
    dense = features.dense(messages, lexicon)
    meaning = np.hstack([meanings, dense[: len(meanings)]])
    return Material(seen, dense, meaning, numbers, stored)


def trained(material: Material, examples: Sequence[Example]) -> tuple[Network, Network]:
    """The pupil and the second stage, their flags moved."""
    count = len(examples)
    seen, dense, meaning = material.seen[:count], material.dense[:count], material.meaning[:count]
    wanted, counts = np.array([target(one) for one in examples]), certainty(examples)
    say("teaching the teacher")
    folds = np.random.default_rng(SEED).integers(FOLDS, size=count)
    thought = cross_fitted(seen, meaning, wanted, counts, folds, TEACHING)
    teacher = _learn(seen, meaning, wanted, counts, TEACHING)
    more = slice(count, len(material.meaning))
    taught = teacher.outputs(material.seen[more], material.meaning[more])
    say("teaching the pupil")
    trust = counts * TRUST
    own = trust * wanted + (1 - trust) * thought
    goal = np.vstack([own, taught, own[list(material.named)]])
    pupil = _learn(material.seen, material.dense, goal, np.ones_like(goal), LEARNING)
    say("finding where each flag fires best")
    sure, apart = np.ones_like(wanted), by_file(examples, FOLDS, SEED)
    tried = cross_fitted(seen, dense, own, sure, apart, LEARNING)
    pupil.weights["b"] -= moved(wanted, tried, thought, counts)
    say("teaching the second stage, and finding where its flags fire best")
    second = _learn(seen, meaning, own, sure, TEACHING)
    second.weights["b"] -= moved(wanted, thought, thought, counts)
    return pupil, second


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


def moved(wanted: Floats, said: Floats, thought: Floats, counts: Floats) -> Floats:
    """The logits of the operating points, which are told."""
    points = operating_points(wanted, said, thought, counts)
    for name, point in points.items():
        say(f"  {name}: {point:.2f}")
    logits = {name: np.log(point / (1 - point)) for name, point in points.items()}
    # A category has the name of a flag, too, and none is moved.
    return np.array([0.0] * len(CATEGORIES) + list(logits.values()), np.float32)


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


def _learn(
    seen: Any, dense: Floats, wanted: Floats, counts: Floats, how: dict[str, int]
) -> Network:
    apart = BUILT, len(LINKED)
    return learn(seen, dense, wanted, counts, len(CATEGORIES), apart=apart, seed=SEED, **how)


if __name__ == "__main__":
    main()
