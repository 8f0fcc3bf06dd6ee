"""A worker that sums values in event-time windows: `test_windows_at_work.py` says what must come.

A source value is a `Reading`. Per partition it keeps the inputs' watermarks, per key the panes;
it answers with each final result, and what is late goes to the failed topic as it came.
"""

import os
from operator import add
from pathlib import Path

import msgspec

from streams.engine import (
    Batch,
    Connection,
    EngineConfig,
    Panes,
    SourceRecord,
    Timer,
    Watermarks,
    Windows,
)
from tests.chaos.names import Names
from tests.engine.serving import serve

MARKS = b"marks"
PANES, AFTER_PANES = b"p", b"q"
SUMS: Windows[int, int] = Windows(
    size=6_000, step=2_000, lateness=500, zero=int, add=add, merge=add
)
IDLE_AFTER = 5_000

_marks = msgspec.msgpack.Decoder(Watermarks)
_panes = msgspec.msgpack.Decoder(Panes[int])
_encode = msgspec.msgpack.Encoder().encode


class Reading(msgspec.Struct):
    """A value from an input at an event time, and that input's watermark, in milliseconds."""

    source: str
    time: int
    value: int
    watermark: int


class Summer:
    """Takes a reading with the watermark so far, then gives what its own watermark makes final."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def records(self, batch: Batch, records: list[SourceRecord]) -> None:
        for record in records:
            self._record(batch, record, batch.now(record))

    def timer(self, batch: Batch, timer: Timer) -> None:
        raise NotImplementedError

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        raise error

    def _record(self, batch: Batch, record: SourceRecord, now: int) -> None:
        key, reading = record.key or b"", msgspec.json.decode(record.value or b"", type=Reading)
        kept, before = batch.get(MARKS), batch.get(PANES + key)
        marks = _marks.decode(kept) if kept else Watermarks()
        panes = _panes.decode(before) if before else Panes[int]()
        if SUMS.take(panes, reading.time, reading.value, marks.reached):
            batch.put(PANES + key, _encode(panes))
        else:
            batch.emit(self._names.failed, key, record.value, partition=batch.partition)
        marks.hear(reading.source, reading.watermark, now)
        reached = marks.reached
        if marks.advance(now, IDLE_AFTER) > reached:
            self._finish(batch, marks.reached)
        batch.put(MARKS, _encode(marks))

    def _finish(self, batch: Batch, watermark: int) -> None:
        for key, data in list(batch.scan(PANES, AFTER_PANES)):
            panes = _panes.decode(data)
            for result in SUMS.final(panes, watermark):
                value = msgspec.json.encode(result)
                batch.emit(self._names.answers, key[1:], value, partition=batch.partition)
            batch.put(key, _encode(panes))


def main() -> None:
    """Run a worker from the environment."""
    env = os.environ
    names = Names(env["GROUP"])
    config = EngineConfig(
        connection=Connection(env["BOOTSTRAP"]),
        group=names.group,
        sources=(names.source,),
        store="counts",
        data_dir=Path(env["DATA"]),
        worker_id=env["WORKER"],
    )
    serve(config, Summer(names))


if __name__ == "__main__":
    main()
