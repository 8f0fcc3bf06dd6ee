"""Our own text that nothing was trained on; see `blind/README.md`."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from detectors.training.examples import Example, linked_examples, read_examples
from tests.eval.corpus import Corpus, Sample

BLIND = Path(__file__).parent / "blind"
SIGNALS = (
    "billing_dispute",
    "security",
    "legal_compliance",
    "urgency",
    "safety",
    "negative",
    "human_request",
    "ai_failed",
)


class Mail(msgspec.Struct):
    """A whole mail; category and flags are those of the customer's own words."""

    text: str
    own: str
    category: str
    flags: list[str]


def fingerprint() -> str:
    """The hash of the texts of the set."""
    digest = hashlib.sha256()
    for path in sorted((*BLIND.glob("*.tsv"), *BLIND.glob("*.jsonl"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def blind_corpora() -> Iterator[Corpus]:
    """Each signal among its near misses."""
    for signal in SIGNALS:
        samples = [
            Sample(one.text, signal in one.flags) for one in read_examples(BLIND / f"{signal}.tsv")
        ]
        yield Corpus("blind", signal, samples)


def ordinary() -> list[Example]:
    """Ordinary first messages."""
    return list(read_examples(BLIND / "ordinary.tsv"))


def linked() -> list[Example]:
    """Messages by what a troubleshooting has to hold together."""
    return linked_examples(BLIND / "complexity.jsonl")


def mails() -> list[Mail]:
    """Whole mails."""
    lines = (BLIND / "mails.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Mail) for line in lines]
