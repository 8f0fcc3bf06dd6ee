"""Erases tickets: asks the tickets agent, takes back what desks were given, and says what is left.

State, transcript and the compacted topics lose the ticket when the agent takes up the update. What
lies on other topics stays until their retention ends; there an erasure record follows, which every
reader has to obey: on a route an `EscalationUpdate` `closed` with the note `erased`, on the reviews
the `ReviewRequest` again without its text, on the outcomes the outcome `erased`.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import (
    AccountHealth,
    Anomaly,
    DeadLetter,
    Escalation,
    EscalationChange,
    EscalationUpdate,
    Millis,
    Record,
    ReviewRequest,
    ReviewState,
    TicketOutcome,
    TicketUpdate,
    UpdateKind,
)
from schemas.topic import DAY_MS
from schemas.topics import find_topic
from streams.engine import Connection
from streams.history.playing import Player
from streams.reading import Follower, Seen

CONVERSATIONS = "support.conversations"
OUTCOMES = "support.outcomes"
INDEX = "support.account-health"
SOURCES = (INDEX, CONVERSATIONS, "support.account-activity", OUTCOMES)
"""Where tickets are found: first what the accounts agent knows of an account's latest, however old;
then the topics whose records name ticket, account and requester, as far back as they go.
"""

ERASED = "erased"


class Left(msgspec.Struct, frozen=True):
    """What a topic still has of the tickets, and until when, in milliseconds since 1970."""

    topic: str
    records: int
    until: Millis | None
    how: str


class Receipt(msgspec.Struct, frozen=True, tag=True, tag_field="type"):
    """What was erased, and what retention will remove when.

    `taken_up` are the tickets of which the agent has said that they are erased; the others follow
    as soon as it runs. `taken_back` counts the erasure records written for desks. `named_in` are
    the dead letters and anomalies that carry one of the ids, which nobody can take back.
    """

    asked: dict[str, str]
    at: Millis
    tickets: tuple[str, ...]
    taken_up: tuple[str, ...]
    taken_back: int
    removed: tuple[str, ...]
    left: tuple[Left, ...]
    named_in: tuple[str, ...]
    advice: tuple[str, ...]


@dataclass
class _Lying:
    """What lies on the topics of the tickets that are erased."""

    newest: dict[str, Millis] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    escalations: dict[tuple[str, str], EscalationUpdate] = field(default_factory=dict)
    reviews: dict[str, ReviewRequest] = field(default_factory=dict)
    named_in: set[str] = field(default_factory=set)

    def see(self, seen: Seen) -> None:
        self.counts[seen.topic] += 1
        self.newest[seen.topic] = max(self.newest.get(seen.topic, 0), seen.timestamp)
        record = seen.record
        if isinstance(record, Escalation | EscalationUpdate):
            place = record.escalation_id, record.route
            known = self.escalations.get(place)
            if known is None or record.revision >= known.revision:
                self.escalations[place] = _closed(record)
        elif isinstance(record, ReviewRequest):
            known_review = self.reviews.get(record.review_id)
            if known_review is None or record.revision >= known_review.revision:
                self.reviews[record.review_id] = record
        elif isinstance(record, DeadLetter):
            self.named_in.add(record.dead_letter_id)
        elif isinstance(record, Anomaly):
            self.named_in.add(record.anomaly_id)


class Eraser:
    """One run. Raises `BrokerError`, `AccessDenied`."""

    def __init__(self, connection: Connection, codec: Codec, topics: Iterable[str]) -> None:
        self._connection = connection
        self._codec = codec
        self._topics = tuple(dict.fromkeys((CONVERSATIONS, *topics)))

    def find(self, account: str | None, requester: str | None) -> tuple[str, ...]:
        """The tickets of an account or a requester, as far as the topics go back."""
        found: set[str] = set()
        with self._reading(SOURCES) as follower:
            for seen in follower.to_end():
                record = seen.record
                theirs = (
                    account is not None and getattr(record, "account_id", None) == account
                ) or (requester is not None and getattr(record, "requester_id", None) == requester)
                if theirs and isinstance(record, AccountHealth):
                    found.update(one.ticket_id for one in record.recent_tickets)
                elif theirs and record is not None:
                    found.add(_ticket_of(record))
        return tuple(sorted(found - {""}))

    def erase(
        self,
        asked: dict[str, str],
        tickets: Collection[str],
        wait: float,
        now: Callable[[], float] = time.time,
    ) -> Receipt:
        """Erase them, waiting at most so many seconds for the agent."""
        at = int(now() * 1000)
        player = Player(self._connection, self._codec)
        with Follower(self._connection, self._codec, (OUTCOMES,), from_start=False) as answers:
            for ticket in tickets:
                player.send(TicketUpdate(ERASED, ticket, UpdateKind.ERASED, at), 0)
            player.flush()
            taken_up = _await(answers, set(tickets), wait)
        people = {asked[who] for who in ("requester", "account") if asked.get(who)}
        lying = self._look(set(tickets), people)
        taken_back = [
            *(replace(one, changed_at=at) for one in lying.escalations.values()),
            *(_without_text(one) for one in lying.reviews.values()),
        ]
        for record in taken_back:
            player.send(record, 0)
        player.flush()
        return Receipt(
            asked,
            at,
            tuple(tickets),
            tuple(sorted(taken_up)),
            len(taken_back),
            _REMOVED,
            tuple(_left(lying, topic) for topic in sorted(lying.counts)),
            tuple(sorted(lying.named_in)),
            _ADVICE,
        )

    def _look(self, tickets: set[str], people: set[str]) -> _Lying:
        lying = _Lying()
        with self._reading(self._topics) as follower:
            for seen in follower.to_end():
                if seen.record is not None and _names(seen.record, tickets, people):
                    lying.see(seen)
        return lying

    def _reading(self, topics: Iterable[str]) -> Follower:
        return Follower(self._connection, self._codec, topics, from_start=True)


_REMOVED = (
    "the ticket's state, but for a marker without text or person that refuses what comes later",
    "every line of its transcript, from state and changelog (tombstones; gone with compaction)",
    "its open escalation on support.open-escalations (tombstone)",
    "its place in the account's history and on support.account-health",
)
_ADVICE = (
    "A dead letter that is replayed after it was mended reaches no erased ticket: it is refused.",
    "A copy of the changelog or of a topic elsewhere is not reached from here.",
    "support.accounts is written by the CRM: a tombstone there removes the account's profile, and"
    " with it the account's history and health.",
)


def _await(answers: Follower, tickets: set[str], wait: float) -> set[str]:
    taken_up: set[str] = set()
    limit = time.monotonic() + wait
    while taken_up != tickets and time.monotonic() < limit:
        for seen in answers.poll(0.2):
            record = seen.record
            if isinstance(record, TicketOutcome) and record.outcome == ERASED:
                taken_up |= {record.ticket_id} & tickets
    return taken_up


def _closed(record: Escalation | EscalationUpdate) -> EscalationUpdate:
    return EscalationUpdate(
        update_id=f"{record.escalation_id}/{ERASED}/{record.route}",
        escalation_id=record.escalation_id,
        ticket_id=record.ticket_id,
        revision=record.revision + 1,
        change=EscalationChange.CLOSED,
        route=record.route,
        changed_at=record.created_at if isinstance(record, Escalation) else record.changed_at,
        tenant=record.tenant,
        note=ERASED,
    )


def _without_text(review: ReviewRequest) -> ReviewRequest:
    return replace(
        review,
        draft_text=None,
        question=None,
        revision=review.revision + 1,
        state=ReviewState.SUPERSEDED,
    )


def _left(lying: _Lying, name: str) -> Left:
    topic = find_topic(name)
    retention = None if topic is None else topic.retention_ms
    if retention is None:
        return Left(name, lying.counts[name], None, "compaction, within a day of the tombstone")
    days = retention // DAY_MS
    return Left(
        name, lying.counts[name], lying.newest[name] + retention, f"retention of {days} days"
    )


def _names(record: Record, tickets: set[str], people: set[str]) -> bool:
    """Whether a record is of one of the tickets, or carries the ids in what it keeps of others.

    What nobody could read is searched byte by byte: rather one too many is named.
    """
    if isinstance(record, Anomaly):
        touched = (*record.sample_tickets, *record.affected)
        return any(one.ticket_id in tickets for one in touched)
    if isinstance(record, DeadLetter):
        kept = (record.key or b"") + b" " + (record.value or b"")
        ids = {_ticket_of(record)} & tickets
        return bool(ids) or any(one.encode() in kept for one in tickets | people)
    return _ticket_of(record) in tickets


def _ticket_of(record: Record) -> str:
    return getattr(record, "ticket_id", None) or ""
