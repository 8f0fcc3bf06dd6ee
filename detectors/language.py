"""Which language a text is in, and what of another than English is read all the same."""

import re
import unicodedata
from copy import copy
from functools import cache
from itertools import islice
from typing import Final

from detectors.lexicon import rules_of
from detectors.matcher import Matcher
from detectors.message import Message
from detectors.signals import Signal
from detectors.text import Reading
from detectors.words import lexicon_lines, words_of

READ: Final = ("safety", "security", "human_request")
"""What is read in other languages."""
ENGLISH: Final = "en"
UNKNOWN: Final = "und"
"""ISO 639-2's code for undetermined."""
FEW_WORDS: Final = 3
"""Plain words that may be a name or a greeting of any language: these are taken as English."""
MOST_NUMBERS: Final = 3
"""Numbers of a text that speak against another language."""
SAMPLE: Final = 400
"""Characters whose script, and words that, tell the language."""
LAST_LATIN: Final = 0x24F
"""The last letter of Unicode's block Latin Extended-B."""
UNREAD_LETTERS: Final = 10
"""Letters of another script from which on they are more than a name."""
APART: Final = 12
"""Words from which on single letters are words taken apart, where they are most of a text."""
JAPANESE_SCORE: Final = 0.8
_FOREIGN_LETTER: Final = re.compile("[äöüßåøæœãõàùòìłąęśżźćńğşőűřěůščž]")
"""Letters in no word that English has borrowed for everyday use, as "é" and "ñ" are."""


@cache
def _vocabularies() -> dict[str, frozenset[str]]:
    lines = (line.partition(":") for line in lexicon_lines("languages"))
    return {
        language: frozenset(word for word in Reading(words).text.split())
        for language, _, words in lines
    }


@cache
def _foreign() -> Matcher:
    return Matcher(rules_of("foreign", {}))


@cache
def _japanese() -> dict[str, list[str]]:
    lines = (line.partition(":") for line in lexicon_lines("japanese"))
    return {signal: words.split() for signal, _, words in lines}


def language(message: Message) -> str | None:
    """An ISO 639 code, `und` for a language that is not known, None where there are no words."""
    original = message.reading.original
    if not original.isascii() and (script := _script(original[:SAMPLE])) is not None:
        return script
    known = _vocabularies()
    words = set(message.words[:SAMPLE])
    english = len(known[ENGLISH] & words)
    if english * 4 > len(words) and original.isascii():
        return ENGLISH
    numbers = sum(word[0].isdigit() for word in words)
    words = {word for word in words if word[0].isalpha()}
    if not words:
        return None
    if original.isascii() and len(words) <= FEW_WORDS:
        return ENGLISH
    # Numbers make it an address, and those have "las" and "de" in English too.
    best, name = max(english, 1 + min(numbers, MOST_NUMBERS)), ENGLISH
    for other, vocabulary in known.items():
        count = len(vocabulary & words)
        if count > best:
            best, name = count, other
    if name == ENGLISH and not english and _FOREIGN_LETTER.search(original.lower()):
        return UNKNOWN if len(words) > FEW_WORDS else ENGLISH
    return UNKNOWN if name == "other" else name


def is_partly_unread(message: Message) -> bool:
    """Whether letters of other scripts, or letters taken apart, stand among what is read.

    Look-alikes of Latin letters do not.
    """
    read, words = message.reading.text, message.words
    if len(words) >= APART and len(read) < 3 * len(words):
        letters = sum(len(word) == 1 and word.isalpha() for word in words)
        return 2 * letters > len(words)
    if read.isascii():
        return False
    others = (char for char in read if ord(char) > LAST_LATIN and char.isalpha())
    return next(islice(others, UNREAD_LETTERS - 1, None), None) is not None


def _script(sample: str) -> str | None:
    """The language of a text most of whose letters are of another script than Latin."""
    letters = [char for char in sample if char.isalpha()]
    if not letters:
        return None
    scripts = [
        unicodedata.name(char, "").split(" ", 1)[0] for char in letters if ord(char) > LAST_LATIN
    ]
    if 2 * len(scripts) <= len(letters):
        return None
    if {"HIRAGANA", "KATAKANA"} & set(scripts):
        return "ja"
    if _drawn_as_latin(sample):
        return None
    return "ko" if "HANGUL" in scripts else UNKNOWN


def _drawn_as_latin(sample: str) -> bool:
    """Whether look-alikes make up the words: folded, nothing but Latin letters is left."""
    return Reading(sample).text.isascii()


def foreign_signals(message: Message, code: str) -> dict[str, Signal]:
    """Safety, security and the wish for a person in a text that is not English."""
    if code == "ja":
        return _japanese_signals(message.reading)
    found = {}
    message = _parted(message)
    hits = _foreign().find(message.stream)
    for name in READ:
        of_name = hits.get(f"foreign:{name}")
        if of_name:
            best = max(of_name, key=lambda hit: hit.weight)
            found[name] = Signal(best.weight, message.span(best.start, best.end))
    return found


def _parted(message: Message) -> Message:
    """The message with what is elided as a word of its own: in English it is an ending."""
    if "'" not in message.reading.text:
        return message
    reading = copy(message.reading)
    reading.text = reading.text.replace("'", " ")
    words = words_of(reading.text)
    return Message(reading, words, f" {' '.join(words[1])} ", {})


def _japanese_signals(reading: Reading) -> dict[str, Signal]:
    found = {}
    for name, phrases in _japanese().items():
        for phrase in phrases:
            start = reading.text.find(phrase)
            if start >= 0:
                found[name] = Signal(JAPANESE_SCORE, reading.span(start, start + len(phrase)))
                break
    return found
