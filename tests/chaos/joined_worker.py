"""A worker over two co-partitioned topics: `joined.py` says what must come of it.

A source value is {"n": 1, 2, 3 ... by topic and key}. Of every key it keeps how many records have
come on either topic, and answers each record with both.
"""

import os
from pathlib import Path

import msgspec

from streams.engine import Batch, Connection, EngineConfig, SourceRecord, Timer
from tests.chaos.names import Names
from tests.engine.serving import serve


class Joiner:
    """Counts by topic in one state."""

    def __init__(self, names: Names) -> None:
        self._names = names

    def records(self, batch: Batch, records: list[SourceRecord]) -> None:
        for record in records:
            batch.now(record)
            key = record.key or b""
            side = self._names.sides.index(record.topic)
            state = batch.get(key)
            seen = msgspec.json.decode(state, type=list[int]) if state else [0, 0]
            seen[side] += 1
            batch.put(key, msgspec.json.encode(seen))
            number = msgspec.json.decode(record.value or b"")["n"]
            answer = msgspec.json.encode({"side": side, "n": number, "seen": seen})
            batch.emit(self._names.answers, key, answer, partition=batch.partition)

    def timer(self, batch: Batch, timer: Timer) -> None:
        raise NotImplementedError

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        raise error


def main() -> None:
    """Run a worker from the environment."""
    env = os.environ
    names = Names(env["GROUP"])
    config = EngineConfig(
        connection=Connection(env["BOOTSTRAP"]),
        group=names.group,
        sources=names.sides,
        store="counts",
        data_dir=Path(env["DATA"]),
        worker_id=env["WORKER"],
        session_timeout=int(env.get("SESSION_TIMEOUT", "6000")),
        heartbeat_interval=int(env.get("HEARTBEAT", "1000")),
    )
    serve(config, Joiner(names))


if __name__ == "__main__":
    main()
