"""The work of the benchmarks on Quix Streams; runs in an environment of its own."""

from os import environ
from typing import Any

from quixstreams import Application, State

EVERY = int(environ["EVERY"])
OUTPUT_BYTES = int(environ["OUTPUT_BYTES"])


def count(value: bytes, state: State) -> bytes | None:
    """Count a record; an output now and then."""
    found = state.get("count", 0) + 1
    state.set("count", found)
    return None if found % EVERY else found.to_bytes(8, "big") + value[:OUTPUT_BYTES]


def main() -> None:
    """Run from the environment that `tests.bench.contenders` sets."""
    app = Application(
        broker_address=environ["BOOTSTRAP"],
        consumer_group=environ["GROUP"],
        auto_offset_reset="earliest",
        processing_guarantee="exactly-once",
        commit_interval=0.1,
        state_dir=environ["DATA"],
        use_changelog_topics=True,
        auto_create_topics=True,
        loglevel="WARNING",
    )
    options: dict[str, Any] = {"key_deserializer": "bytes", "value_deserializer": "bytes"}
    source = app.topic(environ["SOURCE"], **options)
    output = app.topic(environ["OUTPUT"], key_serializer="bytes", value_serializer="bytes")
    frame = app.dataframe(source).apply(count, stateful=True)
    frame = frame[frame.apply(lambda value: value is not None)]
    frame.to_topic(output)
    app.run()


if __name__ == "__main__":
    main()
