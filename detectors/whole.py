"""What one reading of a text would miss: what is drowned in a long text, a forged transcript or
among other matters, and what stands only in a quotation.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import islice, pairwise
from typing import Any, Final

import ahocorasick
from msgspec.structs import replace

from detectors.joining import SIGNALS
from detectors.mail import own_words, taken_apart
from detectors.pasted import without_pasted
from detectors.pipeline import UNDILUTED, Again, analyze_each
from detectors.signals import Signal, Signals

LONG: Final = 1_000
"""Characters from which on a text is also read in parts."""
_PART: Final = 240
_STEP: Final = 160
_MOST_LINES: Final = 40
_SPEAKER: Final = re.compile(
    r"^\W{0,5}(?:ai|agent|assistant|bot|customer|human|operator|support|system|user)\W{0,3}:",
    re.IGNORECASE | re.MULTILINE,
)
_STEERING: Final = (
    "ignore", "disregard", "instruction", "overrid", "escalat", "classif", "treat this", "treat it",
    "treat the", "tier", "no need", "not urgent", "pretend", "prompt", "joking",
    "kidding", "a test",
)  # fmt: skip
"""Words of one who tells the machine how to take what he says."""
SURE_ALONE: Final = 0.9
"""Above that a sentence or clause alone is heard: lexicon and model both find it. What a lexicon
says of a lawyer who is a friend is not enough.
"""
_SENTENCE: Final = re.compile(r"[.!?;:]+\s+|\n\s*")
_CLAUSE: Final = re.compile(rf"{_SENTENCE.pattern}|\s(?=(?:and|but)\s)", re.IGNORECASE)


def analyze(texts: Sequence[str], again: Again | None = None) -> list[Signals]:
    """The signals of each text, in the same order. Deterministic; every text alone.

    Spans count characters of the text as it was given. `quoted` are the signals of the text
    together with what it quotes, where it quotes something. `again` is the optional second stage.
    """
    mails = list(map(taken_apart, texts))
    said = [mail.own for mail in mails]
    whole = [(index, own_words(mail.unquoted)) for index, mail in enumerate(mails) if mail.unquoted]
    # All at once: a batch costs something by itself, however few its texts.
    told = [(index, text) for index, one in enumerate(said) if (text := without_pasted(one))]
    heard = dict(enumerate(said)) | dict(told)
    parts = [(index, *part) for index, text in heard.items() for part in _parts(text)]
    # Few readings of a text are looked at again: those of all of it come first.
    asked = [*enumerate(said), *told, *whole, *((one[0], one[-1]) for one in parts)]
    whose, readings = [index for index, _ in asked], [text for _, text in asked]
    reads, drowned = analyze_each(readings, again, whose)
    _hear(readings, reads, drowned)
    signals, others = reads[: len(texts)], reads[len(texts) + len(told) :]
    for (index, _), read in zip(told, reads[len(texts) :], strict=False):
        signals[index] = _with_pasted(read, signals[index])
    for (index, start, _), read in zip(parts, others[len(whole) :], strict=True):
        signals[index] = _stricter(signals[index], read, UNDILUTED, start)
    for (index, _), read in zip(whole, others, strict=False):
        own = signals[index]
        both = _stricter(read, own, SIGNALS, 0)
        thanks = min(own.thanks, read.thanks, key=lambda one: one.score)
        signals[index] = replace(own, quoted=replace(both, thanks=thanks))
    return signals


def _hear(readings: Sequence[str], reads: list[Signals], drowned: Sequence[int]) -> None:
    """Let plain words that the rest drowns count for what their sentence or clause says alone.

    A lexicon must have found it, so that of a thousand ordinary messages one is read once more.
    """
    found = (
        (at, *part)
        for at in drowned
        if len(readings[at]) <= LONG
        for ends in (_SENTENCE, _CLAUSE)
        for part in _apart(readings[at], ends)
    )
    # Most sentences have one clause: each is read once.
    clauses = list(dict.fromkeys(found))
    if not clauses:
        return
    alone, _ = analyze_each([clause for *_, clause in clauses])
    for (at, start, _), read in zip(clauses, alone, strict=True):
        sure = [name for name in UNDILUTED if getattr(read, name).score > SURE_ALONE]
        reads[at] = _stricter(reads[at], read, sure, start)


def _with_pasted(own: Signals, both: Signals) -> Signals:
    """The signals of own words; a log beside them counts for the problem and what it hangs on."""
    return replace(
        own,
        technical=max(own.technical, both.technical, key=lambda one: one.score),
        complexity=both.complexity,
        complexity_span=both.complexity_span,
        fingerprint=both.fingerprint,
        entities=both.entities,
        variables=both.variables,
    )


def _parts(text: str) -> Iterator[tuple[int, str]]:
    """Where each part begins, and the part: the lines of a long text or of what looks like a
    transcript, the sentences of a short one that tells how it is to be taken, and windows over a
    long text.
    """
    if "\n" in text and (len(text) > LONG or (":" in text and _SPEAKER.search(text))):
        place = 0
        for line in text.split("\n", _MOST_LINES):
            yield place, line
            place += len(line) + 1
    if len(text) <= LONG and _is_steering(text.lower()):
        yield from _apart(text, _SENTENCE)
    if len(text) > LONG:
        for start in range(0, len(text), _STEP):
            yield start, text[start : start + _PART]


def _is_steering(lowered: str) -> bool:
    return next(_steering().iter(lowered), None) is not None


@cache
def _steering() -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton(ahocorasick.STORE_LENGTH)
    for word in _STEERING:
        automaton.add_word(word)
    automaton.make_automaton()
    return automaton


def _apart(text: str, ends: re.Pattern[str]) -> Iterator[tuple[int, str]]:
    begins = [0, *(end.end() for end in islice(ends.finditer(text), _MOST_LINES))]
    if len(begins) > 1:
        for start, end in pairwise([*begins, len(text)]):
            yield start, text[start:end]


def _stricter(one: Signals, other: Signals, names: Iterable[str], start: int) -> Signals:
    """With the stronger of each signal; the other's spans lie `start` characters further on."""
    changes: dict[str, Any] = {}
    for name in names:
        theirs: Signal = getattr(other, name)
        if theirs.score > getattr(one, name).score:
            span = theirs.span
            moved = None if span is None else (span[0] + start, span[1] + start)
            changes[name] = Signal(theirs.score, moved)
    return replace(one, **changes) if changes else one
