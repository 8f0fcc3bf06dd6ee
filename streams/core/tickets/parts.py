"""What the state of a ticket is made of: see `state`.

Encoded as arrays: a new field goes to the end of its struct and has a default, so that older
states stay readable.
"""

import msgspec

from schemas.records import DurationMillis, Millis, Reason, SlaClock


class MoodPoint(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """How negative a message was (0-1), and which characters weighed most."""

    message_id: str
    at: Millis
    negative: float
    start: int
    end: int


class Mood(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An author's sentiment: `level` rolls, `baseline` is the mean of all but the latest."""

    author_id: str
    level: float
    baseline: float
    earlier: int
    points: tuple[MoodPoint, ...]


class Question(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The gist of a customer message, and after how many rounds it was asked."""

    round: int
    gist: tuple[int, ...]


class Given(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Something the customer has already told, and where; `ticket_id` is that of the other ticket
    if it was in one that was merged into this.
    """

    kind: str
    value: str
    message_id: str
    start: int
    end: int
    ticket_id: str | None = None


class Review(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A review that waits: first for the AI's draft, then for a person."""

    review_id: str
    message_id: str
    route: str
    due_at: Millis
    reasons: tuple[Reason, ...]
    draft_id: str | None = None
    revision: int = 1
    priority: int = 3


class Heard(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A signal of the customer message that waits, or a matter it is about: what an account that
    becomes known may tip.
    """

    name: str
    score: float
    start: int
    end: int


class HeardRule(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A rule of the team's own that holds for the customer message that waits; see `Match`."""

    rule: str
    start: int
    end: int
    attributes: tuple[str, ...]


class Case(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The open escalation. `placed` is the revision since which it lies on its route, `paged`
    whether the engineer on call was paged for it there.
    """

    escalation_id: str
    route: str
    priority: int
    opened_at: Millis
    revision: int
    placed: int
    signalled_at: Millis
    owner_id: str | None = None
    moves: int = 0
    relaxed: int = 0
    relax_at: Millis | None = None
    paged: bool = False


class Clock(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A running clock. `rung` counts the warnings and the breach already told.

    `target` and `used` are time of its calendar; `used` is what had gone by at its latest pause.
    A clock of an earlier version has no target and goes round the clock.
    """

    clock: SlaClock
    started_at: Millis
    due_at: Millis
    next_at: Millis | None
    rung: int = 0
    target: DurationMillis = 0
    calendar: str = ""
    resumed_at: Millis | None = None
    used: DurationMillis = 0
    paused: bool = False
    pauses: int = 0
    number: int = 0

    def span(self) -> DurationMillis:
        """How long it may run, in time of its calendar."""
        return self.target or self.due_at - self.started_at

    def runs_since(self) -> Millis:
        """When it began to run, or ran on after its latest pause."""
        return self.started_at if self.resumed_at is None else self.resumed_at
