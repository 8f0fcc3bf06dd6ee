"""The model card, written from what was measured."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from detectors.labels import FLAGS
from detectors.learned import MODEL
from detectors.pipeline import MODEL_VERSION
from detectors.second_stage import DOUBT, LINKED_DOUBT, SECOND
from detectors.training.examples import training_examples
from tests.eval.figure import Figure
from tests.eval.ours import SETS, fingerprint

CARD = MODEL.parent / "README.md"
PLOT = MODEL.parent / "reliability.svg"
TEXT = """\
# The model of the detectors: {version}

Written by `make eval CARD=1`. `make model` trains it; how is told in
[`detectors/training`](../training/README.md).

## What it is

A small network over word n-grams, patterns of three word pieces in a row (a convolution)
and the scores of the lexicons. Its teacher is all-MiniLM-L6-v2 (Apache-2.0, not shipped),
fine-tuned on text of our own; the pieces have 8-bit vectors of the same encoder, which tell
what they mean, and others that were learned with the patterns. It has {size:.1f} MB.

The optional second stage (`make encoder`, `BATON_ENCODER_DIR`) is the teacher itself: it
looks again at messages that have a score between {doubt[0]} and {doubt[1]}, or seem to name
three linked variables with one between {linked[0]} and {linked[1]}. What it has learned
beyond the encoder lies here, in {learned:.1f} MB.

## What it learned from

{messages:,} messages written for it, none from a public corpus, each labelled in
full ([the classes](../training/classes.md)):

| flag | messages with it |
|---|---:|
{flags}

## How well it reads what it has not seen

`blind` is our own [blind set](../../tests/eval/blind/README.md), SHA-256
`{blind}`:
each signal among near misses. `second blind` was written later, in the same way:
`{second}`. One
choice was made with its figures in view, too: that urgency and safety fire as often as
they may.
The other sets are public; their labels are mapped to ours in `tests/eval/public.py`.
Best F1 is over all thresholds, default F1 at the shipped one.
Nothing was trained on any of them. Operating points come from cross-validation on our
own text, whole files left out. But how many alarms they may give was chosen with the
figures of `blind` and the public sets known, and near misses of requests for a person
were written after looking at false alarms on clinc150: expect less elsewhere.

`second reader's F1` is that of a language model which labelled the texts again from the
definitions alone, no person's; [it may read as their writer
did](../../tests/eval/blind/README.md). `default F1, same texts` is the detector's.

{table}

## How far a score is a probability

Scores are moved so that 0.5 is where a signal should fire, and `blind` has far more
texts with a signal than a desk has: a score ranks, it is no share. To the right the
score, upwards the share of the texts that have the signal.

![Reliability of each signal on the blind set]({plot})

## Known weaknesses

- English only. Other languages are read by small lexicons, or go to review.
- Feelings about something other than the case (a film, politics) count as negative.
- What is meant only by what came before ("still the same") is often missed: every
  message is read alone.
- It reads the first 256 words of a message.
"""


def write_card(figures: Sequence[Figure], path: Path = CARD) -> None:
    """Write the card beside the model."""
    path.write_text(card(figures), encoding="utf-8")


def card(figures: Sequence[Figure]) -> str:
    """The card, as Markdown."""
    examples = training_examples()
    counts = Counter(flag for one in examples for flag in one.flags)
    return TEXT.format(
        version=MODEL_VERSION,
        size=MODEL.stat().st_size / 1e6,
        learned=SECOND.stat().st_size / 1e6,
        doubt=DOUBT,
        linked=LINKED_DOUBT,
        messages=len(examples),
        flags="\n".join(f"| `{flag}` | {counts[flag]:,} |" for flag in FLAGS),
        blind=fingerprint(SETS["blind"]),
        second=fingerprint(SETS["second blind"]),
        table="\n".join(_table(figures)),
        plot=PLOT.name,
    )


def _table(figures: Sequence[Figure]) -> list[str]:
    lines = [
        "| set | signal | what | value | 95 % interval | texts |",
        "|---|---|---|---:|---|---:|",
    ]
    for one in figures:
        if one.set.startswith("cost"):
            continue
        bounds = "" if one.low is None else f"{one.low:.3f} - {one.high:.3f}"
        value = f"{one.value:.3f}" if one.value < 1.5 else f"{one.value:,.1f}"
        lines.append(
            f"| {one.set} | {one.signal} | {one.what} | {value} | {bounds} | {one.texts:,} |"
        )
    return lines
