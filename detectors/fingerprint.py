"""Which problem a text reports, so that reports of one failure meet.

An error text names the problem: an HTTP status, an exception, a code, a quoted or logged message,
its variable parts masked. Without one, the part of the product and the way it fails do.
"""

import re
from functools import cache
from hashlib import blake2b
from typing import Final

from msgspec.structs import replace

from detectors.lexicon import rules_of
from detectors.masking import mask, words
from detectors.meaning import meaning, version
from detectors.message import Message
from detectors.signals import Fingerprint, Signal

VERSION: Final = 3
"""Rises when the same text would get another id."""
PROBLEM_FROM: Final = 0.5
LONGEST: Final = 4096
"""Characters of an error text that are read."""

_STATUS_NAMES: Final = {
    "bad gateway": "502",
    "bad_gateway": "502",
    "gateway timeout": "504",
    "gateway time-out": "504",
    "gateway_timeout": "504",
    "service unavailable": "503",
    "internal server error": "500",
    "too many requests": "429",
    "upstream request timeout": "504",
    "upstream connect error": "503",
}
_STATUS_NAME: Final = re.compile("|".join(map(re.escape, _STATUS_NAMES)))
_STATUS: Final = re.compile(
    r"\b(?:http|https|status|error|code|response|returns?|returned|answers?|says|gets?|getting|a)"
    r"(?:[ _]?(?:status|code|error))?[ :=/\"]{0,4}([45]\d\d)s?\b|\b(50[0234]|429|404|403|401)s?\b"
)
_EXCEPTION: Final = re.compile(
    r"(?<![\w.$])([\w.$]{0,120}(?:exception|error|panic|fault))(?:: ?([^\n]{1,200}))"
)
_CODE: Final = re.compile(
    r"\b((?:0x[0-9a-f]{4,16})|err_[a-z_]{3,40}|ora-\d{5}|e[a-z]{0,3}[-_]?\d{3,6})\b"
    r"|\b(?:error|err|fault|stop)[ _]?(?:code|number|no)?[ :#=-]{0,3}([a-z]{0,6}[-_]?\d{1,8})\b"
)
_QUOTED: Final = re.compile(
    r"\"([^\"\n]{6,300})\"|(?<!\w)'([^'\n]{6,300})'(?!\w)|`([^`\n]{6,300})`"
)
_QUOTED_ERROR: Final = re.compile(rf"(?<![\w.$])(?:error|exception): ?(?:{_QUOTED.pattern})")
"""What stands behind the quote are the customer's own words, where the quote is a sentence."""
SENTENCE: Final = 3
"""A quote of fewer words may be the value that an error names."""
_LOGGED: Final = re.compile(
    r"^[^\n]{0,80}\b(?:error|fatal|critical|severe|warn|warning|panic)\b"
    r"[\]:|>-]{0,3}[ \t]([^\n]{6,300})",
    re.MULTILINE,
)
_LOG_TIME: Final = re.compile(r"\d\d:\d\d:\d\d|\[(?:error|fatal|warn|critical)\]|^(?:error|fatal):")
_ERROR_WORD: Final = re.compile(
    r"fail|error|exception|cannot|can't|could not|unable|invalid|denied|refused|timeout|timed out"
    r"|not found|went wrong|unavailable|unexpected|missing|expired|rejected|not allowed|reset|abort"
)


def fingerprint(
    message: Message, technical: Signal, *, understood: bool = False
) -> Fingerprint | None:
    """The problem a text reports; None when it reports none.

    Where the words of the text are `understood` and no error names the problem, their meaning does.
    Beside an error they have one, too.
    """
    text = message.reading.text
    if technical.score < PROBLEM_FROM and "exception" not in text and "error" not in text:
        return None
    component = component_of(message)
    if named := _error(message, component):
        if not understood:
            return named
        return replace(named, also_means=meaning(message.words), meaning_version=version())
    if technical.score < PROBLEM_FROM:
        return None
    symptom = _first(message, _names("symptoms")) or "not_working"
    if component is None:
        component = _object(message)
    problem = _of(symptom.replace("_", " "), component, component)
    if not understood:
        return problem
    return replace(problem, meaning=meaning(message.words), meaning_version=version())


def _error(message: Message, component: str | None) -> Fingerprint | None:
    """The problem that an error in the text names."""
    text = message.reading.text
    if status := _status(message):
        return _of(f"http {status}", component, component)
    if found := _error_text(text):
        return error_fingerprint(found, component)
    if code := _CODE.search(text):
        return _of(f"error {code.group(1) or code.group(2)}", None, component)
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


def _status(message: Message) -> str | None:
    text = message.reading.text
    if named := _STATUS_NAME.search(text):
        return _STATUS_NAMES[named.group()]
    found = _STATUS.search(text)
    return (found.group(1) or found.group(2)) if found else None


def _error_text(text: str) -> str | None:
    if (told := _QUOTED_ERROR.search(text)) and _is_error(said := _said(told)):
        return said
    if thrown := _EXCEPTION.search(text):
        return thrown.group()
    for logged in _LOGGED.finditer(text):
        if _LOG_TIME.search(logged.group()):
            return logged.group(1)
    for quoted in _QUOTED.finditer(text):
        if _ERROR_WORD.search(said := _said(quoted)):
            return said
    return None


def _said(quoted: re.Match[str]) -> str:
    return quoted[1] or quoted[2] or quoted[3]


def _is_error(said: str) -> bool:
    return len(said.split()) >= SENTENCE or _ERROR_WORD.search(said) is not None


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
    return words[0] if words else None
