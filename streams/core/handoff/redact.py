"""Records without what the policy wants nobody to read: masked or hashed."""

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import blake2b
from typing import Any, Final, TypeVar, get_args

import msgspec

from schemas.records import (
    AiAttempt,
    Anomaly,
    Attachment,
    ContextSection,
    Csat,
    DeadLetter,
    Decision,
    Entity,
    EscalationUpdate,
    ProblemReport,
    ReviewRequest,
    Summary,
    TranscriptEntry,
)
from streams.core.handoff.personal import personal
from streams.core.policy.privacy import Treatments
from streams.core.tickets.parts import Given
from streams.core.tickets.state import Ticket

S = TypeVar("S", bound=msgspec.Struct)

LAST: Final = 4
"""Characters at the end of a card or IBAN that stay, so that people can tell which one it is."""
HASHED: Final = 16
"""Hexadecimal digits of a hash."""

_TEXTS: Final[Mapping[type, tuple[str, ...]]] = {
    AiAttempt: ("text", "outcome"),
    Anomaly: ("title",),
    Attachment: ("name", "extracted_text"),
    ContextSection: ("title", "fields"),
    Csat: ("comment",),
    DeadLetter: ("value", "error"),
    Decision: ("instructions",),
    Entity: ("value",),
    EscalationUpdate: ("note",),
    Given: ("value",),
    ProblemReport: ("template", "error_text"),
    ReviewRequest: ("draft_text", "question"),
    Summary: ("issue", "asked"),
    Ticket: ("instructions",),
    TranscriptEntry: ("text", "translated_text"),
}
"""Fields in which customers, agents or other systems write what they like."""


class Redactor:
    """Redacts by one set of treatments and counts by kind what it has changed.

    `key` makes hashes that nobody else can make: equal values have equal hashes. Without one there
    are no hashes, for card numbers and phones can be guessed by trying them all: they are masked.
    A mask has the length of what it hides, so spans stay right, and the framing of bytes: there
    nothing is hashed.
    """

    def __init__(self, treatments: Treatments, key: bytes = b"") -> None:
        treated = msgspec.structs.asdict(treatments)
        self._treatments = {kind: how for kind, how in treated.items() if how != "keep"}
        self._key = key[:64]
        self.keeps_all: Final = not self._treatments
        self.counts: Counter[str] = Counter()

    def text(self, text: str, *, framed: bool = False) -> str:
        """The text without what is personal; redacting it again changes nothing. One that is
        `framed` keeps its length.
        """
        if self.keeps_all or not text:
            return text
        pieces, end = [], 0
        for kind, start, stop in personal(text):
            how = self._treatments.get(kind)
            if how is not None:
                how = "mask" if framed else how
                pieces += [text[end:start], self._hidden(kind, how, text[start:stop])]
                end = stop
                self.counts[kind] += 1
        return "".join([*pieces, text[end:]]) if pieces else text

    def record(self, record: S) -> S:
        """The record with its texts redacted."""
        if self.keeps_all:
            return record
        changes: dict[str, Any] = {}
        for name, is_text in _places(type(record)):
            value = getattr(record, name)
            if value:
                new = self._value(value) if is_text else self._parts(value)
                if new is not value:
                    changes[name] = new
        return msgspec.structs.replace(record, **changes) if changes else record

    def _value(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes):
            # One character a byte: the mask keeps the length, so what is around it stays readable.
            return self.text(value.decode("latin-1"), framed=True).encode("latin-1")
        if isinstance(value, dict):
            return {name: self.text(text) for name, text in value.items()}
        return value

    def _parts(self, value: Any) -> Any:
        return tuple(map(self.record, value)) if isinstance(value, tuple) else self.record(value)

    def _hidden(self, kind: str, how: str, value: str) -> str:
        if how == "hash" and self._key:
            same = "".join(char for char in value if char.isalnum()).lower()
            digest = blake2b(same.encode(), key=self._key, digest_size=HASHED // 2)
            return f"<{kind}:{digest.hexdigest()}>"
        shown = value[-LAST:] if kind in {"card", "iban"} else ""
        return "*" * (len(value) - len(shown)) + shown


@cache
def _places(kind: type) -> tuple[tuple[str, bool], ...]:
    """The fields of a record that are texts, or may lead to some: their names, and whether they are
    texts themselves.
    """
    texts = _TEXTS.get(kind, ())
    return tuple(
        (field.name, field.name in texts)
        for field in msgspec.structs.fields(kind)
        if field.name in texts or any(map(_places, _parts_of(field.type)))
    )


def _parts_of(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and issubclass(annotation, msgspec.Struct):
        yield annotation
    for argument in get_args(annotation):
        yield from _parts_of(argument)
