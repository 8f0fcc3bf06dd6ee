"""Which problem a text reports, so that reports of one failure meet.

An error text names the problem: an HTTP status, an exception, a code, a quoted or logged message,
its variable parts masked. Without one, the part of the product and the way it fails do.
"""

from functools import cache
from hashlib import blake2b
from typing import Final

from msgspec.structs import replace

from detectors.errors import code_of, error_text, status_of
from detectors.lexicon import rules_of
from detectors.masking import mask, words
from detectors.meaning import meaning, version
from detectors.message import Message
from detectors.signals import Fingerprint, Signal
from detectors.traces import may_be_thrown

VERSION: Final = 9
"""Rises when the same text would get another id."""
PROBLEM_FROM: Final = 0.5
LONGEST: Final = 4096
"""Characters of an error text that are read."""


def fingerprint(
    message: Message, technical: Signal, *, understood: bool = False
) -> Fingerprint | None:
    """The problem a text reports; None when it reports none.

    Where the words of the text are `understood` and no error names the problem, their meaning does.
    Beside an error they have one, too.
    """
    text = message.reading.text
    if technical.score < PROBLEM_FROM and not may_be_thrown(text):
        return None
    component = component_of(message)
    if named := _error(message, component):
        if not understood:
            return named
        return replace(named, also_means=meaning(message.words), meaning_version=version())
    if technical.score < PROBLEM_FROM:
        return None
    symptom = _symptom(message) or "not_working"
    if component is None:
        component = _object(message)
    problem = _of(symptom.replace("_", " "), component, component)
    if not understood:
        return problem
    return replace(problem, meaning=meaning(message.words), meaning_version=version())


def _error(message: Message, component: str | None) -> Fingerprint | None:
    """The problem that an error in the text names."""
    text = message.reading.text
    if status := status_of(text):
        return _of(f"http {status}", component, component)
    if found := error_text(text):
        return error_fingerprint(found, component)
    if code := code_of(text):
        return _of(f"error {code}", None, component)
    return None


def component_of(message: Message) -> str | None:
    """The part of the product that a text speaks of."""
    return _first(message, _names("components"))


def error_fingerprint(text: str, component: str | None = None) -> Fingerprint:
    """The problem that an error text or a line of a log names by itself."""
    text = text[:LONGEST]
    return _of(mask(text), None, component, text)


def _of(
    what: str, where: str | None, component: str | None, error: str | None = None
) -> Fingerprint:
    template = f"{where}: {what}" if where else what
    name = f"{VERSION}\x00{' '.join(words(template))}".encode(errors="replace")
    return Fingerprint(
        blake2b(name, digest_size=8).hexdigest(), VERSION, template, error, component
    )


def _symptom(message: Message) -> str | None:
    """How it fails. A mere number, as "401", would be a status if it said anything."""
    for name in _names("symptoms"):
        for hit in message.hits.get(name, ()):
            if not message.stream[hit.start : hit.end].strip().isdigit():
                return name.partition(":")[2]
    return None


def _first(message: Message, names: tuple[str, ...]) -> str | None:
    """The first of the names that the text speaks of."""
    return next((name.partition(":")[2] for name in names if name in message.hits), None)


@cache
def _names(lexicon: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(rule.name for rule in rules_of(lexicon, {})))


def _object(message: Message) -> str | None:
    """A word of the matter that tells problems without a known component apart."""
    hits = message.hits.get("technical")
    if not hits:
        return None
    words = message.stream[hits[0].start : hits[0].end].split()
    return next((word for word in words if not word.isdigit()), None)
