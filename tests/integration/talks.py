"""What customers say in a day: our own conversations, and a sample of shared ones when there."""

import gzip
import random
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec

from deploy.examples.wire import now
from schemas.records import AccountProfile, ConversationMessage, Role, Visibility
from streams.demo.input import folder, profiles
from streams.history.files import read_history
from tests.eval.public import DATA
from tests.golden.talk import conversations

CORPUS: Final = DATA / "conversations" / "multidogo_customer_turns.jsonl.gz"
_DETAILS: Final = (
    "account_id",
    "requester_id",
    "channel",
    "language",
    "translated_text",
    "subject",
)


class Said(NamedTuple):
    """A customer's words, and what else is known of the message."""

    text: str
    details: dict[str, Any]


class Talk(NamedTuple):
    """One customer's side of a ticket, and what the AI would answer to each message, if known."""

    name: str
    source: str
    said: list[Said]
    answers: list[str]


def accounts() -> Iterator[AccountProfile]:
    """Who the customers are: the demo's accounts and those of the golden conversations."""
    yield from profiles()
    for golden in conversations():
        if golden.account:
            fields = {"account_id": f"golden/{golden.name}", "updated_at": now(), **golden.account}
            known = {key: fields[key] for key in AccountProfile.__struct_fields__ if key in fields}
            yield msgspec.convert(known, AccountProfile)


def talks(tickets: int, corpus: Path = CORPUS, seed: int = 1) -> list[Talk]:
    """Our own, then of the corpus as many as make `tickets`, all in a random order."""
    own = [*_demo(), *_golden()]
    shared = _shared(corpus) if corpus.exists() else []
    chooser = random.Random(seed)
    found = own + chooser.sample(shared, min(len(shared), max(0, tickets - len(own))))
    chooser.shuffle(found)
    return found


def _demo() -> Iterator[Talk]:
    for name in ("conversations.jsonl", "outage.jsonl"):
        events = [
            event
            for event in read_history(folder() / name)
            if isinstance(event, ConversationMessage)
            and event.visibility is Visibility.PUBLIC
            and not event.automated
        ]
        events.sort(key=lambda one: one.ticket_id)
        for ticket_id, group in groupby(events, key=lambda one: one.ticket_id):
            lines = list(group)
            said = [
                Said(one.text, {key: getattr(one, key) for key in _DETAILS})
                for one in lines
                if one.role is Role.CUSTOMER
            ]
            answers = [one.text for one in lines if one.role is Role.AI]
            if said:
                yield Talk(ticket_id, "demo", said, answers)


def _golden() -> Iterator[Talk]:
    for golden in conversations():
        if golden.policy:  # It is about another policy.
            continue
        details = {"channel": golden.channel}
        if golden.account:
            details["account_id"] = f"golden/{golden.name}"
        said = [Said(one.text, details) for one in golden.talk if one.customer is not None]
        answers = [one.text for one in golden.talk if one.ai is not None or one.draft is not None]
        yield Talk(f"golden/{golden.name}", "golden", said, answers)


def _shared(corpus: Path) -> list[Talk]:
    with gzip.open(corpus) as lines:
        turns = [msgspec.json.decode(line) for line in lines]
    return [
        Talk(name, "multidogo", [Said(turn["text"], {}) for turn in group], [])
        for name, group in groupby(turns, key=lambda turn: turn["conversation"])
    ]
