"""Which matter of security or money a message is about, from patterns of their own.

A score says how sure it is that there is such a matter; these say which, so that a policy can tell
a page of the manual from an incident.
"""

from collections.abc import Iterator
from typing import Final

from detectors.matcher import Hit
from detectors.message import Message
from detectors.scoring import unblocked
from detectors.signals import Matter

INCIDENTS: Final = (
    "takeover",
    "unauthorised_access",
    "credentials",
    "lost_or_stolen",
    "privacy",
    "lockout",
    "mfa_reset",
    "password_reset",
)
"""Matters of security that somebody has to look at, the gravest first."""

HOW_TO: Final = ("password_how_to", "mfa_how_to", "privacy_how_to")
"""Questions of security that only ask how something of one's own is done."""

INFORMATIONAL: Final = ("invoice_copy", "usage", "payment_status")
"""Questions about money that only want to know."""

BEFORE_BUYING: Final = "price_question"
"""What something costs, or how it can be paid, asked before anything is bought."""

MONEY: Final = (*INFORMATIONAL, BEFORE_BUYING)

LONGEST_HOW_TO: Final = 40
"""Words; a longer message tells more than it asks."""
LONGEST_QUESTION: Final = 80
"""The same for money."""


def matters(message: Message) -> tuple[Matter, ...]:
    """What the message is about, the gravest of security first, then of money.

    A mere question is one only where nothing else in the message is a matter of its kind.
    """
    if message.hits.keys().isdisjoint(_NAMES):
        return ()
    security = HOW_TO if _only_asks_how(message) else INCIDENTS
    money = MONEY if _only_wants_to_know(message) else ()
    return tuple(_first(message, (*security, *money)))


def _only_asks_how(message: Message) -> bool:
    asked = _all(message, HOW_TO)
    return (
        bool(asked)
        and len(message.words) <= LONGEST_HOW_TO
        and not _hits(message, "more_than_how")
        and not _beyond(_all(message, INCIDENTS), asked)
        and not _beyond(unblocked(message.hits.get("security", [])), asked)
    )


def _only_wants_to_know(message: Message) -> bool:
    return (
        len(message.words) <= LONGEST_QUESTION
        and not _hits(message, "more_than_asked")
        and not _outside(unblocked(message.hits.get("billing", [])), _all(message, MONEY))
    )


def _first(message: Message, kinds: tuple[str, ...]) -> Iterator[Matter]:
    """Each kind that is found, where it is found first."""
    for kind in kinds:
        for hit in _hits(message, kind)[:1]:
            yield Matter(kind, message.span(hit.start, hit.end))


def _all(message: Message, kinds: tuple[str, ...]) -> list[Hit]:
    return [hit for kind in kinds for hit in _hits(message, kind)]


def _hits(message: Message, kind: str) -> list[Hit]:
    return message.hits.get(f"matters:{kind}", [])


def _beyond(hits: list[Hit], spans: list[Hit]) -> list[Hit]:
    """The hits that no span holds whole."""
    return [
        hit for hit in hits if all(hit.start < span.start or hit.end > span.end for span in spans)
    ]


def _outside(hits: list[Hit], spans: list[Hit]) -> list[Hit]:
    """The hits that share no word with any of the spans."""
    return [
        hit
        for hit in hits
        if all(hit.end <= span.start + 1 or hit.start >= span.end - 1 for span in spans)
    ]


_NAMES: Final = frozenset(f"matters:{kind}" for kind in (*INCIDENTS, *HOW_TO, *MONEY))
