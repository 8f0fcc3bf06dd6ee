"""Texts in, signals out: every detector over a batch."""

from collections.abc import Sequence
from typing import Final

from detectors.complexity import complexity
from detectors.entities import entities
from detectors.fingerprint import fingerprint
from detectors.human_request import human_request
from detectors.issues import category
from detectors.language import ENGLISH, foreign_signals, language
from detectors.message import Message
from detectors.repetition import gist
from detectors.scoring import SILENT, signal
from detectors.sentiment import sentiment
from detectors.signals import Signals
from detectors.thanks import thanks

MODEL_VERSION: Final = "lexicon-1"
"""Names what decides the signals; changes whenever the same text would get others."""
NOTHING: Final = Signals()


def analyze(texts: Sequence[str]) -> list[Signals]:
    """The signals of each text, in the same order. Deterministic; every text alone.

    Spans count characters of the text as it was given.
    """
    return [_analyze(text) for text in texts]


def _analyze(text: str) -> Signals:
    if not text or text.isspace():
        return NOTHING
    message = Message(text)
    code = language(message)
    if code is None or code == ENGLISH:
        return _english(message, code)
    return _foreign(message, code)


def _english(message: Message, code: str | None) -> Signals:
    billing, dispute = signal(message, "billing"), signal(message, "billing_dispute")
    if dispute.score > billing.score:
        billing = dispute
    security, legal = signal(message, "security"), signal(message, "legal_compliance")
    technical = signal(message, "technical")
    negative, failed = sentiment(message), signal(message, "ai_failed")
    count, count_span = complexity(message, technical)
    return Signals(
        negative=negative,
        billing=billing,
        billing_dispute=dispute,
        security=security,
        legal_compliance=legal,
        technical=technical,
        human_request=human_request(message),
        urgency=signal(message, "urgency"),
        safety=signal(message, "safety"),
        ai_failed=failed,
        thanks=thanks(message, negative, failed, technical),
        complexity=count,
        complexity_span=count_span,
        category=category(message, security, legal, billing, technical),
        fingerprint=fingerprint(message, technical),
        entities=entities(message),
        language=code,
        gist=gist(message),
    )


def _foreign(message: Message, code: str) -> Signals:
    """Only what is understood of another language; a pasted error is read in any."""
    found = foreign_signals(message, code)
    return Signals(
        safety=found.get("safety", SILENT),
        security=found.get("security", SILENT),
        human_request=found.get("human_request", SILENT),
        category="security" if "security" in found else "general",
        fingerprint=fingerprint(message, signal(message, "technical")),
        entities=entities(message),
        language=code,
        unreadable=not found,
        gist=gist(message),
    )
