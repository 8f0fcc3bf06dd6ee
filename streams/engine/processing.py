"""Runs an agent's handling over a batch so that one bad record costs only itself."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Final, Protocol

from streams.engine.batch import TIMER_WORK, Batch, Full, Undo
from streams.engine.errors import EngineError, TooManyFailures
from streams.engine.observer import Observer
from streams.engine.record import SourceRecord
from streams.engine.timers import Timer

log = logging.getLogger(__name__)

TIMERS_WORK: Final = 10_000
"""What timers may do before a checkpoint, in the measure of `batch.TIMER_WORK`: about as much as a
batch of records does. After an outage a million may be due, and one may set the next, due as well.
"""
SAVED_WAIT: Final = 0.002
"""Seconds between two looks at whether a checkpoint has what was done."""


class Handler(Protocol):
    """What an agent does. All three write to the batch only."""

    def records(self, batch: Batch, records: list[SourceRecord]) -> None:
        """Handle records in their order, firing `batch.due(batch.now(record))` before each."""

    def timer(self, batch: Batch, timer: Timer) -> None:
        """Handle a timer whose time has come."""

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        """A record or timer could not be handled; nothing of its handling remains."""


class Processor:
    """Handles batches in bulk; a batch that raises is rolled back and repeated one by one.

    An exception in the handling of a record is data, not infrastructure: the record goes to
    `Handler.failed` and the rest goes on. When `max_failures` records in a row fail, the fault is
    not in the data: raises `TooManyFailures`.

    A batch whose timers have more to do than `timers_work`, or its `room`, is handled in parts.
    Each counts by itself, and the next begins once a checkpoint has taken it over. Of a tick there
    is one part: the next tick goes on, after what has come for other partitions. What comes of it
    is the same.
    """

    def __init__(
        self,
        handler: Handler,
        max_failures: int,
        observer: Observer | None = None,
        timers_work: int = TIMERS_WORK,
    ) -> None:
        self._handler = handler
        self._observer = observer or Observer()
        self._max_failures = max_failures
        self._timers_work = timers_work
        self._in_a_row = 0

    async def process(self, batch: Batch) -> None:
        """Handle every record of the batch and the timers due before it, or a part of a tick's.

        Where the partition is about to be given up, only what has been begun.
        """
        self._limit(batch)
        if batch.tick is not None:
            self._handle(batch, (), batch.tick)
        most = len(batch)
        while batch.records:
            some = batch.records[:most]
            if self._handle(batch, some):
                if len(some) == len(batch):
                    return
                await self._settle(batch, len(some))
                most *= 2
            elif fitting := _index(some, batch.under_way):
                most = fitting
            else:
                await self._fire(batch, max(batch.owner.time, some[0].timestamp))

    async def _fire(self, batch: Batch, until: int) -> None:
        """Handle the timers before a time."""
        while not self._handle(batch, (), until) and await self._settle(batch, 0):
            pass

    async def _settle(self, batch: Batch, count: int) -> bool:
        """Let a checkpoint take over what was done; whether there is time for more."""
        owner = batch.owner
        batch.settle(count)
        await asyncio.sleep(0)
        while (owner.has_news() or not self._limit(batch)) and not owner.leaving:
            await asyncio.sleep(SAVED_WAIT)
        if owner.leaving:
            batch.give_up()
        batch.queued_at = time.perf_counter()
        return not owner.leaving

    def _limit(self, batch: Batch) -> int:
        """What timers may do in a batch's name now."""
        batch.limit = self._timers_work
        if batch.room is not None:
            batch.limit = min(batch.limit, TIMER_WORK * batch.room())
        return batch.limit

    def _handle(self, batch: Batch, records: Sequence[SourceRecord], until: int = 0) -> bool:
        """Whether it was all done: records, or the timers before a time. Else no record was."""
        start, started, in_a_row = batch.mark(), time.perf_counter(), self._in_a_row
        done = True
        try:
            self._all(batch, start, records, until)
        except Full:
            done = False
            if records:
                batch.rollback(start)
                self._in_a_row = in_a_row
                return done
        ended = time.perf_counter()
        self._observer.batch(len(records), started - batch.queued_at, ended - started)
        return done

    def _all(self, batch: Batch, start: Undo, records: Sequence[SourceRecord], until: int) -> None:
        try:
            if records:
                self._handler.records(batch, list(records))
                self._in_a_row = 0
            else:
                for timer in batch.due(until):
                    self._handler.timer(batch, timer)
                    self._in_a_row = 0
        except EngineError:
            raise
        except Exception:
            log.warning("partition %d: repeating a batch record by record", batch.partition)
            batch.rollback(start)
            self._one_by_one(batch, records, until)

    def _one_by_one(self, batch: Batch, records: Sequence[SourceRecord], until: int) -> None:
        for record in records:
            if not self._goes_well(batch, record):
                self._timers(batch, batch.now(record))
                self._guarded(batch, record)
        if not records:
            self._timers(batch, until)

    def _goes_well(self, batch: Batch, record: SourceRecord) -> bool:
        """Whether a record is handled by itself, with the timers before it: only who handles it
        knows whether it makes time pass.
        """
        start = batch.mark()
        try:
            self._handler.records(batch, [record])
        except EngineError:
            raise
        except Exception:
            batch.rollback(start)
            return False
        self._in_a_row = 0
        return True

    def _timers(self, batch: Batch, until: int) -> None:
        for timer in batch.due(until):
            self._guarded(batch, timer)

    def _guarded(self, batch: Batch, subject: SourceRecord | Timer) -> None:
        start = batch.mark()
        try:
            if isinstance(subject, Timer):
                self._handler.timer(batch, subject)
            else:
                self._handler.records(batch, [subject])
            self._in_a_row = 0
        except EngineError:
            raise
        except Exception as error:
            batch.rollback(start)
            self._in_a_row += 1
            if self._in_a_row >= self._max_failures:
                raise TooManyFailures(
                    f"{self._in_a_row} records in a row could not be handled, the last for "
                    f"{type(error).__name__}; the fault is in the program or its settings, not in "
                    "the data. Nothing of them was committed."
                ) from error
            self._observer.failed()
            self._handler.failed(batch, subject, error)


def _index(records: Sequence[SourceRecord], record: SourceRecord | None) -> int:
    return next((number for number, one in enumerate(records) if one is record), 0)
