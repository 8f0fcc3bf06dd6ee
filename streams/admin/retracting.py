"""The erasure records of what no agent knows any more, found among what lies on the topics.

On a route an `EscalationUpdate` `closed` with the note `erased`, on the reviews the `ReviewRequest`
again without its text, of an incident that is over its last record again without the tickets, of a
dead letter its record again without key, value and headers.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain

from msgspec.structs import replace

from schemas.records import (
    AccountActivity,
    ActivityKind,
    AffectedTicket,
    Anomaly,
    AnomalyState,
    DeadLetter,
    Escalation,
    EscalationChange,
    EscalationUpdate,
    Millis,
    OpenAlert,
    Record,
    ReviewRequest,
    ReviewState,
    TicketUpdate,
    UpdateKind,
)
from schemas.topics import ROUTES, TOPICS, Topic
from streams.reading import Seen

ERASED = "erased"
"""The note of a closed escalation, and the code of a dead letter, that has been erased."""

RETRACTED: tuple[Topic, ...] = (
    ROUTES,
    *(topic for topic in TOPICS.values() if {ReviewRequest, DeadLetter} & {*topic.records}),
    TOPICS["support.anomalies"],
)
"""The topics that erasure records are written on."""

_ESCAPED = re.compile(rb'\\([\\/"bfnrt])|(?:\\u[0-9a-fA-F]{4})+')
_WHOLE = rb"(?<![0-9A-Za-z])%b(?![0-9A-Za-z])"
_OVER = (AnomalyState.RESOLVED, AnomalyState.MERGED)


class Lying:
    """What lies on the topics of some tickets and of the people whose ids were named."""

    def __init__(self, tickets: set[str], people: set[str]) -> None:
        self.newest: dict[str, Millis] = {}
        self.counts: dict[str, int] = defaultdict(int)
        self._tickets = tickets
        self._people = people
        self._closed: dict[tuple[str, str], EscalationUpdate] = {}
        self._reviews: dict[str, ReviewRequest] = {}
        self._anomalies: dict[str, dict[int, Anomaly]] = {}
        self._letters: dict[str, DeadLetter] = {}
        self._merged: dict[str, str] = {}

    def see(self, seen: Seen) -> None:
        """Take in a record; the records of a topic's partition come in their order."""
        record = seen.record
        if isinstance(record, Anomaly) and seen.topic == TOPICS["support.anomalies"].name:
            self._keep(record)
        if not self._is_theirs(seen):
            return
        self.counts[seen.topic] += 1
        self.newest[seen.topic] = max(self.newest.get(seen.topic, 0), seen.timestamp)
        if isinstance(record, Escalation | EscalationUpdate):
            place = record.escalation_id, record.route
            known = self._closed.get(place)
            if known is None or record.revision >= known.revision:
                self._closed[place] = _closed(record)
        elif isinstance(record, ReviewRequest):
            known_review = self._reviews.get(record.review_id)
            if known_review is None or record.revision >= known_review.revision:
                self._reviews[record.review_id] = record
        elif isinstance(record, TicketUpdate) and record.kind is UpdateKind.MERGED_INTO:
            self._merged[record.ticket_id] = record.other_ticket_id or record.ticket_id
        elif isinstance(record, DeadLetter):
            self._letters[record.dead_letter_id] = record

    def retractions(self, at: Millis) -> Iterator[Record]:
        """The erasure records, as of `at`."""
        yield from (replace(one, changed_at=at) for one in self._closed.values())
        yield from (_without_text(one) for one in self._reviews.values())
        for parts in self._anomalies.values():
            yield from self._without_tickets([*parts.values()])
        for letter in self._letters.values():
            if letter.error_code != ERASED:
                yield _emptied(letter)

    def still_told(self) -> Iterator[str]:
        """Which other tickets still lie with what was told in those that were merged into them."""
        for source, target in self._merged.items():
            if target not in self._tickets:
                yield (
                    f"{source} was merged into {target}, whose state forgets what was told in"
                    f" {source}. What {target}'s desks were given and what was written to {source}"
                    f" since stays: erase {target} too if that is to go."
                )

    def _keep(self, anomaly: Anomaly) -> None:
        """Of an anomaly the latest record is in force, and with it the other parts of its list."""
        parts = self._anomalies.setdefault(anomaly.anomaly_id, {})
        if any(one.revision < anomaly.revision for one in parts.values()):
            parts.clear()
        parts[anomaly.part] = anomaly

    def _is_theirs(self, seen: Seen) -> bool:
        """Whether a record is of one of the tickets, or carries the ids in what it keeps of others.

        What nobody could read is searched byte by byte: rather one too many is taken back, but no
        text in which a ticket's number is part of a longer one.
        """
        record = seen.record
        if record is None:
            return seen.problem is not None and seen.key in self._tickets
        if isinstance(record, Anomaly):
            return self._names(record)
        if isinstance(record, OpenAlert):
            return not _named_by(record).isdisjoint(self._tickets | self._people)
        if isinstance(record, DeadLetter):
            ids = self._tickets | self._people
            return record.ticket_id in self._tickets or any(_names_in(record, ids))
        return ticket_of(record) in self._tickets

    def _names(self, anomaly: Anomaly) -> bool:
        return any(one.ticket_id in self._tickets for one in _touched(anomaly)) or bool(
            self._people & {*anomaly.large_accounts, *anomaly.affected_accounts}
        )

    def _without_tickets(self, parts: list[Anomaly]) -> Iterator[Anomaly]:
        """The parts that name them again, and the totals without them."""
        touched = [*chain.from_iterable(map(_touched, parts))]
        left = {one.account_id for one in touched if one.ticket_id not in self._tickets}
        theirs = {one.account_id for one in touched if one.ticket_id in self._tickets}
        gone = (theirs - left) | self._people
        tickets = {one.ticket_id for part in parts for one in part.affected} & self._tickets
        accounts = {one for part in parts for one in part.affected_accounts} & gone

        def rest(of: tuple[AffectedTicket, ...]) -> tuple[AffectedTicket, ...]:
            return tuple(one for one in of if one.ticket_id not in self._tickets)

        for part in parts:
            if part.state in _OVER and self._names(part):
                yield replace(
                    part,
                    affected=rest(part.affected),
                    sample_tickets=rest(part.sample_tickets),
                    large_accounts=tuple(one for one in part.large_accounts if one not in gone),
                    affected_accounts=tuple(
                        one for one in part.affected_accounts if one not in gone
                    ),
                    total_tickets=max(0, part.total_tickets - len(tickets)),
                    total_accounts=max(0, part.total_accounts - len(accounts)),
                )


def ticket_of(record: Record) -> str:
    """The ticket that a record is of; empty where it is of none."""
    if isinstance(record, AccountActivity) and record.kind is ActivityKind.OUTREACH:
        return ""  # what one account hands over to another is under the account's id
    return getattr(record, "ticket_id", None) or ""


def unescaped(text: bytes) -> bytes:
    """JSON with its characters in UTF-8: many a platform writes all but ASCII as code points."""

    def plain(found: re.Match[bytes]) -> bytes:
        if found[1]:
            return b" " if found[1].isalpha() else found[1]
        digits = found[0].replace(b"\\u", b"").decode()
        return bytes.fromhex(digits).decode("utf-16-be", errors="replace").encode()

    return _ESCAPED.sub(plain, text)


def _names_in(letter: DeadLetter, ids: Iterable[str]) -> Iterator[bool]:
    """Whether each of the ids is in what a letter has kept."""
    kept = b" ".join(_kept(letter))
    kept += b" " + unescaped(kept)
    is_text = (letter.value or b"").lstrip()[:1] in (b"{", b"[")
    for one in map(str.encode, ids):
        # In Avro the byte before a text is its length, which may look like a letter.
        yield one in kept and not (is_text and re.search(_WHOLE % re.escape(one), kept) is None)


def _kept(letter: DeadLetter) -> Iterator[bytes]:
    yield letter.key or b""
    yield letter.value or b""
    yield from (header.value or b"" for header in letter.headers)


def _named_by(told: OpenAlert) -> set[str]:
    listed = (one for fact in told.alert.facts.values() for one in fact.split(", "))
    return {*told.alert.labels.values(), *listed}


def _touched(anomaly: Anomaly) -> tuple[AffectedTicket, ...]:
    return (*anomaly.sample_tickets, *anomaly.affected)


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


def _emptied(letter: DeadLetter) -> DeadLetter:
    return replace(
        letter, error_code=ERASED, error=ERASED, key=None, value=None, headers=(), value_size=None
    )
