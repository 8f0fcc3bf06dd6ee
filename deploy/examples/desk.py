"""A desk: people read one queue, take tickets, answer them, check drafts and give tickets back.

README.md explains the rules that this program shows; `desk_terminal.py` is its screen.
"""

import itertools
from typing import Any

from deploy.examples.wire import Wire, now
from schemas.records import (
    ConversationMessage,
    DraftOutcome,
    DraftReview,
    Escalation,
    EscalationChange,
    EscalationUpdate,
    MessageStatus,
    OpenEscalation,
    Record,
    ReviewRequest,
    ReviewState,
    Role,
    TicketUpdate,
    UpdateKind,
    Verdict,
)
from schemas.topics import route_topic

OPEN = "support.open-escalations"
REVIEWS = "support.reviews"
CONVERSATIONS = "support.conversations"


class Refused(Exception):
    """The desk does not do that; the text says why."""


class Desk:
    """What a person at a desk sees and does. Its writer is `me`.

    `open` is what is open on the route now, by ticket, and says who owns it. It comes from the
    compacted `support.open-escalations`, so a desk that starts late sees exactly what is open.
    `packages` are the escalations of the route by their id, and `changes` what has changed on each
    since: the event log, from which the desk takes the context of what is open. `reviews` are the
    drafts that wait, by review. `talk` is what was said on a ticket. `lost` names, by escalation,
    the owner of what somebody else had accepted before us.
    """

    def __init__(self, wire: Wire, route: str, me: str) -> None:
        self.route, self.me = route, me
        self.open: dict[str, OpenEscalation] = {}
        self.packages: dict[str, Escalation] = {}
        self.changes: dict[str, list[EscalationUpdate]] = {}
        self.reviews: dict[str, ReviewRequest] = {}
        self.talk: dict[str, list[ConversationMessage]] = {}
        self.lost: dict[str, str | None] = {}
        self._revisions: dict[str, int] = {}
        self._accepted: set[str] = set()
        self._wire = wire
        self._numbers = itertools.count(now())

    @staticmethod
    def topics(route: str) -> tuple[str, ...]:
        """What the desk's wire reads, from the start."""
        return (OPEN, REVIEWS, CONVERSATIONS, route_topic(route))

    def poll(self, timeout: float = 0.05) -> None:
        """Take in what is new."""
        for topic, ticket_id, record in self._wire.poll(timeout):
            if topic == OPEN and record is None:
                self.open.pop(ticket_id, None)
            elif record is not None:
                self._take_in(record)

    def _take_in(self, record: Record) -> None:
        match record:
            case OpenEscalation(ticket_id=ticket_id, route=route):
                if route == self.route:
                    self.open[ticket_id] = record
                else:
                    self.open.pop(ticket_id, None)
            case Escalation(escalation_id=escalation_id):
                self.packages[escalation_id] = record
            case (
                EscalationUpdate(change=EscalationChange.CLOSED, note="erased")
                | TicketUpdate(kind=UpdateKind.ERASED)
            ):
                self._forget(record.ticket_id)
            case EscalationUpdate(change=EscalationChange.ACCEPT_REFUSED):
                if record.update_id.rpartition("/refused/")[2] in self._accepted:
                    self.lost[record.escalation_id] = record.owner_id
            case EscalationUpdate(escalation_id=escalation_id):
                self.changes.setdefault(escalation_id, []).append(record)
            case ReviewRequest():
                self._take_review(record)
            case ConversationMessage(ticket_id=ticket_id, status=MessageStatus.SENT):
                talk = self.talk.setdefault(ticket_id, [])
                if all(one.message_id != record.message_id for one in talk):
                    talk.append(record)

    def _forget(self, ticket_id: str) -> None:
        """The ticket was erased: whoever has kept a copy deletes it."""
        self.talk.pop(ticket_id, None)
        for name in [name for name, one in self.packages.items() if one.ticket_id == ticket_id]:
            del self.packages[name]
        for name in [name for name, of in self.changes.items() if of[0].ticket_id == ticket_id]:
            del self.changes[name]
        for name in [name for name, one in self.reviews.items() if one.ticket_id == ticket_id]:
            del self.reviews[name]

    def _take_review(self, review: ReviewRequest) -> None:
        """The highest revision is in force, also where it lies on another route now. A review may
        come before its draft does.
        """
        if review.revision < self._revisions.get(review.review_id, 0):
            return
        self._revisions[review.review_id] = review.revision
        waits = review.state is ReviewState.WAITING and review.draft_id is not None
        if waits and review.route == self.route:
            self.reviews[review.review_id] = review
        else:
            self.reviews.pop(review.review_id, None)

    def accept(self, ticket_id: str) -> None:
        """Ask for a ticket. It is mine once `open` says so: others may have been faster."""
        case = self._case(ticket_id)
        self.lost.pop(case.escalation_id, None)
        self._accepted.add(self._update(ticket_id, UpdateKind.ACCEPTED, revision=case.revision))

    def decline(self, ticket_id: str, reason: str | None = None) -> None:
        """Not for me: it is free for the others again."""
        self._case(ticket_id)
        self._update(ticket_id, UpdateKind.DECLINED, reason=reason)

    def transfer(self, ticket_id: str, route: str, reason: str | None = None) -> None:
        """It belongs on another queue."""
        self._case(ticket_id)
        self._update(ticket_id, UpdateKind.TRANSFERRED, route=route, reason=reason)

    def reply(self, ticket_id: str, text: str) -> None:
        """Answer the customer; the first answer meets the first-response clock."""
        self._mine(ticket_id)
        message_id = f"{self.me}-{next(self._numbers)}"
        at = now()
        self._wire.send(
            ConversationMessage(message_id, ticket_id, Role.HUMAN, text, at, author_id=self.me)
        )

    def hand_back(self, ticket_id: str, instructions: str) -> None:
        """The AI goes on, with my instructions."""
        self._mine(ticket_id)
        self._update(ticket_id, UpdateKind.HANDED_BACK, instructions=instructions)

    def resolve(self, ticket_id: str, path: str | None = None) -> None:
        """It is done. `path` says in a word how, such as `refunded`."""
        self._mine(ticket_id)
        self._update(ticket_id, UpdateKind.RESOLVED, resolution_path=path)

    def judge(self, ticket_id: str, verdict: Verdict) -> None:
        """Say whether the escalation was needed, whether it was late, and what the AI lacked."""
        self._update(ticket_id, UpdateKind.VERDICT, verdict=verdict)

    def review(self, review_id: str, outcome: DraftOutcome, text: str | None = None) -> None:
        """Let a draft out as it is or edited, or refuse it. A refused one is a person's ticket."""
        review = self.reviews.pop(review_id, None)
        if review is None or review.draft_id is None:
            raise Refused(f"no draft of review {review_id} waits here")
        draft = DraftReview(review.draft_id, outcome, self.me, text)
        self._update(
            review.ticket_id, UpdateKind.DRAFT_REVIEWED, message_id=review.message_id, draft=draft
        )

    def package(self, ticket_id: str) -> Escalation | None:
        """What is known of an open ticket; None while only its entry among the open has come."""
        return self.packages.get(self._case(ticket_id).escalation_id)

    def _case(self, ticket_id: str) -> OpenEscalation:
        if ticket_id not in self.open:
            raise Refused(f"{ticket_id} is not open on {self.route}")
        return self.open[ticket_id]

    def _mine(self, ticket_id: str) -> OpenEscalation:
        case = self._case(ticket_id)
        if case.owner_id != self.me:
            raise Refused(f"{ticket_id} is {case.owner_id or 'nobody'}'s; accept it first")
        return case

    def _update(self, ticket_id: str, kind: UpdateKind, **fields: Any) -> str:
        case = self.open.get(ticket_id)
        escalation_id = None if case is None else case.escalation_id
        fields = {"actor_id": self.me, "escalation_id": escalation_id, **fields}
        update_id = f"{self.me}-{next(self._numbers)}"
        self._wire.send(TicketUpdate(update_id, ticket_id, kind, now(), **fields))
        return update_id
