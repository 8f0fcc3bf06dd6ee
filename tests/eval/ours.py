"""Our own text that nothing was trained or tuned on; see `blind/README.md`."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from detectors.training.examples import Example, read_examples
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


T = TypeVar("T")


class Linked(msgspec.Struct):
    """A message and how many linked technical variables it names."""

    text: str
    linked: int


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


def linked() -> list[Linked]:
    """Messages by what a troubleshooting has to hold together."""
    return _lines("complexity.jsonl", Linked)


def mails() -> list[Mail]:
    """Whole mails."""
    return _lines("mails.jsonl", Mail)


def _lines(name: str, kind: type[T]) -> list[T]:
    return [msgspec.json.decode(line, type=kind) for line in (BLIND / name).open("rb")]
