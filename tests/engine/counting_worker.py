"""A worker for the tests: counts per key, checks the order it sees, and answers every record."""

import logging
import os
import sys
from pathlib import Path

import faust
import msgspec

from streams.engine import (
    Batch,
    Connection,
    Engine,
    EngineConfig,
    Guarantee,
    Processor,
    SourceRecord,
    Timer,
    make_app,
    run,
)


class Count(msgspec.Struct, array_like=True):
    """What is known of a key: records seen, the last one's number, breaks in the order."""

    records: int = 0
    last: int = 0
    breaks: int = 0


class Counter:
    """Source values are {"n": 1, 2, 3 ... by key}; a value of "bad" cannot be handled."""

    def __init__(self, output: str) -> None:
        self._output = output

    def records(self, batch: Batch, records: list[SourceRecord]) -> None:
        keys = list({record.key or b"" for record in records})
        found = batch.get_many([b"k" + key for key in keys])
        counts = {
            key: msgspec.msgpack.decode(data, type=Count) if data else Count()
            for key, data in zip(keys, found, strict=True)
        }
        for record in records:
            batch.now(record)
            key = record.key or b""
            number = msgspec.json.decode(record.value or b"")["n"]
            count = counts[key]
            counts[key] = Count(
                count.records + 1, number, count.breaks + (number != count.last + 1)
            )
            answer = msgspec.json.encode({"n": number, "count": counts[key].records})
            headers = [("source", b"counting")] if number % 2 else []
            batch.emit(self._output, key, answer, headers, batch.partition)
        for key, count in counts.items():
            batch.put(b"k" + key, msgspec.msgpack.encode(count))

    def timer(self, batch: Batch, timer: Timer) -> None:
        raise NotImplementedError

    def failed(self, batch: Batch, subject: SourceRecord | Timer, error: Exception) -> None:
        if isinstance(subject, Timer):
            raise error
        batch.emit(f"{self._output}-failed", subject.key, subject.value)


def main() -> None:
    """Run from the environment: BOOTSTRAP, GROUP, SOURCE, OUTPUT, WORKER, DATA, GUARANTEE."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    env = os.environ
    config = EngineConfig(
        connection=Connection(env["BOOTSTRAP"]),
        group=env["GROUP"],
        sources=(env["SOURCE"],),
        store="counts",
        data_dir=Path(env["DATA"]) / env["WORKER"],
        worker_id=env["WORKER"],
        guarantee=Guarantee(env.get("GUARANTEE", "exactly_once")),
        create_changelog=env.get("CREATE_CHANGELOG", "1") == "1",
    )
    app = make_app(config)
    engine = Engine(app, config)
    processor = Processor(Counter(env["OUTPUT"]), config.max_failures_in_a_row)

    @app.agent(engine.channel)
    async def count(batches: faust.StreamT[Batch]) -> None:
        async for batch in batches:
            processor.process(batch)

    run(app)


if __name__ == "__main__":
    main()
