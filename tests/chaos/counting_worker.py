"""A worker that uses all of the engine: `verify.py` says what must come of it.

A source value is {"n": 1, 2, 3 ... by key}; one that cannot be read, or is found to be poison when
all is done, goes to the failed topic. Of every key it keeps a count and how many records have come
since the last 50th, which deletes that. It answers every record, and reminds of a key some time
after a record of it, unless a 20th record takes the reminder back.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec

from streams.engine import (
    Batch,
    Connection,
    EngineConfig,
    Guarantee,
    SourceRecord,
    Timer,
    wall_clock,
)
from tests.chaos.mutations import plant
from tests.chaos.names import NEXT_VERSION, POISON, Names
from tests.engine.serving import serve

DELETE_EVERY = 50
TAKE_BACK_EVERY = 20
REMIND_AFTER = 1_500
"""Milliseconds; up to 6 x 100 more, by the record's number."""


class Count(msgspec.Struct, array_like=True):
    """What is known of a key: records, the last one's number, breaks in the order, the reminder."""

    records: int = 0
    last: int = 0
    breaks: int = 0
    due: int = 0


class NextCount(Count, array_like=True):
    """The same in the next version, which also knows the time of the last record."""

    seen: int = 0


class Counter:
    """Counts, answers and reminds."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def records(self, batch: Batch, records: list[SourceRecord]) -> None:
        for record in records:
            now = batch.now(record)
            for timer in batch.due(now):
                self.timer(batch, timer)
            self._record(batch, record, now)

    def timer(self, batch: Batch, timer: Timer) -> None:
        count = _load(batch, timer.key)
        reminder = {"due": timer.due, "n": count.last, "count": count.records}
        headers = [("due", str(timer.due).encode())]
        batch.emit(self._names.reminders, timer.key, msgspec.json.encode(reminder), headers)
        count.due = 0
        _save(batch, timer.key, count)

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        if isinstance(subject, Timer):
            raise error
        batch.emit(self._names.failed, subject.key, subject.value, partition=batch.partition)

    def _record(self, batch: Batch, record: SourceRecord, now: int) -> None:
        key = record.key or b""
        said = msgspec.json.decode(record.value or b"")
        number = said["n"]
        count = _load(batch, key)
        count.records += 1
        count.breaks += number != count.last + 1
        count.last = number
        if isinstance(count, NextCount):
            count.seen = now
        self._set_reminder(batch, key, count, now)
        _save(batch, key, count)
        answer = {"n": number, "count": count.records, "since": _since(batch, key, number)}
        headers = [("at", f"{record.partition}:{record.offset}".encode())] if number % 2 else []
        value = msgspec.json.encode(answer)
        batch.emit(self._names.answers, key, value, headers, batch.partition)
        if POISON in said:
            raise ValueError(POISON)

    def _set_reminder(self, batch: Batch, key: bytes, count: Count, now: int) -> None:
        if count.due and count.last % TAKE_BACK_EVERY == 0:
            batch.clear_timer(Timer(count.due, key))
            count.due = 0
        elif not count.due:
            count.due = now + REMIND_AFTER + count.last % 7 * 100
            batch.set_timer(Timer(count.due, key))


VERSION: type[Count] = NextCount if os.environ.get("VERSION") == NEXT_VERSION else Count


def _load(batch: Batch, key: bytes) -> Count:
    data = batch.get(b"k" + key)
    return msgspec.msgpack.decode(data, type=VERSION) if data else VERSION()


def _save(batch: Batch, key: bytes, count: Count) -> None:
    batch.put(b"k" + key, msgspec.msgpack.encode(count))


def _since(batch: Batch, key: bytes, number: int) -> int:
    if number % DELETE_EVERY == 0:
        batch.put(b"s" + key, None)
        return 0
    since = int(batch.get(b"s" + key) or b"0") + 1
    batch.put(b"s" + key, str(since).encode())
    return since


def config_of(env: Mapping[str, str]) -> EngineConfig:
    """From BOOTSTRAP, GROUP, WORKER, DATA and, where they are set, the others.

    ALSO is a second source.
    """
    names = Names(env["GROUP"])
    return EngineConfig(
        connection=Connection(env["BOOTSTRAP"]),
        group=names.group,
        sources=(names.source, *filter(None, [env.get("ALSO")])),
        outputs=(names.answers, names.reminders, names.failed),
        store="counts",
        data_dir=Path(env["DATA"]),
        worker_id=env["WORKER"],
        replicated=tuple(filter(None, [env.get("COPY")])),
        guarantee=Guarantee(env.get("GUARANTEE", "exactly_once")),
        replication=int(env.get("REPLICATION", "1")),
        create_changelog=env.get("CREATE_CHANGELOG", "1") == "1",
        session_timeout=int(env.get("SESSION_TIMEOUT", "6000")),
        heartbeat_interval=int(env.get("HEARTBEAT", "1000")),
        commit_pause=int(env.get("COMMIT_PAUSE", "10")),
        broker_timeout=int(env.get("BROKER_TIMEOUT", "60000")),
        queued_records=int(env.get("QUEUED_RECORDS", "16000")),
        # Without a clock only records make timers fire.
        clock=wall_clock if env.get("CLOCK", "wall") == "wall" else lambda: 0,
    )


def main() -> None:
    """Run a worker from the environment."""
    config = config_of(os.environ)
    plant(os.environ.get("FAULT"))
    rest = float(os.environ.get("REST", "0"))
    longest = float(os.environ.get("LONGEST_REST", "0"))
    serve(config, Counter(Names(config.group)), os.environ.get("HEALTH", ""), rest, longest)


if __name__ == "__main__":
    main()
