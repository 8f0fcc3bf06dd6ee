"""One event being decided: what is known about it, and what has come out so far."""

from collections.abc import Callable
from typing import final

import msgspec

from detectors.signals import Signals
from schemas.codec import Tombstone
from schemas.records import (
    AccountSnapshot,
    AnomalyLink,
    Cause,
    ConversationMessage,
    CustomerNotice,
    Millis,
    Reason,
    Record,
    RouteStatus,
    SlaDue,
    TicketUpdate,
    TranscriptEntry,
)
from streams.core.policy.model import Policy
from streams.core.policy.plan import Plan
from streams.core.policy.routes import Route
from streams.core.policy.segments import Segment
from streams.core.policy.triggers import Triggers
from streams.core.tickets.mutable import mutable
from streams.core.tickets.state import Ticket
from streams.core.tickets.terms import Terms, terms_of


class Arrival(msgspec.Struct, frozen=True, gc=False):
    """How an event came: its time (milliseconds) and place. A timer has `now` = its due time."""

    now: Millis
    topic: str
    partition: int
    offset: int = -1
    truncated: bool = False


@final
class Due(msgspec.Struct, frozen=True, gc=False):
    """The timer of a ticket is due."""

    ticket_id: str


Event = ConversationMessage | TicketUpdate | Due


class Subject(msgspec.Struct, frozen=True, gc=False):
    """What a decision answers, and the customer message it is about."""

    cause: Cause
    id: str
    message_id: str | None = None


class Handoff(msgspec.Struct, frozen=True, gc=False):
    """An escalation that lacks only its package; `complete` adds it."""

    ticket: Ticket
    decision_id: str
    created_at: Millis
    revision: int
    route: Route
    reasons: tuple[Reason, ...]
    segment: Segment
    policy: Policy
    arrival: Arrival
    due: tuple[SlaDue, ...]
    notice: CustomerNotice | None
    page_on_call: bool = False


class Step(msgspec.Struct, frozen=True, gc=False):
    """What an event leads to.

    `state` None: nothing is left of the ticket. `appended` is a new line of its transcript, to be
    stored under the number `state.transcript_to - 1`. The numbers from `transcript_from` up to
    `transcript_to` are all that is kept: a line whose number was in the old state's range and is
    not in the new one's is to be deleted. `handoff` is an escalation to be completed from the
    transcript. `account` is what was known of it. `state.deadline` is the next timer.
    """

    state: Ticket | None
    outputs: tuple[Record | Tombstone, ...] = ()
    appended: TranscriptEntry | None = None
    handoff: Handoff | None = None
    account: AccountSnapshot | None = None


Statuses = Callable[[str], RouteStatus | None]
"""The latest status of a queue by its route's name, as far as it is known."""


def unstaffed(route: str) -> None:
    """Where no queue's status is known."""


Incidents = Callable[[Ticket, ConversationMessage, Signals], AnomalyLink | None]
"""The open anomaly that a customer's message belongs to, as far as it is known."""


def unlinked(ticket: Ticket, message: ConversationMessage, signals: Signals) -> None:
    """Where no anomaly is known."""


@mutable
class Handling(msgspec.Struct, gc=False):
    """The working place of one call of `decide`; it owns `ticket`, a copy of the state.

    `changed`: the event came before and says something else now. `fired` are the reasons that the
    assessment which runs has found up to now.
    """

    ticket: Ticket
    now: Millis
    signals: Signals
    account: AccountSnapshot | None
    policy: Policy
    rules: Triggers
    segment: Segment
    plan: Plan
    arrival: Arrival
    model: str
    thanked: bool = False
    message: ConversationMessage | None = None
    changed: bool = False
    statuses: Statuses = unstaffed
    incidents: Incidents = unlinked
    outputs: list[Record | Tombstone] = msgspec.field(default_factory=list)
    appended: TranscriptEntry | None = None
    handoff: Handoff | None = None
    dropped: bool = False
    status: RouteStatus | None = None
    weighed: RouteStatus | None = None
    fired: tuple[Reason, ...] = ()

    def terms(self) -> Terms:
        """What the policy says for the ticket as it stands."""
        ticket = self.ticket
        return terms_of(self.policy, self.segment.name, ticket.category, ticket.channel)

    @property
    def known_account(self) -> AccountSnapshot | None:
        """The account, unless somebody only claims to be of it."""
        return None if self.ticket.verified is False else self.account

    def step(self) -> Step:
        """What came of it."""
        state = None if self.dropped else self.ticket
        return Step(state, tuple(self.outputs), self.appended, self.handoff, self.account)
