"""Makes what lies in `detectors/model`; `make model` fetches the encoder and calls it.

    python -m detectors.training ENCODER_FOLDER

1. The teacher, a sentence encoder, learns our classes from our own text, every layer of it.
2. It says what it thinks of the same texts, and of texts made from ours. Where a label was
   forgotten it doubts, so labels and teacher share the goal.
3. The pupil, which sees n-grams, word pieces in their order and lexicon scores only, learns from
   both, and that a name beside a text changes nothing.
4. The pupil's flags are moved so that 0.5 is where each fires best on texts of files not learned
   from.
5. What the teacher has learned is kept for the second stage, for installations that want one.
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
from detectors.pipeline import read_in_english, scores
from detectors.second_stage import SECOND
from detectors.training.cut import as_learned
from detectors.training.examples import Example, linked_examples, training_examples
from detectors.training.goals import by_file, certainty, target
from detectors.training.inputs import MADE_FROM, digest
from detectors.training.network import Inputs, Network, learn
from detectors.training.operating import operating_points
from detectors.training.patterns import directions
from detectors.training.recombine import recombined
from detectors.training.renamed import renamed
from detectors.training.teacher import learned, teacher, thoughts
from detectors.training.transformer import Transformer, transformer
from detectors.training.vocabulary import in_bytes, sparse_grams, vocabulary

FOLDS: Final = 3
RECOMBINED: Final = 15_000
RENAMED: Final = 9_000
TRUST: Final = 0.6
"""What of the pupil's goal is a sure label; the rest is what the teacher thinks."""
LEARNING: Final = {"patterns": 128, "hidden": 128, "epochs": 12}
SEED: Final = 1


def main() -> None:
    """Train and write the model."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("encoder", type=Path, help="folder with the encoder and its tokenizer")
    folder = parser.parse_args().encoder
    # The products are small: a second thread would mostly wait.
    threadpool_limits(1, user_api="blas")
    examples = [*training_examples(), *linked_examples()]
    say(f"reading {len(examples)} texts of our own, and more made of them")
    encoder = Encoder(folder)
    plain = transformer(encoder.exported())
    material = read(examples, encoder, plain)
    pupil, second = trained(material, examples, plain)
    MODEL.parent.mkdir(exist_ok=True)
    save(MODEL, material.stored | smaller(pupil))
    save(SECOND, second)
    MADE_FROM.write_text(f"{digest(examples)}\n", encoding="utf-8")


class Material(NamedTuple):
    """What networks see: our own texts, then ones made of them, then ones with a name.

    `numbers` are the teacher's pieces of all but the ones with a name, and `named` says which texts
    of our own these are; `stored` is the pupil's vocabulary, `vectors` what its pieces mean.
    """

    said: Inputs
    numbers: Sequence[Ints]
    named: Sequence[int]
    stored: dict[str, Any]
    vectors: Floats


def read(examples: Sequence[Example], encoder: Encoder, plain: Transformer) -> Material:
    """Read our own text, and more made of it; `plain` is what the encoder knew."""
    texts = [one.text for one in examples]
    more = recombined(texts, RECOMBINED, SEED)
    whose, named = zip(*renamed(texts, RENAMED, SEED), strict=True)
    reads = [read_in_english(as_learned(text)) for text in (*texts, *more, *named)]
    messages, lexicon = [one.message for one in reads], [scores(one) for one in reads]
    stored = vocabulary(messages[: len(texts)], encoder, plain)
    features = Features(stored)
    grams = sparse_grams([features.of_grams(message) for message in messages], len(features.grams))
    pieces = features.pieces(messages)
    vectors = directions(stored["vectors"])
    said = Inputs(grams, features.dense(pieces, lexicon), pieces)
    numbers = [encoder.numbers(text) for text in (*texts, *more)]
    return Material(said, numbers, whose, stored, vectors)


def trained(
    material: Material, examples: Sequence[Example], encoder: Transformer
) -> tuple[Network, dict[str, Any]]:
    """The pupil, its flags moved, and what the encoder has learned for the second stage."""
    vectors, ours = material.vectors, len(examples)
    wanted, counts = np.array([target(one) for one in examples]), certainty(examples)
    say("teaching the teacher")
    taught = teacher(encoder, material.numbers[:ours], wanted, counts, seed=SEED, say=say)
    say("asking the teacher")
    thought = thoughts(taught, material.numbers)
    say("teaching the pupil")
    trust = counts * TRUST
    own = trust * wanted + (1 - trust) * thought[:ours]
    goal = np.vstack([own, thought[ours:], own[list(material.named)]])
    pupil = _learn(material.said, vectors, goal)
    say("finding where each flag fires best")
    said, apart = material.said.some(np.arange(ours)), by_file(examples, FOLDS, SEED)
    tried = cross_fitted(said, vectors, own, apart)
    pupil.weights["b"] -= moved(wanted, tried, thought[:ours], counts)
    return pupil, learned(encoder, taught)


def cross_fitted(
    inputs: Inputs, vectors: Floats, wanted: Floats, folds: NDArray[np.int64]
) -> Floats:
    """What networks say of texts they have not learned from: those of the other folds."""
    made = np.zeros_like(wanted)
    for fold in range(FOLDS):
        out, rest = np.flatnonzero(folds == fold), np.flatnonzero(folds != fold)
        network = _learn(inputs.some(rest), vectors, wanted[rest])
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


def smaller(network: Network) -> dict[str, Any]:
    """The weights in 16 bits; the pieces' vectors, without the one for what is outside, in 8."""
    halved = {name: one.astype(np.float16) for name, one in network.weights.items() if name != "V"}
    return halved | in_bytes("V", network.weights["V"][:-1])


def save(path: Path, stored: dict[str, Any]) -> None:
    """Write a file of the model."""
    np.savez_compressed(path, **stored)
    say(f"{path}: {path.stat().st_size / 1e6:.1f} MB")


def say(text: str) -> None:
    """Progress."""
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def _learn(inputs: Inputs, vectors: Floats, wanted: Floats) -> Network:
    apart = BUILT, len(LINKED)
    return learn(inputs, vectors, wanted, len(CATEGORIES), apart=apart, seed=SEED, **LEARNING)


if __name__ == "__main__":
    main()
