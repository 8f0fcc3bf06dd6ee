"""The work of the benchmarks on stock Faust: an agent and a table, one update an event."""

import logging
import sys
from os import environ

import faust

EVERY = int(environ["EVERY"])
OUTPUT_BYTES = int(environ["OUTPUT_BYTES"])


def main() -> None:
    """Run from the environment that `tests.bench.contenders` sets; at least once is all it can."""
    partitions = int(environ["PARTITIONS"])
    app = faust.App(
        environ["GROUP"],
        broker=f"kafka://{environ['BOOTSTRAP']}",
        store="rocksdb://",
        datadir=environ["DATA"],
        topic_partitions=partitions,
        topic_replication_factor=1,
        consumer_auto_offset_reset="earliest",
        broker_commit_interval=0.1,
        web_enabled=False,
        topic_disable_leader=True,
    )
    source = app.topic(environ["SOURCE"], key_type=bytes, value_type=bytes, value_serializer="raw")
    output = app.topic(environ["OUTPUT"], key_type=bytes, value_type=bytes, value_serializer="raw")
    counts = app.Table("counts", default=int, partitions=partitions)

    @app.agent(source)
    async def count(records: faust.StreamT[bytes]) -> None:
        async for key, value in records.items():
            counts[key] += 1
            found = counts[key]
            if found % EVERY == 0:
                await output.send(key=key, value=found.to_bytes(8, "big") + value[:OUTPUT_BYTES])

    sys.argv[1:] = ["worker", "--without-web", "--loglevel", "info"]
    logging.basicConfig(level=logging.INFO, stream=sys.stderr)
    app.main()


if __name__ == "__main__":
    main()
