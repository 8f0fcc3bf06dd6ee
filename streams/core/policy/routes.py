"""Queues, and how tickets move between them and the AI."""

from typing import Annotated, Literal

import msgspec

from streams.core.policy.duration import Duration
from streams.core.policy.section import Section
from streams.core.policy.values import Name, Priority, Word
from streams.core.reasons import Code


class Route(Section, frozen=True):
    """A queue: takes a ticket when one of these reasons fired or its category is one of these.

    Priority 1 is the most pressing, 5 the least. The last route has neither reasons nor
    categories and takes what is left. `collect` names what the AI may ask the customer for until
    somebody has taken the ticket, such as `order` or `version`. `consult` names the teams to ask
    because of its reasons, also where the ticket lies on another route.
    """

    name: Name
    priority: Priority
    reasons: tuple[Code, ...] = ()
    categories: tuple[str, ...] = ()
    required_skills: tuple[Word, ...] = ()
    preferred_skills: tuple[Word, ...] = ()
    consult: tuple[Word, ...] = ()
    collect: tuple[Name, ...] = ()
    notice: Word = "handoff"
    notice_closed: Word = "handoff_closed"
    first_response: Duration | None = None
    next_response: Duration | None = None
    resolution: Duration | None = None
    calendar: str | None = None


class Escalations(Section, frozen=True):
    """How often a ticket may move and come back, and how long repeated signals are merged."""

    cool_down: Duration
    max_hand_backs: Annotated[int, msgspec.Meta(ge=0, le=100)]
    max_moves: Annotated[int, msgspec.Meta(ge=0, le=100)]
    relax_preferred_after: tuple[Duration, ...]
    lead_route: Name


class Overload(Section, frozen=True):
    """What needs less of people while a queue is longer than so many times its target.

    The tiers that hold then; nothing else is ever relaxed. A high-stakes account is meant alone,
    without a problem, and only where that is tier 1.
    """

    queue_over: Annotated[float, msgspec.Meta(ge=1, le=1_000)]
    sentiment_drop: Literal[1, 2]
    ai_loop: Literal[1, 2]
    high_stakes_account: Literal[0, 1]
