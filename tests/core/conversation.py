"""A conversation played through `decide`, as the tickets agent would: for tests."""

from collections import defaultdict
from typing import Any, TypeVar

from detectors.signals import Signal, Signals
from schemas.codec import Tombstone
from schemas.records import (
    AccountSnapshot,
    ConversationMessage,
    Decision,
    Escalation,
    MessageStatus,
    Record,
    Role,
    TicketUpdate,
    TranscriptEntry,
    UpdateKind,
)
from streams.core.handoff import complete
from streams.core.policy import Policy, default_policy
from streams.core.tickets import (
    Arrival,
    Due,
    Event,
    Incidents,
    Statuses,
    Step,
    Ticket,
    decide,
    decode_ticket,
    encode_ticket,
    unlinked,
    unstaffed,
)

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = 1_760_000_000_000

R = TypeVar("R", bound=Record)


def scores(**values: float) -> Signals:
    """Signals with these scores, each about the first three characters."""
    read: dict[str, Any] = {name: Signal(value, (0, 3)) for name, value in values.items()}
    return Signals(**read)


class Conversation:
    """One ticket. Every state goes through its codec, every timer fires at its time."""

    def __init__(
        self,
        account: AccountSnapshot | None = None,
        policy: Policy | None = None,
        ticket_id: str = "T1",
        **message: Any,
    ) -> None:
        self.incidents: Incidents = unlinked
        self.queues: Statuses = unstaffed
        self.ticket_id = ticket_id
        self.account = account
        self.policy = policy or default_policy()
        self.message = {"requester_id": "r1", "author_id": "r1", "account_id": "a1", **message}
        self.now = START
        self.state: Ticket | None = None
        self.outputs: list[Record | Tombstone] = []
        self.escalations: list[Escalation] = []
        self.lines: dict[int, TranscriptEntry] = {}
        self.said: dict[str, set[str]] = defaultdict(set)
        self.step = Step(None)
        self.count = 0

    @property
    def ticket(self) -> Ticket:
        assert self.state is not None
        return self.state

    def all(self, kind: type[R]) -> list[R]:
        """Every record of a kind, in order."""
        return [output for output in self.outputs if isinstance(output, kind)]

    def new(self, kind: type[R]) -> list[R]:
        """The records of a kind from the latest step."""
        return [output for output in self.step.outputs if isinstance(output, kind)]

    @property
    def decision(self) -> Decision:
        """The decision in force."""
        return max(self.all(Decision), key=lambda decision: decision.sequence)

    @property
    def codes(self) -> set[str]:
        """The codes that fired in the latest decision."""
        return {reason.code for reason in self.decision.reasons}

    def customer(
        self, text: str = "I need some help", signals: Signals | None = None, **more: Any
    ) -> Step:
        self.count += 1
        message_id = more.pop("message_id", f"m{self.count}")
        fields = {**self.message, **more}
        event = ConversationMessage(
            message_id, self.ticket_id, Role.CUSTOMER, text, self.now, **fields
        )
        return self.apply(event, signals or Signals())

    def ai(self, text: str = "Please try this.", **more: Any) -> Step:
        return self.say(Role.AI, text, **more)

    def draft(self, text: str = "Please try this.", **more: Any) -> Step:
        return self.say(Role.AI, text, status=MessageStatus.DRAFT, **more)

    def human(self, text: str = "I am on it.", **more: Any) -> Step:
        return self.say(Role.HUMAN, text, author_id="p1", **more)

    def say(self, role: Role, text: str, **more: Any) -> Step:
        self.count += 1
        message_id = more.pop("message_id", f"m{self.count}")
        return self.apply(
            ConversationMessage(message_id, self.ticket_id, role, text, self.now, **more)
        )

    def update(self, kind: UpdateKind, **more: Any) -> Step:
        self.count += 1
        update_id = more.pop("update_id", f"u{self.count}")
        return self.apply(TicketUpdate(update_id, self.ticket_id, kind, self.now, **more))

    def wait(self, duration: int) -> None:
        """Let time pass, firing every timer at its own time."""
        until = self.now + duration
        while self.state is not None and (due := self.state.deadline) is not None and due <= until:
            self.now = due
            self.apply(Due(self.ticket_id))
        self.now = until

    def apply(
        self, event: Event, signals: Signals | None = None, *, truncated: bool = False
    ) -> Step:
        offset = -1 if isinstance(event, Due) else self.count
        arrival = Arrival(self.now, "support.conversations", 3, offset, truncated)
        before = self.state
        if isinstance(event, ConversationMessage):
            self.said[event.message_id].add(event.text)
        step = decide(
            before,
            event,
            signals,
            self.account,
            self.policy,
            arrival,
            model="test-1",
            statuses=self.queues,
            incidents=self.incidents,
        )
        self.take(step)
        return step

    def take(self, step: Step) -> None:
        """Store what a step says, as the agent does."""
        self.step = step
        self.outputs.extend(step.outputs)
        self.state = None if step.state is None else decode_ticket(encode_ticket(step.state))
        if step.appended is not None and step.state is not None:
            self.lines[step.state.transcript_to - 1] = step.appended
        kept = range(step.state.transcript_from, step.state.transcript_to) if step.state else ()
        self.lines = {number: line for number, line in self.lines.items() if number in kept}
        if step.handoff is not None:
            lines = [self.lines[number] for number in sorted(self.lines)]
            self.escalations.append(complete(step.handoff, lines))
