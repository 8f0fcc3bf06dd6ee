"""Emotion toward the situation: anger, disappointment, distress; not the topic's own sadness."""

import re
from bisect import bisect_left
from math import exp
from typing import Final

from detectors.message import Message
from detectors.scoring import SILENT, unblocked
from detectors.signals import Signal

NEGATION_REACH: Final = 20
"""Characters of the stream before a word in which a negation turns it, about three words."""
STEEPNESS: Final = 1.6
"""A single word of weight 0.45 reaches 0.5."""
BEFORE_BUT, AFTER_BUT = 0.6, 1.2
"""What comes after "but" is what is meant (Hutto and Gilbert 2014, VADER, weigh alike)."""
DENIED_JOY: Final = 0.45
"""The weight of a happy word that is negated."""
SECOND: Final = 0.35
"""The share that every further word adds to the strongest."""
RELIEF: Final = 0.12
"""What a happy word takes away; three at most."""

_BUT: Final = (" but ", " however ", " though ", " although ", " yet ", " except ")
_INTENSIFIERS: Final = (
    "so very really extremely absolutely completely totally utterly beyond incredibly truly"
    " fucking bloody damn"
)
_INTENSIFIED: Final = frozenset(_INTENSIFIERS.split())
_SOFTENED: Final = frozenset({"slightly", "somewhat", "kinda", "bit", "little", "tad"})
_STRETCHED: Final = re.compile(r"([a-z!?])\1\1")
_SHOUTED: Final = re.compile(r"\b[A-Z]{3,30}\b")
_FACES: Final = {":(": 0.4, ":-(": 0.4, ":'(": 0.6, ">:(": 0.8, ":/": 0.2, ":@": 0.7, "d:<": 0.7}
_EMOJI: Final = {
    **dict.fromkeys("😠😡🤬👿💢🖕", 0.85),
    **dict.fromkeys("😤😒🙄😑🤦👎😞😔😟😩😫😭💔😖😣🤮🤢", 0.6),
    **dict.fromkeys("😢😥😕🙁☹😰😨😱😓", 0.5),
}


def sentiment(message: Message) -> Signal:
    """How negative the customer feels, 0-1, with the strongest word's span."""
    weights = _words(message)
    signs = _signs(message)
    if not weights and not signs:
        return SILENT
    weights.sort(reverse=True)
    strongest = max(weights[0][0] if weights else 0.0, signs)
    rest = sum(weight for weight, _, _ in weights[1:6]) + (signs if weights else 0.0)
    joy = min(len(message.hits.get("mood:glad", ())), 3)
    felt = (strongest + SECOND * rest) * _emphasis(message) - RELIEF * joy
    if felt <= 0:
        return SILENT
    span = message.span(*weights[0][1:]) if weights else (0, len(message.reading.original))
    return Signal(round(1.0 - exp(-STEEPNESS * felt), 4), span)


def _words(message: Message) -> list[tuple[float, int, int]]:
    """Weight, start and end in the stream of what is felt, negation and contrast heeded."""
    hits = unblocked(message.hits.get("mood", []))
    glad = message.hits.get("mood:glad", ())
    if not hits and not glad:
        return []
    denials = [hit.start for hit in message.hits.get("mood:negation", ())]
    but = max(map(message.stream.rfind, _BUT))
    found: list[tuple[float, int, int]] = []
    end = 0
    for hit in hits:
        if hit.start >= end - 1 and not _denied(message.stream, hit.start, denials):
            found.append((hit.weight * _contrast(hit.start, but), hit.start, hit.end))
            end = hit.end
    found += [
        (DENIED_JOY * _contrast(hit.start, but), hit.start, hit.end)
        for hit in glad
        if _denied(message.stream, hit.start, denials)
    ]
    return found


def _denied(stream: str, start: int, denials: list[int]) -> bool:
    index = bisect_left(denials, start - NEGATION_REACH)
    if index == len(denials) or denials[index] >= start:
        return False
    return stream.find(" . ", denials[index], start + 2) < 0


def _contrast(start: int, but: int) -> float:
    if but < 0:
        return 1.0
    return BEFORE_BUT if start < but else AFTER_BUT


def _signs(message: Message) -> float:
    original = message.reading.original
    text = message.reading.text
    faces = [weight for face, weight in _FACES.items() if face in text] if ":" in text else []
    if not original.isascii():
        faces += [_EMOJI[char] for char in set(original) & _EMOJI.keys()]
    return max(faces, default=0.0)


def _emphasis(message: Message) -> float:
    text, original = message.reading.text, message.reading.original
    emphasis = 1.0
    if not _INTENSIFIED.isdisjoint(message.words):
        emphasis += 0.2
    if not _SOFTENED.isdisjoint(message.words) or " kind of " in text:
        emphasis -= 0.25
    if _STRETCHED.search(text):
        emphasis += 0.15
    if not original.islower() and 3 * len(_SHOUTED.findall(original)) > len(message.words):
        emphasis += 0.25
    return emphasis
