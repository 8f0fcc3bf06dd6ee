"""The work of the benchmarks on Baton's engine."""

import sys
import zlib
from os import environ
from pathlib import Path

from prometheus_client import CollectorRegistry

from streams.engine import (
    Batch,
    Connection,
    EngineConfig,
    Observer,
    SourceRecord,
    Timer,
)
from streams.measuring import EngineMetrics
from tests.bench.contenders import METRICS, OFTEN
from tests.bench.feed import POOL
from tests.engine.serving import serve

HEADERS = [("source", b"bench"), ("kind", b"count")]


class Counting:
    """See `tests.bench.contenders.Work`."""

    def __init__(self) -> None:
        self._output = environ["OUTPUT"]
        self._every = int(environ["EVERY"])
        self._padding = int(environ["STATE_BYTES"]) - 8
        self._suffixes = [bytes([number]) for number in range(int(environ["WRITES"]))]
        self._outputs = int(environ["OUTPUTS"])
        self._output_bytes = int(environ["OUTPUT_BYTES"])
        self._headers = HEADERS if self._outputs > 1 else []

    def records(self, batch: Batch, records: list[SourceRecord]) -> None:
        keys = list({record.key or b"" for record in records})
        found = batch.get_many([key + b"\0" for key in keys])
        counts = {
            key: int.from_bytes(state[:8], "big") if state else 0
            for key, state in zip(keys, found, strict=True)
        }
        for record in records:
            batch.now(record)
            key = record.key or b""
            counts[key] = count = counts[key] + 1
            if count % self._every == 0:
                value = count.to_bytes(8, "big") + (record.value or b"")[: self._output_bytes]
                for _ in range(self._outputs):
                    batch.emit(self._output, key, value, self._headers)
        for key, count in counts.items():
            state = self._state(key, count)
            for suffix in self._suffixes:
                batch.put(key + suffix, state)

    def timer(self, batch: Batch, timer: Timer) -> None:
        raise NotImplementedError

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        raise error

    def _state(self, key: bytes, count: int) -> bytes:
        state = count.to_bytes(8, "big")
        if self._padding:
            start = (zlib.crc32(key) + count) % (len(POOL) - self._padding)
            state += POOL[start : start + self._padding]
        return state


def main() -> None:
    """Run from the environment that `tests.bench.contenders` sets."""
    data = Path(environ["DATA"])
    config = EngineConfig(
        connection=Connection(environ["BOOTSTRAP"]),
        group=environ["GROUP"],
        sources=(environ["SOURCE"],),
        store="counts",
        data_dir=data,
        worker_id=data.name,
        commit_interval=100,
        checkpoint_target=250 if OFTEN in sys.argv else 1_000,
        observer=EngineMetrics("bench", CollectorRegistry()) if METRICS in sys.argv else Observer(),
    )
    serve(config, Counting())


if __name__ == "__main__":
    main()
