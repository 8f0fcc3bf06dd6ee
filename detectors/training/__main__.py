"""Makes what lies in `detectors/model`; `make model` fetches the encoders and calls it.

    python -m detectors.training ENCODERS_FOLDER

1. The teacher, a sentence encoder, learns our classes from our own text, every layer of it.
2. It says what it thinks of the same texts, and of texts made from ours. Where a label was
   forgotten it doubts, so labels and teacher share the goal.
3. The pupil, which sees n-grams, word pieces in their order and lexicon scores only, learns from
   both, and that a name beside a text changes nothing.
4. The second stage, for installations that want one, sees another encoder's vectors, too.
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

from detectors.arrays import Floats, Ints
from detectors.built import BUILT
from detectors.encoder import Encoder
from detectors.labels import CATEGORIES, LINKED
from detectors.learned import MODEL, Features
from detectors.phrases import directions
from detectors.pipeline import read_in_english, scores
from detectors.second_stage import SECOND, SENTENCE
from detectors.training.cut import as_learned
from detectors.training.examples import Example, linked_examples, training_examples
from detectors.training.goals import by_file, certainty, target
from detectors.training.inputs import MADE_FROM, digest
from detectors.training.meanings import Meanings
from detectors.training.network import Inputs, Network, learn
from detectors.training.operating import operating_points
from detectors.training.recombine import recombined
from detectors.training.renamed import renamed
from detectors.training.teacher import Teacher
from detectors.training.vocabulary import sparse_grams, vocabulary

PIECES: Final = "all-minilm-l6-v2"
"""The encoder (Apache-2.0) that becomes the teacher; its word pieces are the pupil's, too."""
KEPT: Final = "meanings.npz"
"""Where the meanings of texts stay for the next training, beside the encoders."""
FOLDS: Final = 3
RECOMBINED: Final = 15_000
RENAMED: Final = 9_000
TRUST: Final = 0.6
"""What of the pupil's goal is a sure label; the rest is what the teacher thinks."""
ABOVE: Final = {"patterns": 0, "hidden": 128, "epochs": 12}
LEARNING: Final = {"patterns": 128, "hidden": 128, "epochs": 20}
SEED: Final = 1


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoders", type=Path, help="folder with the encoders and tokenizers")
    folder = parser.parse_args().encoders
    # The products are small: a second thread would mostly wait.
    threadpool_limits(1, user_api="blas")
    examples = [*training_examples(), *linked_examples()]
    say(f"{len(examples)} texts of our own; encoding those that are new takes minutes")
    meanings = Meanings(Encoder(folder), folder / KEPT)
    material = read(examples, meanings, Encoder(folder, PIECES))
    pupil, second = trained(material, examples, folder / f"{PIECES}.onnx")
    MODEL.parent.mkdir(exist_ok=True)
    save(MODEL, material.stored | halved(pupil))
    save(SECOND, halved(second))
    MADE_FROM.write_text(f"{digest(examples)}\n", encoding="utf-8")


class Material(NamedTuple):
    """What networks see: our own texts, then recombined ones, then ones with a name.

    `meaning` is what the second stage sees of our own texts; `numbers` are the teacher's pieces of
    all but the ones with a name, and `named` says which texts of our own these are; `stored` is the
    pupil's vocabulary, `vectors` its pieces' directions.
    """

    said: Inputs
    meaning: Floats
    numbers: Sequence[Ints]
    named: Sequence[int]
    stored: dict[str, Any]
    vectors: Floats

    def understood(self) -> Inputs:
        """What the second stage sees of our own: their meaning in place of the order of pieces."""
        (grams, dense, _), own = self.said, slice(len(self.meaning))
        nothing = np.zeros(0, np.int64)
        dense = np.hstack([self.meaning, dense[own]])
        return Inputs(grams[own], dense, [nothing] * len(self.meaning))


def read(examples: Sequence[Example], meanings: Meanings, words: Encoder) -> Material:
    """Read our own text, and more made of it; `words` is the encoder whose pieces are known."""
    texts = [one.text for one in examples]
    more = recombined(texts, RECOMBINED, SEED)
    meaning = meanings.of(texts) * SENTENCE
    whose, named = zip(*renamed(texts, RENAMED, SEED), strict=True)
    reads = [read_in_english(as_learned(text)) for text in (*texts, *more, *named)]
    messages, lexicon = [one.message for one in reads], [scores(one) for one in reads]
    stored = vocabulary(messages[: len(texts)], words)
    features = Features(stored)
    grams = sparse_grams([features.of_grams(message) for message in messages], len(features.grams))
    pieces = features.pieces(messages)
    vectors = directions(stored["vectors"]).astype(np.float32)
    said = Inputs(grams, features.dense(pieces, lexicon), pieces)
    numbers = [words.numbers(text) for text in (*texts, *more)]
    return Material(said, meaning, numbers, whose, stored, vectors)


def trained(
    material: Material, examples: Sequence[Example], encoder: Path
) -> tuple[Network, Network]:
    """The pupil and the second stage, their flags moved."""
    vectors, ours = material.vectors, len(examples)
    said, understood = material.said.some(np.arange(ours)), material.understood()
    wanted, counts = np.array([target(one) for one in examples]), certainty(examples)
    say("teaching the teacher")
    teacher = Teacher(encoder, material.numbers[:ours], wanted, counts)
    thought = teacher.thoughts(material.numbers[:ours])
    taught = teacher.thoughts(material.numbers[ours:])
    say("teaching the pupil")
    trust = counts * TRUST
    own = trust * wanted + (1 - trust) * thought
    goal = np.vstack([own, taught, own[list(material.named)]])
    pupil = _learn(material.said, vectors, goal, np.ones_like(goal), LEARNING)
    say("finding where each flag fires best")
    sure, apart = np.ones_like(wanted), by_file(examples, FOLDS, SEED)
    tried = cross_fitted(said, vectors, own, sure, apart, LEARNING)
    pupil.weights["b"] -= moved(wanted, tried, thought, counts)
    say("teaching the second stage, and finding where its flags fire best")
    second = _learn(understood, vectors, own, sure, ABOVE)
    folds = np.random.default_rng(SEED).integers(FOLDS, size=ours)
    tried = cross_fitted(understood, vectors, own, sure, folds, ABOVE)
    second.weights["b"] -= moved(wanted, tried, thought, counts)
    return pupil, second


def cross_fitted(
    inputs: Inputs,
    vectors: Floats,
    wanted: Floats,
    counts: Floats,
    folds: NDArray[np.int64],
    how: dict[str, int],
) -> Floats:
    """What networks say of texts they have not learned from: those of the other folds."""
    made = np.zeros_like(wanted)
    for fold in range(FOLDS):
        out, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        network = _learn(inputs.some(rest), vectors, wanted[rest], counts[rest], how)
        made[out] = network.outputs(inputs.some(out))
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
    inputs: Inputs, vectors: Floats, wanted: Floats, counts: Floats, how: dict[str, int]
) -> Network:
    apart = BUILT, len(LINKED)
    return learn(inputs, vectors, wanted, counts, len(CATEGORIES), apart=apart, seed=SEED, **how)


if __name__ == "__main__":
    main()
