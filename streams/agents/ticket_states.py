"""The tickets of a batch: their states and transcript lines, and what steps do to them."""

from operator import attrgetter
from typing import Final

import msgspec

from schemas.codec import Codec, Tombstone
from schemas.records import (
    AccountSnapshot,
    EscalationChange,
    EscalationUpdate,
    Millis,
    Record,
    TicketUpdate,
    TranscriptEntry,
)
from streams.agents.deciding import Decider
from streams.agents.inbox import send
from streams.agents.states import Kind, States
from streams.core.tickets import Step, Ticket, decode_ticket, encode_ticket
from streams.engine import Batch

TICKETS = Kind(b"t", encode_ticket, decode_ticket, attrgetter("deadline"))
LINES = b"m"
"""Prefix of the keys of transcript lines; the ticket's id and the line's number follow."""

# A member looked up in its enum costs as much as a call.
_PACKAGE: Final = EscalationChange.PACKAGE
_encode_line = msgspec.msgpack.Encoder().encode
_decode_line = msgspec.msgpack.Decoder(TranscriptEntry).decode


class TicketStates(States[Ticket]):
    """States of tickets, beside which lie their transcripts, a key a line, never rewritten.

    What steps put out is encoded in one go when the states are saved: between two decisions, whose
    code and data are many, it would find nothing of its own left in the processor's caches.
    """

    def __init__(self, batch: Batch, codec: Codec, decider: Decider) -> None:
        super().__init__(batch, TICKETS)
        self._codec = codec
        self._decider = decider
        self._unsent: list[tuple[list[Record | Tombstone], str | None, Millis]] = []

    def save(self) -> None:
        """Write every state that was set, and send what the steps put out, in their order."""
        super().save()
        for outputs, trace, stamp in self._unsent:
            send(self._batch, self._codec, outputs, trace, stamp)
        self._unsent.clear()

    def take(
        self, ticket_id: str, step: Step, trace: str | None = None, *, lines: bool = True
    ) -> None:
        """Put what a step leads to in place: state, transcript, outputs. Without `lines` a package
        only says where they lie.
        """
        old = self.get(ticket_id)
        self.set(ticket_id, step.state)
        self._keep_lines(ticket_id, old, step)
        outputs = self._complemented(step)
        if step.handoff is not None:
            transcript = self._transcript(step.handoff.ticket) if lines else []
            outputs.append(self._decider.complete(step.handoff, transcript))
        self._unsent.append((outputs, trace, self._batch.stamp))

    def _complemented(self, step: Step) -> list[Record | Tombstone]:
        """The outputs; an update of the package is filled with what is known of the account, and
        the word to another ticket with what this one's transcript says.
        """
        if (ticket := step.state) is None:
            return list(step.outputs)
        return [self._whole(output, ticket, step.account) for output in step.outputs]

    def _whole(
        self, output: Record | Tombstone, ticket: Ticket, account: AccountSnapshot | None
    ) -> Record | Tombstone:
        if type(output) is EscalationUpdate and output.change is _PACKAGE:
            return self._decider.complement(output, ticket, account)
        if type(output) is TicketUpdate:
            return self._decider.carried(output, ticket, self._transcript(ticket))
        return output

    def _keep_lines(self, ticket_id: str, old: Ticket | None, step: Step) -> None:
        new = step.state
        first, end = (0, 0) if new is None else (new.transcript_from, new.transcript_to)
        if step.appended is not None and first < end:
            self._batch.put(line_key(ticket_id, end - 1), _encode_line(step.appended))
        if old is not None and (new is None or old.transcript_from != first):
            for number in range(old.transcript_from, old.transcript_to):
                if not first <= number < end:
                    self._batch.put(line_key(ticket_id, number), None)

    def _transcript(self, ticket: Ticket) -> list[TranscriptEntry]:
        numbers = range(ticket.transcript_from, ticket.transcript_to)
        lines = self._batch.get_many([line_key(ticket.ticket_id, number) for number in numbers])
        return [_decode_line(line) for line in lines if line is not None]


def line_key(ticket_id: str, number: int) -> bytes:
    """The store key of a line of a ticket's transcript."""
    return LINES + ticket_id.encode() + b"\x00" + number.to_bytes(4, "big")


def ticket_of(state_key: bytes) -> bytes:
    """The record key of any state of the tickets agent."""
    return state_key[1:-5] if state_key.startswith(LINES) else state_key[1:]
