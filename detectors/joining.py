"""What was learned and what the lexicons found, brought to one score and one span a signal."""

from collections.abc import Mapping, Sequence
from math import exp
from typing import Any, Final

from detectors.labels import FLAGS
from detectors.learned import DECIMALS, Judgement, learned
from detectors.matters import INFORMATIONAL
from detectors.message import Message
from detectors.scoring import unblocked
from detectors.signals import Matter, Signal

EVIDENT_FROM: Final = 0.35
"""The score from which a signal names what it saw: below every line of the shipped policy."""
SIGNALS: Final = tuple(flag for flag in FLAGS if flag != "praise")
INFORMATION_TOLD: Final = 0.7
"""The score of a question about money that a pattern knows."""
SURELY_POSSIBLE: Final = 0.2
ENOUGH_WORDS: Final = 8
"""Fewer are too few to tell whether a text is like those that were learned from."""
FEW_WORDS: Final = 2
FOUND_ALONE: Final = ("billing_dispute", "human_request", "technical", "thanks")
"""Signals that few words can give without the lexicons knowing them."""
DANGER_FROM: Final = 0.85
"""The learned score from which on few words tell of a danger that no lexicon knows."""
LEXICON_WEIGHT: Final = {
    "security": 1.0,
    "legal_compliance": 1.0,
    "urgency": 1.0,
    "safety": 1.0,
    "ai_failed": 1.0,
    "negative": 2.0,
}
"""How much a lexicon's score counts, in logits: little where the model reads what it has never seen
well by itself."""
OTHERS_WEIGHT: Final = 3.0
PLAIN_FROM: Final = {
    "human_request": 0.9,
    "security": 0.8,
    "legal_compliance": 0.85,
    "safety": 0.9,
}
"""The lexicon's score from which on it is believed: what never may be missed is heard when it is
said in plain words, whatever is written around them.
"""
PLAIN_POSSIBLE_FROM: Final = 0.1
"""Below that the model all but rules out what the words seem to say; not that they are a danger."""


def joined(
    message: Message, lexicon: Mapping[str, Signal], judgement: Judgement
) -> dict[str, Signal]:
    """The learned scores, corrected where the lexicon is sure, with its evidence where it has some.

    A lexicon that finds a near miss halves the score; one that finds what is meant raises the odds,
    and is believed where the words are plain. A word or two, such as the answer to a question of
    the AI ("cash", "row 12"), say little that the lexicons do not know, unless it is a danger, what
    these find is what they say, and a mere code ("y 67 t 45") says nothing.
    """
    scores, hits, said = judgement.scores, message.hits, _said(message.words)
    few = said <= FEW_WORDS
    both = {}
    for name, found in lexicon.items():
        score, told = scores[name], found.score
        if name in hits and _is_near_miss(name, message):
            score /= 2
        elif few and not (name in FOUND_ALONE and (told or said)):
            score = _of_few_words(name, score, told)
        elif told:
            score = _raised(name, score, told)
        if score < EVIDENT_FROM:
            both[name] = Signal(score)
        else:
            span = found.span or learned().strongest(message, judgement, name)
            both[name] = Signal(score, span)
    return both


def _is_near_miss(name: str, message: Message) -> bool:
    hits = message.hits.get(name)
    if hits is None:
        return False
    return any(hit.weight < 0 for hit in hits) and not unblocked(hits)


def _raised(name: str, score: float, told: float) -> float:
    """A learned score with what the lexicon says beside it, which it has been told, too."""
    odds = score * exp(LEXICON_WEIGHT.get(name, OTHERS_WEIGHT) * told)
    raised = round(odds / (odds + 1 - score), DECIMALS)
    plain = told >= PLAIN_FROM.get(name, 1)
    possible = name == "safety" or score >= PLAIN_POSSIBLE_FROM
    return max(raised, told) if plain and possible else raised


def _of_few_words(name: str, score: float, told: float) -> float:
    if name == "safety" and score >= DANGER_FROM:
        return max(score, told)
    return max(score / 2, told)


def _said(words: Sequence[str]) -> int:
    """How many words there are, leaving single letters and what has digits out of a short text."""
    if len(words) > ENOUGH_WORDS:
        return len(words)
    return sum(len(word) > 1 and not any(map(str.isdigit, word)) for word in words)


def money(
    message: Message, judgement: Judgement, about: Sequence[Matter], found: dict[str, Signal]
) -> dict[str, Any]:
    """The signals, with that of money where it belongs: a question that only asks is none."""
    asked = next((one for one in about if one.kind in INFORMATIONAL), None)
    if asked is not None or _is_near_miss("billing", message):
        found["billing"] = found["billing_dispute"]
    if asked is not None:
        found["billing_information"] = _information(asked, judgement.scores["billing"])
    return dict(found)


def _information(asked: Matter, learned_score: float) -> Signal:
    """A question about money, as sure as the pattern found, unless the model rules money out."""
    if learned_score < SURELY_POSSIBLE:
        return Signal(learned_score)
    return Signal(max(learned_score, INFORMATION_TOLD), asked.span)
