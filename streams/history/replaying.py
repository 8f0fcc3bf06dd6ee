"""Decides a history without Kafka, as the tickets agent would have.

Decisions follow from the records, their times and their partitions alone (see `Batch.now` and
`Batch.due`), so this gives the same ones record by record. Partitions matter for one thing: time,
which never falls below the latest seen on a partition. What the agent itself tells the other
ticket of a merge is decided, too, unless the history was recorded and has it.
"""

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from detectors import Signals
from schemas.codec import Tombstone
from schemas.records import (
    ConversationMessage,
    Millis,
    Record,
    TicketUpdate,
    TranscriptEntry,
)
from schemas.topics import partition_of
from streams.agents.deciding import Decider
from streams.agents.text import bounded, text_of
from streams.agents.tickets import CONVERSATIONS
from streams.core.tickets import Arrival, Due, Step, Ticket
from streams.history.files import Arrived, Event, time_of

CHUNK = 256
"""Events whose texts are analysed at once."""


class _Partition:
    """Time and timers of one partition."""

    def __init__(self) -> None:
        self.time: Millis = 0
        self.timers: list[tuple[Millis, str]] = []


class Replay:
    """One run over a history; it holds every ticket in memory."""

    def __init__(self, decider: Decider, partitions: int) -> None:
        self._decider = decider
        self._count = partitions
        self._partitions: dict[int, _Partition] = defaultdict(_Partition)
        self._tickets: dict[str, Ticket] = {}
        self._lines: dict[str, list[TranscriptEntry]] = defaultdict(list)
        self._offsets: dict[int, int] = defaultdict(int)

    def run(self, events: Iterable[Event]) -> Iterator[Record | Tombstone]:
        """Every record that the events lead to, in order."""
        return self.arrive(Arrived(event, time_of(event)) for event in events)

    def arrive(self, arrivals: Iterable[Arrived]) -> Iterator[Record | Tombstone]:
        """As `run`, of events with the times of their records."""
        arrivals = iter(arrivals)
        while chunk := list(islice(arrivals, CHUNK)):
            read = [bounded(arrived.event) for arrived in chunk]
            signals = self._decider.reader.read([text_of(event) for event, _ in read])
            for (event, cut), signal, arrived in zip(read, signals, chunk, strict=True):
                outputs = self._event(event, arrived.time, signal, cut)
                if arrived.recorded:
                    yield from outputs
                else:
                    now = max(arrived.time, self._time(event))
                    yield from self._with_others(outputs, now, signal, cut)

    def _with_others(
        self,
        outputs: Iterable[Record | Tombstone],
        time: Millis,
        signals: Signals | None,
        cut: bool,
    ) -> Iterator[Record | Tombstone]:
        """The outputs, and what those lead to that are for another ticket."""
        for output in outputs:
            yield output
            if isinstance(output, ConversationMessage | TicketUpdate):
                read = signals if isinstance(output, ConversationMessage) else None
                others = self._event(output, time, read, cut)
                yield from self._with_others(others, time, signals, cut)

    def until(self, time: Callable[[int], Millis]) -> Iterator[Record | Tombstone]:
        """Every record that the timers of each partition before its time lead to, as if nothing
        else came.
        """
        for number, partition in self._partitions.items():
            yield from self._timers(number, partition, time(number))

    def _time(self, event: Event) -> Millis:
        return self._partitions[partition_of(event.ticket_id.encode(), self._count)].time

    def _event(
        self, event: Event, time: Millis, signals: Signals | None, cut: bool
    ) -> Iterator[Record | Tombstone]:
        number = partition_of(event.ticket_id.encode(), self._count)
        partition = self._partitions[number]
        partition.time = max(partition.time, time)
        yield from self._timers(number, partition, partition.time)
        offset = self._offsets[number]
        self._offsets[number] += 1
        arrival = Arrival(partition.time, CONVERSATIONS, number, offset, cut)
        state = self._tickets.get(event.ticket_id)
        step = self._decider.decide(state, event, signals, arrival)
        yield from self._take(partition, event.ticket_id, step)

    def _timers(
        self, number: int, partition: _Partition, until: Millis
    ) -> Iterator[Record | Tombstone]:
        while partition.timers and partition.timers[0][0] < until:
            due, ticket_id = heapq.heappop(partition.timers)
            state = self._tickets.get(ticket_id)
            if state is None or state.deadline != due:
                continue
            partition.time = max(partition.time, due)
            arrival = Arrival(due, CONVERSATIONS, number)
            step = self._decider.decide(state, Due(ticket_id), None, arrival)
            yield from self._take(partition, ticket_id, step)

    def _take(
        self, partition: _Partition, ticket_id: str, step: Step
    ) -> Iterator[Record | Tombstone]:
        lines = self._lines[ticket_id]
        if step.appended is not None:
            lines.append(step.appended)
        if step.state is None:
            self._tickets.pop(ticket_id, None)
            self._lines.pop(ticket_id, None)
        else:
            self._tickets[ticket_id] = step.state
            if step.state.deadline is not None:
                heapq.heappush(partition.timers, (step.state.deadline, ticket_id))
        for output in step.outputs:
            if isinstance(output, TicketUpdate) and step.state is not None:
                yield self._decider.carried(output, step.state, _kept(step.state, lines))
            else:
                yield output
        if (handoff := step.handoff) is not None:
            yield self._decider.complete(handoff, _kept(handoff.ticket, lines))


def _kept(ticket: Ticket, lines: list[TranscriptEntry]) -> list[TranscriptEntry]:
    return lines[len(lines) - (ticket.transcript_to - ticket.transcript_from) :]
