"""Conversations of our own that end with a handoff, and what of them a person would miss."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from detectors import Signals, analyze
from schemas.records import Escalation
from tests.core.conversation import MINUTE, Conversation, scores

FOLDER = Path(__file__).parent
FILES = ("conversations", "held_back")


class Fact(NamedTuple):
    """Something a person needs to know, as the customer said it."""

    kind: str
    value: str


class Talk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A conversation; each turn and each fact is a mapping of one key."""

    id: str
    channel: str
    said: tuple[dict[str, str], ...]
    facts: tuple[dict[str, str], ...]

    def turns(self) -> Iterator[tuple[str, str]]:
        """Who says what."""
        for turn in self.said:
            yield from turn.items()

    def known(self) -> list[Fact]:
        """The facts."""
        return [Fact(*item) for fact in self.facts for item in fact.items()]


def talks(name: str) -> list[Talk]:
    """The conversations of a file."""
    text = (FOLDER / f"{name}.yaml").read_bytes()
    return msgspec.yaml.decode(text, type=list[Talk])


def hand_over(talk: Talk) -> Escalation:
    """The escalation after the last message: what is judged is the package, not when it comes."""
    told = Conversation(channel=talk.channel)
    turns = list(talk.turns())
    for place, ((role, text), read) in enumerate(
        zip(turns, analyze([text for _, text in turns]), strict=True)
    ):
        told.wait(MINUTE // 2)
        if role == "ai":
            told.ai(text)
        else:
            told.customer(text, _calmly(read, hands_over=place == len(turns) - 1))
    [escalation] = told.escalations
    return escalation


def _calmly(read: Signals, *, hands_over: bool) -> Signals:
    """What was read of a message without its scores: only the last one fires a trigger."""
    base = scores(human_request=1.0) if hands_over else Signals()
    return msgspec.structs.replace(
        base, entities=read.entities, gist=read.gist, category=read.category
    )


def missing(escalation: Escalation, facts: list[Fact]) -> list[Fact]:
    """The facts that stand nowhere in the package but in its transcript."""
    package = msgspec.structs.replace(escalation.package, transcript=())
    told = _plain("\n".join(_texts(msgspec.to_builtins(package))))
    return [fact for fact in facts if not _stands_in(told, fact.value)]


def unnamed(escalation: Escalation, facts: list[Fact]) -> list[Fact]:
    """The facts that are not among the entities."""
    told = _plain("\n".join(entity.value for entity in escalation.package.entities))
    return [fact for fact in facts if not _stands_in(told, fact.value)]


def misnamed(escalation: Escalation, facts: list[Fact]) -> list[Fact]:
    """The facts that are not among the entities of their kind."""
    told = [(entity.kind, _plain(entity.value)) for entity in escalation.package.entities]
    return [
        fact
        for fact in facts
        if not any(kind == fact.kind and _stands_in(value, fact.value) for kind, value in told)
    ]


MISSING = {"in package": missing, "named": unnamed, "by kind": misnamed}
"""What is missing, by how strictly it is looked for."""


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for member in value.values():
            yield from _texts(member)
    elif isinstance(value, (list, tuple)):
        for member in value:
            yield from _texts(member)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _stands_in(text: str, value: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(_plain(value))}(?!\w)", text) is not None
