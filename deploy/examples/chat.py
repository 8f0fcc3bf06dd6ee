"""What the example platform knows of a conversation."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from schemas.records import Action, ConversationMessage, CustomerNotice, DraftReview

NOTICES = {
    "handoff_safety": "Your safety comes first: a person takes over now.",
    "handoff_legal": "Our legal team will answer you in person.",
}
ANY_NOTICE = "A colleague takes over and will answer you here."
MINUTE = 60_000


def worded(notice: CustomerNotice) -> str:
    """What the customer reads at a handoff. Yours is in `notice.language`, in your own words."""
    text = NOTICES.get(notice.template, ANY_NOTICE)
    if notice.next_opening_at is not None:
        opening = datetime.fromtimestamp(notice.next_opening_at / 1000, UTC)
        text += f" We are back on {opening:%A at %H:%M} UTC."
    elif notice.expected_wait is not None:
        text += f" It will take about {max(1, notice.expected_wait // MINUTE)} min."
    return text + (" Shall we call you back?" if notice.callback else "")


class Late(StrEnum):
    """Without a decision in time an answer waits, goes out, or a person takes over instead.

    `send` counts only where the AI may speak: while a person has the ticket or reviews its draft,
    and once security, law or safety was at issue, it is as `human`.
    """

    HOLD = "hold"
    SEND = "send"
    HUMAN = "human"


class Answer(NamedTuple):
    """What the AI would say, and how sure it is, 0-1."""

    text: str
    confidence: float | None = None
    gave_up: bool = False


@dataclass
class Chat:
    """A conversation as the platform sees it.

    `asked` is the customer's last message until somebody has answered it; `waiting` names what no
    decision has come on yet, and `due` (monotonic seconds) when that is too late; `overdue` is our
    word that it was; `draft` has been offered and neither sent nor voided. `action` is in force;
    `grave` says that a decision had a reason after which nothing goes out without one.
    """

    ticket_id: str
    details: dict[str, Any]
    lines: list[ConversationMessage] = field(default_factory=list)
    asked: str | None = None
    waiting: str | None = None
    due: float = 0.0
    overdue: str | None = None
    draft: ConversationMessage | None = None
    reviews: dict[str, DraftReview] = field(default_factory=dict)
    let_out_by: str | None = None
    instructions: str | None = None
    sequence: int = 0
    action: Action = Action.REPLY
    grave: bool = False
    noticed: str | None = None
