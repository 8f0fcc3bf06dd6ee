"""A chat platform that obeys Baton's send gate: an AI answers, but only where it may.

README.md explains the rules that this program shows; `chat_terminal.py` lets you try it by hand.
"""

import itertools
import time
from collections.abc import Callable
from typing import Any

from deploy.examples.chat import Answer, Chat, Late, worded
from deploy.examples.wire import Wire, now
from schemas.records import (
    Action,
    Cause,
    ConversationMessage,
    Decision,
    DraftOutcome,
    MessageStatus,
    Mode,
    Record,
    Role,
    TicketUpdate,
    UpdateKind,
    Visibility,
)

TOPICS = ("support.decisions", "support.conversations")
GRAVE = frozenset(("security", "legal_compliance", "safety"))
"""Reasons after which no answer goes out without a decision."""


class Platform:
    """Sends what customers say, asks the AI, and lets out only what a decision allows.

    Args:
        wire: Reads `TOPICS` from now on.
        ai: Answers a conversation.
        late: What to do without a decision after `patience` seconds.
        drafts: Whether the AI's words are judged before they go out. Without, the decision on the
            customer's message is enough, unless it asks for a review.
        show: Gets every line that the customer sees.

    """

    def __init__(
        self,
        wire: Wire,
        ai: Callable[[Chat], Answer],
        *,
        late: Late = Late.HUMAN,
        patience: float = 10.0,
        drafts: bool = True,
        show: Callable[[ConversationMessage], None] = lambda _line: None,
    ) -> None:
        self.chats: dict[str, Chat] = {}
        self._wire, self._ai, self._show = wire, ai, show
        self._late, self._patience, self._drafts = late, patience, drafts
        self._numbers = itertools.count(now())

    def customer_says(self, ticket_id: str, text: str, **details: Any) -> None:
        """A customer writes: the gate closes until a decision on this very message is there."""
        chat = self.chats.setdefault(ticket_id, Chat(ticket_id, details))
        chat.draft = chat.let_out_by = None
        message = self._line(chat, Role.CUSTOMER, text, **details)
        chat.asked = message.message_id
        self._wait_for(chat, message.message_id)

    def poll(self, timeout: float = 0.05) -> None:
        """Obey what has been decided, and do without what has not come in time."""
        for _topic, ticket_id, record in self._wire.poll(timeout):
            chat = self.chats.get(ticket_id)
            if isinstance(record, Decision) and record.erased:
                self.chats.pop(ticket_id, None)
            elif chat is not None and record is not None:
                self._heed(chat, record)
        for chat in self.chats.values():
            if chat.waiting is not None and time.monotonic() >= chat.due:
                self._do_without(chat)

    @property
    def is_waiting(self) -> bool:
        """Whether a decision has still to come."""
        return any(chat.waiting is not None for chat in self.chats.values())

    def _heed(self, chat: Chat, record: Record) -> None:
        if isinstance(record, Decision):
            if record.subject_id == chat.waiting:
                chat.waiting = None
            self._obey(chat, record)
        elif isinstance(record, TicketUpdate) and record.draft is not None:
            chat.reviews[record.update_id] = record.draft
            self._send_reviewed(chat)
        elif isinstance(record, ConversationMessage) and _is_of_a_person(record):
            self._pass_on(chat, record)

    def _pass_on(self, chat: Chat, message: ConversationMessage) -> None:
        """A person's words, once. They answer the customer, so the AI has nothing left to say; what
        their mailbox sends by itself is no answer.
        """
        if any(line.message_id == message.message_id for line in chat.lines):
            return
        if not message.automated:
            chat.asked = chat.draft = chat.waiting = None
        self._shown(chat, message)

    def _obey(self, chat: Chat, decision: Decision) -> None:
        """The highest sequence is in force; `none` leaves in force what was."""
        if decision.subject_id == chat.overdue:
            chat.overdue = None
        if decision.sequence <= chat.sequence or decision.action is Action.NONE:
            return
        chat.sequence = decision.sequence
        chat.instructions = decision.instructions
        chat.grave |= not GRAVE.isdisjoint(reason.code for reason in decision.reasons)
        # What only advises or is in shadow is recorded; nothing obeys it.
        action = decision.action if decision.mode is Mode.ENFORCE else Action.REPLY
        chat.action = action
        if action in (Action.HANDOFF, Action.SILENT, Action.COLLECT):
            chat.draft = None
            self._tell(chat, decision)
        elif chat.overdue is not None:
            return  # It came too late: we have said that a person takes over.
        elif decision.cause is Cause.DRAFT:
            if action is Action.REPLY and chat.draft and chat.draft.draft_id == decision.subject_id:
                self._send(chat, chat.draft.text, draft_id=chat.draft.draft_id)
        elif decision.cause is Cause.UPDATE and chat.draft and action is Action.REPLY:
            chat.let_out_by = decision.subject_id
            self._send_reviewed(chat)
        elif chat.draft is not None:
            return  # The draft that is offered waits for what is decided on it.
        elif chat.asked is not None and decision.message_id in (None, chat.asked):
            self._answer(chat, as_draft=self._drafts or action is Action.REVIEW)

    def _tell(self, chat: Chat, decision: Decision) -> None:
        """A person has it. The customer is told once; the AI may ask for what `collect` names, but
        not past a customer message that has its own decision still to come.
        """
        notice = decision.customer_notice
        if notice is not None and chat.noticed != decision.escalation_id:
            chat.noticed = decision.escalation_id
            self._line(chat, Role.SYSTEM, worded(notice), automated=True)
        unasked = chat.asked is None and decision.action is Action.HANDOFF
        if decision.collect and (unasked or decision.message_id == chat.asked):
            fields = ", ".join(field.replace("_", " ") for field in decision.collect)
            self._send(chat, f"To help my colleague, please tell me: {fields}.")

    def _answer(self, chat: Chat, *, as_draft: bool) -> None:
        answer = self._ai(chat)
        if not as_draft:
            sure, gave_up = answer.confidence, answer.gave_up
            self._send(chat, answer.text, confidence=sure, gave_up=gave_up)
            return
        draft_id = f"{chat.asked}-d{next(self._numbers)}"
        chat.draft = self._line(
            chat,
            Role.AI,
            answer.text,
            status=MessageStatus.DRAFT,
            draft_id=draft_id,
            in_reply_to=chat.asked,
            confidence=answer.confidence,
            gave_up=answer.gave_up,
        )
        self._wait_for(chat, draft_id)

    def _send_reviewed(self, chat: Chat) -> None:
        """Kafka orders nothing between topics: a person's word and the decision on it must both
        have come. Of a draft that was edited only the person's words go out.
        """
        word = chat.reviews.get(chat.let_out_by or "")
        if word is None or chat.draft is None or word.draft_id != chat.draft.draft_id:
            return
        edited = word.outcome is DraftOutcome.EDITED
        if text := word.sent_text or ("" if edited else chat.draft.text):
            self._send(chat, text, draft_id=word.draft_id)

    def _do_without(self, chat: Chat) -> None:
        chat.waiting = None
        may_send = chat.action is Action.REPLY and not chat.grave
        late = Late.HUMAN if self._late is Late.SEND and not may_send else self._late
        if late is Late.SEND and chat.draft is not None:
            self._send(chat, chat.draft.text, draft_id=chat.draft.draft_id)
        elif late is Late.SEND:
            self._answer(chat, as_draft=False)
        elif late is Late.HUMAN:
            chat.draft, chat.overdue = None, f"{chat.ticket_id}-late-{next(self._numbers)}"
            kind, message_id = UpdateKind.GATE_TIMEOUT, chat.asked
            self._wire.send(
                TicketUpdate(chat.overdue, chat.ticket_id, kind, now(), message_id=message_id)
            )

    def _wait_for(self, chat: Chat, subject_id: str) -> None:
        chat.waiting, chat.due = subject_id, time.monotonic() + self._patience

    def _send(self, chat: Chat, text: str, **fields: Any) -> None:
        asked, chat.asked, chat.draft, chat.waiting = chat.asked, None, None, None
        self._line(chat, Role.AI, text, in_reply_to=asked, **fields)

    def _line(self, chat: Chat, role: Role, text: str, **fields: Any) -> ConversationMessage:
        message_id = f"{chat.ticket_id}-{next(self._numbers)}"
        channel = chat.details.get("channel", "chat")
        fields = {"channel": channel, **fields}
        message = ConversationMessage(message_id, chat.ticket_id, role, text, now(), **fields)
        self._wire.send(message)
        if message.status is MessageStatus.SENT:
            self._shown(chat, message)
        return message

    def _shown(self, chat: Chat, message: ConversationMessage) -> None:
        chat.lines.append(message)
        self._show(message)


def _is_of_a_person(message: ConversationMessage) -> bool:
    """Whether a person has said it to the customer: neither a note nor a draft of theirs."""
    said = message.visibility is Visibility.PUBLIC and message.status is MessageStatus.SENT
    return said and message.role is Role.HUMAN
