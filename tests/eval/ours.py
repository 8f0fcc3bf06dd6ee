"""Our own text that nothing was trained on; see `blind/README.md`."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from detectors.training.examples import Example, linked_examples, read_examples
from tests.eval.corpus import Corpus, Sample

BLIND = Path(__file__).parent / "blind"
SETS = {"blind": BLIND, "second blind": BLIND / "second"}
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
COMPLEX_FROM = 3
"""Linked variables from which on a message is complex."""


class Mail(msgspec.Struct):
    """A whole mail; category and flags are those of the customer's own words."""

    text: str
    own: str
    category: str
    flags: list[str]


def fingerprint(folder: Path) -> str:
    """The hash of the texts of a set."""
    digest = hashlib.sha256()
    for path in sorted((*folder.glob("*.tsv"), *folder.glob("*.jsonl"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def blind_corpora() -> Iterator[Corpus]:
    """Each signal among its near misses and, in the second set, turns of mixed conversations."""
    for name, folder in SETS.items():
        turns = examples(folder / "multi.tsv") if (folder / "multi.tsv").exists() else []
        for signal in SIGNALS:
            found = [*examples(folder / f"{signal}.tsv"), *turns]
            yield Corpus(name, signal, [Sample(one.text, signal in one.flags) for one in found])


def ordinary(folder: Path = BLIND) -> list[Example]:
    """Ordinary first messages."""
    return examples(folder / "ordinary.tsv")


def linked(folder: Path = BLIND) -> list[Example]:
    """Messages by what a troubleshooting has to hold together."""
    return linked_examples(folder / "complexity.jsonl")


def examples(path: Path) -> list[Example]:
    """The labelled messages of a file."""
    return list(read_examples(path))


def mails() -> list[Mail]:
    """Whole mails."""
    lines = (BLIND / "mails.jsonl").read_bytes().splitlines()
    return [msgspec.json.decode(line, type=Mail) for line in lines]
