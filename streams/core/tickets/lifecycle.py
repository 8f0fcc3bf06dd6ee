"""Who owns a ticket after what: the state machine as one table."""

from enum import StrEnum
from typing import Final

from streams.core.tickets.state import Owner


class Turn(StrEnum):
    """What moves a ticket between its owners."""

    REVIEWED = "review_asked"
    """A tier 1 reason fired."""
    CLEARED = "review_passed"
    """A person approved or edited the draft."""
    ESCALATED = "escalated"
    """A tier 2 reason fired, or a person took over unasked."""
    HANDED_BACK = "handed_back"
    """The person gave the ticket back to the AI, within the policy's limit."""
    CLOSED = "closed"
    """Resolved, merged away, erased, or silent for long."""
    REOPENED = "reopened"
    """The customer wrote again, or the platform reopened it."""


_AI, _REVIEW, _HUMAN, _CLOSED = Owner.AI, Owner.REVIEW, Owner.HUMAN, Owner.CLOSED

TABLE: Final = {
    #                  from AI       review     human      closed
    Turn.REVIEWED:    (_REVIEW, _REVIEW, _HUMAN, _CLOSED),
    Turn.CLEARED:     (_AI,     _AI,     _HUMAN, _CLOSED),
    Turn.ESCALATED:   (_HUMAN,  _HUMAN,  _HUMAN, _HUMAN),
    Turn.HANDED_BACK: (_AI,     _REVIEW, _AI,    _CLOSED),
    Turn.CLOSED:      (_CLOSED, _CLOSED, _CLOSED, _CLOSED),
    Turn.REOPENED:    (_AI,     _REVIEW, _HUMAN, _AI),
}  # fmt: skip

_COLUMN: Final = {_AI: 0, _REVIEW: 1, _HUMAN: 2, _CLOSED: 3}


def next_owner(owner: Owner, turn: Turn) -> Owner:
    """The owner after a turn."""
    return TABLE[turn][_COLUMN[owner]]
