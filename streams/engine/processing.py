"""Runs an agent's handling over a batch so that one bad record costs only itself."""

import logging
import time
from itertools import islice
from typing import Protocol

from streams.engine.batch import Batch, SourceRecord
from streams.engine.errors import EngineError, TooManyFailures
from streams.engine.observer import Observer
from streams.engine.timers import Timer

log = logging.getLogger(__name__)

TIMERS_AT_ONCE = 500
"""Timers of a tick; the next one goes on: after an outage there may be a hundred thousand."""


class Handler(Protocol):
    """What an agent does. All three write to the batch only."""

    def records(self, batch: Batch, records: list[SourceRecord]) -> None:
        """Handle records in their order, firing `batch.due` before each."""

    def timer(self, batch: Batch, timer: Timer) -> None:
        """Handle a timer whose time has come."""

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        """A record or timer could not be handled; nothing of its handling remains."""


class Processor:
    """Handles batches in bulk; a batch that raises is rolled back and repeated one by one.

    An exception in the handling of a record is data, not infrastructure: the record goes to
    `Handler.failed` and the rest goes on. When `max_failures` records in a row fail, the fault is
    not in the data: raises `TooManyFailures`.
    """

    def __init__(
        self, handler: Handler, max_failures: int, observer: Observer | None = None
    ) -> None:
        self._handler = handler
        self._observer = observer or Observer()
        self._max_failures = max_failures
        self._in_a_row = 0

    def process(self, batch: Batch) -> None:
        """Handle every record and due timer of the batch."""
        start, started = batch.mark(), time.perf_counter()
        try:
            self._all(batch)
            self._in_a_row = 0
        except EngineError:
            raise
        except Exception:
            log.warning("partition %d: repeating a batch record by record", batch.partition)
            batch.rollback(start)
            self._one_by_one(batch)
        ended = time.perf_counter()
        self._observer.batch(len(batch), started - batch.queued_at, ended - started)

    def _all(self, batch: Batch) -> None:
        if batch.records:
            self._handler.records(batch, list(batch.records))
        if batch.tick is not None:
            for timer in islice(batch.due(batch.tick), TIMERS_AT_ONCE):
                self._handler.timer(batch, timer)

    def _one_by_one(self, batch: Batch) -> None:
        for record in batch.records:
            self._timers(batch, batch.now(record))
            self._guarded(batch, record)
        if batch.tick is not None:
            self._timers(batch, batch.tick, TIMERS_AT_ONCE)

    def _timers(self, batch: Batch, until: int, most: int | None = None) -> None:
        for timer in islice(batch.due(until), most):
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
