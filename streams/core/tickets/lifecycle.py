"""The state machine: what every kind of event does to a ticket, by who owns it. One table.

`decide` dispatches from it, `docs/state-machine.md` is made from it, and a test holds that no
event ever moves a ticket to an owner that its cell does not name.
"""

from collections.abc import Callable
from itertools import product
from typing import Any, Final, NamedTuple

from schemas.records import ConversationMessage, MessageStatus, Role, UpdateKind, Visibility
from streams.core.tickets import desks, merge, messages, timers, updates
from streams.core.tickets.handling import Due, Event, Handling
from streams.core.tickets.state import Owner, Ticket

_AI, _REVIEW, _HUMAN, _CLOSED = Owner.AI, Owner.REVIEW, Owner.HUMAN, Owner.CLOSED

Act = Callable[[Handling, Any], None]


class Cell(NamedTuple):
    """What happens, and who may own the ticket afterwards."""

    act: Act
    leads_to: tuple[Owner, ...]


class Row(NamedTuple):
    """A kind of event, and what it does to a ticket of each owner."""

    about: str
    ai: Cell
    review: Cell
    human: Cell
    closed: Cell

    def cell(self, owner: Owner) -> Cell:
        """What it does to a ticket of this owner."""
        return self[1 + _COLUMNS[owner]]  # type: ignore[return-value]


_COLUMNS: Final = {_AI: 0, _REVIEW: 1, _HUMAN: 2, _CLOSED: 3}


def _to(act: Act, *leads_to: Owner) -> Cell:
    return Cell(act, leads_to)


def _all(about: str, act: Act) -> Row:
    """A row that does the same to every ticket and moves none."""
    return Row(about, *(Cell(act, (owner,)) for owner in _COLUMNS))


def _only_human(about: str, human: Cell) -> Row:
    """A row that fits only a person's ticket."""
    return Row(about, _MOOT_AI, _MOOT_REVIEW, human, _MOOT_CLOSED)


_MOOT_AI, _MOOT_REVIEW = _to(updates.moot, _AI), _to(updates.moot, _REVIEW)
_MOOT_HUMAN, _MOOT_CLOSED = _to(updates.moot, _HUMAN), _to(updates.moot, _CLOSED)
_TAKE_OVER = _to(updates.on_human_replied, _HUMAN)
_AGAIN = _to(updates.on_account, _AI, _REVIEW, _HUMAN)
_ENDS = _to(updates.on_resolved, _CLOSED)

MESSAGES: Final[dict[str, Row]] = {
    Role.CUSTOMER: Row(
        "the customer writes",
        _to(messages.on_customer, _AI, _REVIEW, _HUMAN),
        _to(messages.on_customer, _REVIEW, _HUMAN),
        _to(messages.on_customer, _HUMAN),
        _to(merge.on_customer_of_closed, _AI, _REVIEW, _HUMAN, _CLOSED),
    ),
    "draft": Row(
        "the AI offers a draft",
        _to(messages.on_draft, _AI, _REVIEW, _HUMAN),
        _to(messages.on_draft, _REVIEW, _HUMAN),
        _to(messages.on_draft, _HUMAN),
        _to(messages.on_draft, _CLOSED),
    ),
    Role.AI: Row(
        "the AI has answered",
        _to(messages.on_ai, _AI, _HUMAN),
        _to(messages.on_ai, _REVIEW, _HUMAN),
        _to(messages.on_ai, _HUMAN),
        _to(messages.on_ai, _CLOSED),
    ),
    Role.HUMAN: Row(
        "a person answers the customer",
        _to(messages.on_human, _AI, _HUMAN),
        _to(messages.on_human, _REVIEW, _HUMAN),
        _to(messages.on_human, _HUMAN),
        _to(messages.on_human, _CLOSED),
    ),
    "note": _all("an internal note, an automated or a system message", messages.on_note),
}
"""Of the messages a draft of a person is no answer, so it moves nothing."""


UPDATES: Final[dict[UpdateKind, Row]] = {
    UpdateKind.OPENED: Row(
        "the platform opened it",
        _to(updates.on_opened, _AI),
        _to(updates.on_opened, _REVIEW),
        _to(updates.on_opened, _HUMAN),
        _MOOT_CLOSED,
    ),
    UpdateKind.IDENTIFIED: Row(
        "whose ticket it is becomes known or is corrected",
        _AGAIN,
        _to(updates.on_account, _REVIEW, _HUMAN),
        _to(updates.on_account, _HUMAN),
        _MOOT_CLOSED,
    ),
    UpdateKind.ACCOUNT_CHANGED: Row(
        "the account's profile comes late or changes",
        _AGAIN,
        _to(updates.on_account, _REVIEW, _HUMAN),
        _to(updates.on_account, _HUMAN),
        _MOOT_CLOSED,
    ),
    UpdateKind.PENDING_ON_CUSTOMER: Row(
        "it waits for the customer",
        _to(updates.on_pending, _AI),
        _MOOT_REVIEW,
        _to(updates.on_pending_of_person, _HUMAN),
        _MOOT_CLOSED,
    ),
    UpdateKind.ON_HOLD: Row(
        "it waits for somebody else",
        _to(updates.on_hold, _AI),
        _MOOT_REVIEW,
        _MOOT_HUMAN,
        _MOOT_CLOSED,
    ),
    UpdateKind.ASSIGNED: Row(
        "the platform names its agent, or nobody",
        _to(desks.on_assigned, _AI, _HUMAN),
        _to(desks.on_assigned, _REVIEW, _HUMAN),
        _to(desks.on_reassigned, _HUMAN),
        _MOOT_CLOSED,
    ),
    UpdateKind.ACCEPTED: Row(
        "a person accepts the escalation",
        _to(desks.on_accepted_too_late, _AI),
        _to(desks.on_accepted_too_late, _REVIEW),
        _to(desks.on_accepted, _HUMAN),
        _to(desks.on_accepted_too_late, _CLOSED),
    ),
    UpdateKind.DECLINED: _only_human(
        "a person declines the escalation", _to(desks.on_declined, _HUMAN)
    ),
    UpdateKind.TRANSFERRED: _only_human(
        "a person sends it to another queue", _to(desks.on_transferred, _HUMAN)
    ),
    UpdateKind.GATE_TIMEOUT: Row(
        "the platform waited in vain for a decision",
        _to(updates.on_gate_timeout, _AI, _HUMAN),
        _to(updates.on_gate_timeout, _HUMAN),
        _MOOT_HUMAN,
        _MOOT_CLOSED,
    ),
    UpdateKind.HUMAN_REPLIED: Row(
        "a person answered outside of the transcript",
        _TAKE_OVER,
        _TAKE_OVER,
        _TAKE_OVER,
        _MOOT_CLOSED,
    ),
    UpdateKind.DRAFT_REVIEWED: Row(
        "a person judges the draft",
        _MOOT_AI,
        _to(updates.on_draft_reviewed, _AI, _REVIEW, _HUMAN),
        _MOOT_HUMAN,
        _MOOT_CLOSED,
    ),
    UpdateKind.HANDED_BACK: _only_human(
        "a person gives it back to the AI", _to(desks.on_handed_back, _AI, _HUMAN)
    ),
    UpdateKind.VERDICT: _all("a person judges an escalation", updates.on_verdict),
    UpdateKind.RESOLVED: Row("it is resolved", _ENDS, _ENDS, _ENDS, _MOOT_CLOSED),
    UpdateKind.REOPENED: Row(
        "the platform reopens it",
        _MOOT_AI,
        _MOOT_REVIEW,
        _MOOT_HUMAN,
        _to(updates.on_reopened, _AI, _HUMAN),
    ),
    UpdateKind.MERGED_INTO: Row(
        "it goes on in another ticket",
        _to(merge.on_merged_into, _AI, _CLOSED),
        _to(merge.on_merged_into, _REVIEW, _CLOSED),
        _to(merge.on_merged_into, _HUMAN, _CLOSED),
        _to(merge.on_merged_into, _CLOSED),
    ),
    UpdateKind.MERGED_FROM: Row(
        "another ticket goes on here",
        _to(merge.on_merged_from, _AI, _REVIEW, _HUMAN),
        _to(merge.on_merged_from, _REVIEW, _HUMAN),
        _to(merge.on_merged_from, _HUMAN),
        _to(merge.on_merged_from, _AI, _REVIEW, _HUMAN, _CLOSED),
    ),
    UpdateKind.CSAT: _all("the customer gives a score", updates.on_csat),
    UpdateKind.CONTEXT: _all("another system tells what it knows", updates.on_context),
    UpdateKind.ERASED: Row(
        "everything about it is to be erased",
        _to(updates.on_erased, _CLOSED),
        _to(updates.on_erased, _CLOSED),
        _to(updates.on_erased, _CLOSED),
        _to(updates.on_erased, _CLOSED),
    ),
    UpdateKind.UNKNOWN: _all("something that this version does not know", updates.moot),
}

TIMER: Final = Row(
    "a time has come",
    _to(timers.on_due, _AI, _HUMAN, _CLOSED),
    _to(timers.on_due, _REVIEW, _HUMAN),
    _to(timers.on_due, _HUMAN),
    _to(timers.on_due, _CLOSED),
)


def row_of(event: Event) -> Row:
    """The row of an event."""
    if isinstance(event, ConversationMessage):
        return _row_of_message(event.role, event.status, event.visibility, event.automated)
    return TIMER if isinstance(event, Due) else UPDATES[event.kind]


def _row_of_message(
    role: Role, status: MessageStatus, visibility: Visibility, automated: bool
) -> Row:
    if not messages.is_spoken(visibility, automated=automated):
        return MESSAGES["note"]
    speaker = "draft" if role is Role.AI and status is MessageStatus.DRAFT else role
    return MESSAGES.get(speaker, MESSAGES["note"])


_ON_MESSAGE: Final = {
    (*kind, owner): _row_of_message(*kind).cell(owner).act
    for kind in product(Role, MessageStatus, Visibility, (False, True))
    for owner in Owner
}


def act_on(ticket: Ticket, event: Event) -> Act:
    """What an event does to a ticket as it stands; of an erased one only its marker is kept."""
    if ticket.erased and not isinstance(event, Due):
        return updates.refuse
    if isinstance(event, ConversationMessage):
        kind = event.role, event.status, event.visibility, event.automated, ticket.owner
        return _ON_MESSAGE[kind]
    return row_of(event).cell(ticket.owner).act
