"""What is kept of an account between its activities: one bounded, frozen, versioned value.

The accounts agent owns the store it lies in. A stored value is one version byte and a msgpack
array.
"""

from dataclasses import dataclass

import msgspec

from schemas.codec import Tombstone
from schemas.records import (
    AccountActivity,
    AccountHealth,
    HealthLevel,
    Millis,
    Opportunity,
    RequesterFlood,
    TicketUpdate,
)
from schemas.records.base import DurationMillis
from streams.core.versioned import body

VERSION = b"\x01"


class TicketNote(msgspec.Struct, frozen=True, array_like=True):
    """A ticket as its account remembers it."""

    ticket_id: str
    opened_at: Millis
    closed_at: Millis | None = None
    category: str | None = None
    outcome: str | None = None
    escalated: bool = False
    reopened: bool = False
    messages: int = 0
    negative: float = 0.0
    """Sum over the customer's messages of how negative they were, 0-1 each."""
    waited: DurationMillis = 0
    """The longest that the customer has waited for a person's answer."""
    waits_since: Millis | None = None
    """Since when they wait for the first one; None when nobody is waited for."""
    answered_at: Millis | None = None
    """When a person last answered."""

    def sentiment(self) -> float | None:
        """Mean negativity of the ticket's customer messages, 0-1; None without one."""
        return self.negative / self.messages if self.messages else None


class DayCount(msgspec.Struct, frozen=True, array_like=True):
    """What happened on a day (UTC)."""

    opened: int = 0
    escalated: int = 0
    reopened: int = 0
    heard: int = 0
    """Tickets opened that day in which the customer has said something."""
    negative: float = 0.0
    """Sum over those of their mean negativity, 0-1 each."""


class Opening(msgspec.Struct, frozen=True, array_like=True):
    """Who opened a ticket, and when."""

    at: Millis
    requester_id: str


class AccountState(msgspec.Struct, frozen=True, array_like=True):
    """What is known of an account's tickets. While the account is unknown, of its requester's."""

    account_id: str
    tenant: str
    tickets: tuple[TicketNote, ...] = ()
    """Oldest first."""
    open: dict[str, Millis] = {}
    """When each open ticket was opened, by ticket id."""
    days: dict[int, DayCount] = {}
    """Counts by days since 1970-01-01."""
    openings: tuple[Opening, ...] = ()
    seen: tuple[str, ...] = ()
    """Ids of the last activities, so that a repeated one counts once."""
    level: HealthLevel = HealthLevel.UNKNOWN
    flood: RequesterFlood | None = None
    emitted_at: Millis = 0
    deadline: Millis | None = None
    """When `tick` is to be called; None when nothing is outstanding."""
    opportunity: Opportunity | None = None
    """The suggestion to reach out that is not yet done or dismissed."""
    snoozed_until: Millis | None = None
    """Until when it is put off; None while it is open."""
    outreach_from: Millis = 0
    """Before this no further one is made."""
    is_requester: bool = False
    """Whether only a requester is known and no account."""

    @property
    def is_empty(self) -> bool:
        """Whether it has no ticket: nothing can be told of its health."""
        return not self.tickets and not self.open

    @property
    def shown(self) -> Opportunity | None:
        """The suggestion that is open: none while it is put off."""
        return self.opportunity if self.snoozed_until is None else None


@dataclass(frozen=True, slots=True)
class Step:
    """What follows from an activity, a timer, a new profile or an answer to a suggestion."""

    state: AccountState | None
    outputs: tuple[AccountHealth | AccountActivity | TicketUpdate | Tombstone, ...] = ()


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(AccountState)


def encode_account(state: AccountState) -> bytes:
    """The stored value of an account's state."""
    return VERSION + _encoder.encode(state)


def decode_account(value: bytes) -> AccountState:
    """The state in a stored value. Raises ValueError, `NewerVersion`."""
    return _decoder.decode(body(value, VERSION, "an account's state"))
