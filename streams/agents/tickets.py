"""The tickets agent: every message of a ticket in, decisions and all that follows from them out."""

import logging

from msgspec.structs import replace

from schemas.codec import Codec
from schemas.records import ConversationMessage, TicketUpdate
from streams.agents.clocks import OffClock, count_off, uncounted
from streams.agents.deciding import Decider
from streams.agents.inbox import INTERNAL_ERROR, Inbox, trace_of
from streams.agents.text import Conversation, bounded, text_of
from streams.agents.ticket_states import TICKETS, TicketStates
from streams.core.tickets import Arrival, Due, Event, encode_ticket
from streams.engine import Batch, EngineError, OutputTooLarge, SourceRecord, Timer

log = logging.getLogger(__name__)

CONVERSATIONS = "support.conversations"
ROUTE_STATUS = "support.route-status"

HEAVY = 500_000
"""Bytes of a state from which on one that finds no room gives up what other systems have told."""


class TicketsAgent:
    """Joins the detectors, `decide` and the states of a batch's tickets.

    `off_clock` is told who writes with a clock that is off.
    """

    name = "tickets"
    sources = (CONVERSATIONS,)

    def __init__(self, codec: Codec, decider: Decider, off_clock: OffClock = uncounted) -> None:
        self._codec = codec
        self._decider = decider
        self._off_clock = off_clock
        self._inbox: Inbox[Conversation] = Inbox(
            self.name, codec, (ConversationMessage, TicketUpdate)
        )

    def records(self, batch: Batch, records: list[SourceRecord]) -> None:
        """Decide for each record in its order, for the timers due before it first."""
        received = self._inbox.receive(batch, records)
        count_off(received, self._off_clock)
        events = [bounded(one.event) for one in received]
        signals = self._decider.reader.read([text_of(event) for event, _ in events])
        tickets = self._tickets(batch)
        tickets.load(event.ticket_id for event, _ in events)
        for one, (event, cut), read in zip(received, events, signals, strict=True):
            record = one.record
            now = batch.now(record)
            for timer in batch.due(now):
                self._wake(tickets, timer, batch.partition)
            state = tickets.get(event.ticket_id)
            arrival = Arrival(now, record.topic, record.partition, record.offset, cut)
            step = self._decider.decide(state, event, read, arrival)
            tickets.take(event.ticket_id, step, trace_of(record))
        tickets.save()

    def timer(self, batch: Batch, timer: Timer) -> None:
        """A ticket's deadline has come."""
        tickets = self._tickets(batch)
        self._wake(tickets, timer, batch.partition)
        tickets.save()

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        """Keep the record among the dead letters and give its ticket, as it was, to a person.

        Where not even that can be done, all other tickets of the partition go on: the letter is
        left, or the timer that fires again.
        """
        tickets = self._tickets(batch)
        if isinstance(subject, Timer):
            tickets.missed(subject)
            event: Event | None = Due(TICKETS.name(subject.key))
            trace = None
            arrival = Arrival(subject.due, CONVERSATIONS, batch.partition)
        else:
            event, trace = self._read(subject), trace_of(subject)
            arrival = Arrival(batch.now(subject), subject.topic, subject.partition, subject.offset)
            sentence = f"{type(error).__name__}: {error}"
            ticket_id = None if event is None else event.ticket_id
            self._inbox.reject(batch, subject, INTERNAL_ERROR, sentence, ticket_id)
        if event is None:
            return
        start = batch.mark()
        try:
            # What was too large once would be again, and nobody would be left to catch it.
            too_large = isinstance(error, OutputTooLarge)
            state = tickets.get(event.ticket_id)
            if too_large and state is not None and len(encode_ticket(state)) > HEAVY:
                state = replace(state, context=())
            step = self._decider.give_up(state, event, arrival)
            tickets.take(event.ticket_id, step, trace, lines=not too_large)
            tickets.save()
        except EngineError:
            raise
        except Exception as worse:
            # Of the error only its kind: it may quote what a customer wrote.
            log.error(
                "partition %d: the ticket of %s cannot be given to a person: %s",
                batch.partition, _place(subject), type(worse).__name__,
            )  # fmt: skip
            batch.rollback(start)

    def _tickets(self, batch: Batch) -> TicketStates:
        return TicketStates(batch, self._codec, self._decider)

    def _wake(self, tickets: TicketStates, timer: Timer, partition: int) -> None:
        state = tickets.fired(timer)
        if state is not None:
            event, arrival = Due(state.ticket_id), Arrival(timer.due, CONVERSATIONS, partition)
            step = self._decider.decide(state, event, None, arrival)
            tickets.take(state.ticket_id, step)

    def _read(self, record: SourceRecord) -> Conversation | None:
        try:
            return bounded(self._inbox.read(record).event)[0]
        except EngineError:
            raise
        except Exception:
            return None


def _place(subject: SourceRecord | Timer) -> str:
    if isinstance(subject, Timer):
        return f"the timer at {subject.due}"
    return f"{subject.topic}/{subject.partition}/{subject.offset}"
