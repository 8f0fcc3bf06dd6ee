"""Plays golden conversations with the real detectors and the real decision."""

from functools import cache
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from detectors import Signals, analyze
from detectors.signals import Signal
from schemas.records import (
    AccountSnapshot,
    Action,
    Anomaly,
    AnomalyLink,
    AnomalyState,
    ConversationMessage,
    Decision,
    DraftOutcome,
    DraftReview,
    MergedTicket,
    MessageStatus,
    Mode,
    Role,
    RouteStatus,
    TicketUpdate,
    UpdateKind,
    Verdict,
    Visibility,
)
from streams.agents.text import bounded, text_of
from streams.core.anomalies import OpenAnomalies
from streams.core.policy import Policy, shipped_policy
from streams.core.policy.duration import Duration
from streams.core.policy.load import policy_of, whole
from streams.core.policy.merge import merged
from streams.core.policy.shipped import shipped_text
from streams.core.tickets import Arrival, Ticket, decide, internal_error
from tests.core.conversation import START, Conversation
from tests.golden.talk import Golden, Line, OpenIncident, agrees, conversations, told


class Heard(NamedTuple):
    """What a line led to: the decisions, and how they would have been without its `meant`."""

    line: Line
    said: list[str]
    misread: list[str]
    notices: list[str]


class Skipped(NamedTuple):
    """A line of the AI that a platform which obeys does not send."""

    line: Line


class Play(Conversation):
    """One golden conversation under one policy.

    The platform obeys: what the AI says is played only where the decision in force lets it speak,
    unless the line says `anyway`. `corrected`: misread messages count as what they mean.
    """

    def __init__(self, golden: Golden, policy: str, *, corrected: bool = True) -> None:
        super().__init__(_account(golden.account), policy_for(golden, policy))
        self.golden, self.incidents = golden, self._incident
        self.name, self.corrected = policy, corrected
        self.began = self.now = int(golden.begins.timestamp() * 1000)
        self.queues = self._status
        self.channel = golden.channel
        self.drafts = self.customers = 0

    @property
    def decisions(self) -> list[Decision]:
        """Those on the topic that platforms obey; what is only watched lies on another."""
        return [one for one in self.all(Decision) if one.mode is not Mode.SHADOW]

    def line(self, line: Line) -> Heard | Skipped:
        """Let the line happen at its time."""
        before = len(self.decisions)
        self.wait(Duration.parse(line.wait) if line.wait is not None else line.pause)
        if self.unsent(line):
            return Skipped(line)
        misread: list[str] = []
        if line.update is not None:
            self.apply(self._update(line, UpdateKind(line.update)))
        elif line.wait is None:
            misread = self._speak(line)
        decisions = self.decisions[before:]
        notices = [
            one.customer_notice.template for one in decisions if one.customer_notice is not None
        ]
        return Heard(line, [told(decision) for decision in decisions], misread, notices)

    def unsent(self, line: Line) -> bool:
        """Whether the decision in force keeps the AI from saying this."""
        in_force = [d.action for d in self.decisions if d.action is not Action.NONE]
        if line.anyway or not in_force:
            return False
        may = {Action.REPLY, Action.COLLECT}
        if line.draft is not None:
            may.add(Action.REVIEW)
        return (line.ai or line.draft) is not None and in_force[-1] not in may

    def _incident(
        self, ticket: Ticket, message: ConversationMessage, signals: Signals
    ) -> AnomalyLink | None:
        is_open = OpenAnomalies(
            _anomaly(number, one, self.began)
            for number, one in enumerate(self.golden.incidents)
            if one.until is None or self.now < self.began + Duration.parse(one.until)
        )
        return is_open.link(ticket.tenant, signals.category, signals.fingerprint, ticket.anomaly)

    def _status(self, route: str) -> RouteStatus | None:
        known = self.golden.queues.get(route)
        return None if known is None else RouteStatus(route, updated_at=self.began, **known)

    def _speak(self, line: Line) -> list[str]:
        event, truncated = bounded(self._message(line))
        assert isinstance(event, ConversationMessage)
        arrival = Arrival(self.now, "support.conversations", 0, self.count, truncated)
        if line.fault:
            self.said[event.message_id].add(event.text)
            self.take(internal_error(event, self.state, self.policy, arrival))
            return []
        read = signals_of(text_of(event))
        step = decide(
            self.state,
            event,
            read,
            self.account,
            self.policy,
            arrival,
            statuses=self.queues,
            incidents=self.incidents,
        )
        misread = [told(found) for found in step.outputs if isinstance(found, Decision)]
        marked = self.corrected and line.misread_as(self.name) is not None
        self.apply(event, as_meant(read, line) if marked else read, truncated=truncated)
        return misread

    def _message(self, line: Line) -> ConversationMessage:
        self.count += 1
        role = _role(line)
        name = f"x{self.count}"
        if line.customer is not None:
            self.customers += 1
            name = f"m{self.customers}"
        elif line.draft is not None:
            self.drafts += 1
        return ConversationMessage(
            message_id=line.id or name,
            ticket_id="T1",
            role=role,
            text=line.text,
            sent_at=self.now if line.sent_at is None else line.sent_at,
            account_id="a1",
            requester_id="r1",
            author_id=line.author or ("r1" if role is Role.CUSTOMER else None),
            visibility=Visibility.INTERNAL if line.note is not None else Visibility.PUBLIC,
            automated=line.robot is not None,
            channel=self.channel,
            attachments=line.attachments,
            status=MessageStatus.DRAFT if line.draft is not None else MessageStatus.SENT,
            draft_id=f"d{self.drafts}" if line.draft is not None else None,
            in_reply_to=line.to or (f"m{self.customers}" if role is Role.AI else None),
            confidence=line.confidence,
            gave_up=line.gave_up,
        )

    def _update(self, line: Line, kind: UpdateKind) -> TicketUpdate:
        self.count += 1
        reviewed = None
        if line.outcome is not None:
            reviewed = DraftReview(line.of or f"d{self.drafts}", DraftOutcome(line.outcome))
        return TicketUpdate(
            f"u{self.count}",
            "T1",
            kind,
            self.now,
            actor_id=line.by,
            revision=line.revision,
            route=line.route,
            instructions=line.instructions,
            verified=line.verified,
            account=_account(line.account),
            draft=reviewed,
            other_ticket_id=line.other,
            merged=None if line.merged is None else self._merged(line.merged),
            verdict=None if line.verdict is None else Verdict(**line.verdict),
        )

    def _merged(self, facts: dict[str, Any]) -> MergedTicket:
        return msgspec.convert({"ticket_id": "T0", "opened_at": self.began, **facts}, MergedTicket)


def policy_for(golden: Golden, name: str) -> Policy:
    """The shipped policy of that name, with what the conversation changes in it."""
    if not golden.policy:
        return shipped_policy(name)
    return policy_of(merged(whole(shipped_text(name)), golden.policy))


def play(golden: Golden, policy: str) -> list[Heard | Skipped]:
    """Every line with what it led to."""
    talk = Play(golden, policy)
    return [talk.line(line) for line in golden.talk]


def disagreement(heard: Heard | Skipped, policy: str) -> str | None:
    """What is not as the line says, or None."""
    line, expected = heard.line, heard.line.expected(policy)
    if isinstance(heard, Skipped):
        return None if expected is None else f"expected {expected}, but the AI may not speak"
    if not agrees(expected, heard.said):
        return f"expected {expected}, got {heard.said}"
    if line.notice is not None and heard.notices != [line.notice]:
        return f"expected notice {line.notice}, got {heard.notices}"
    instead = line.misread_as(policy)
    if instead is None:
        return None
    if agrees(expected, heard.misread):
        return f"no longer misread: {heard.misread}; remove the mark"
    if not agrees(instead, heard.misread):
        return f"misread as {heard.misread}, not as {instead}"
    return None


def as_meant(read: Signals, line: Line) -> Signals:
    """The signals, with those corrected that the line says are misread."""
    whole = (0, len(line.text))
    changes: dict[str, Any] = {
        name: Signal(float(value), whole) if isinstance(getattr(read, name), Signal) else value
        for name, value in line.meant.items()
    }
    return replace(read, **changes)


@cache
def _all_signals() -> dict[str, Signals]:
    texts = sorted({line.text for golden in conversations() for line in golden.talk})
    return dict(zip(texts, analyze(texts), strict=True))


def signals_of(text: str) -> Signals:
    """What the detectors say of a text."""
    known = _all_signals().get(text)
    return analyze([text])[0] if known is None else known


def _role(line: Line) -> Role:
    if line.customer is not None:
        return Role.CUSTOMER
    if line.human is not None or line.note is not None:
        return Role.HUMAN
    return Role(line.role) if line.robot is not None else Role.AI


def _anomaly(number: int, incident: OpenIncident, began: int) -> Anomaly:
    problem = None if incident.says is None else signals_of(incident.says).fingerprint
    assert (problem is None) == (incident.says is None), f"reports no problem: {incident.says}"
    return Anomaly(
        anomaly_id=f"anomaly-{number + 1}",
        state=AnomalyState.OPENED,
        revision=1,
        title=incident.title,
        category=incident.category,
        since=began,
        updated_at=began,
        window_start=began,
        window_end=began,
        accounts=40,
        expected=0.0,
        tail_probability=0.0,
        fingerprints=() if problem is None else (problem.id,),
        component=incident.component,
    )


def _account(facts: dict[str, Any] | None) -> AccountSnapshot | None:
    return None if facts is None else AccountSnapshot("a1", START, **facts)
