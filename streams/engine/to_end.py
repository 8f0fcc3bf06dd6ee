"""Reads topics to their ends as they are now."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.engine.access import FORBIDDEN, Contact
from streams.engine.arrived import arrived
from streams.engine.compacted import watermarks
from streams.engine.config import EngineConfig
from streams.engine.connection import REQUEST_TIMEOUT
from streams.engine.errors import BrokerFailed


def read_to_end(
    config: EngineConfig,
    topics: Sequence[str],
    starts: Mapping[tuple[str, int], int] | None = None,
    patience: float = REQUEST_TIMEOUT,
) -> Iterator[Message]:
    """Committed records of topics, from the beginning or from `starts`, up to their ends now.

    The ends are the high watermarks. Where a transaction is open, a reader of committed records is
    told that it is at the end, whatever was committed behind: it is waited for, at most `patience`
    seconds. A topic that does not exist has none. Raises `BrokerFailed`, `AccessDenied`.
    """
    wanted, behind = [], {}
    try:
        with closing(_consumer(config, "read_uncommitted")) as ends:
            for topic in topics:
                found = ends.list_topics(topic, timeout=REQUEST_TIMEOUT).topics[topic]
                if found.error is not None and found.error.code() in FORBIDDEN:
                    raise Contact(config.connection).failure(f"read topic {topic}", found.error)
                for number in found.partitions:
                    low, high = watermarks(ends, topic, number)
                    start = max((starts or {}).get((topic, number), low), low)
                    wanted.append(TopicPartition(topic, number, start))
                    behind[topic, number] = high
        with closing(_consumer(config, "read_committed")) as reader:
            reader.assign(wanted)
            yield from _read(reader, behind, patience)
    except KafkaException as error:
        what = f"read {', '.join(topics)}"
        raise Contact(config.connection).failure(what, error.args[0]) from error


def _read(
    reader: Consumer, behind: dict[tuple[str, int], int], patience: float
) -> Iterator[Message]:
    limit = time.monotonic() + patience
    while behind:
        if time.monotonic() > limit:
            held = ", ".join(f"{topic}[{number}]" for topic, number in sorted(behind))
            raise BrokerFailed(f"a transaction is open on {held}: wait for its end, then repeat")
        for message in arrived(reader, 10_000, 0.2):
            error, place = message.error(), (message.topic(), message.partition())
            if error is None:
                yield message
                limit = time.monotonic() + patience
            elif error.code() == KafkaError.GROUP_AUTHORIZATION_FAILED:
                continue  # librdkafka looks for the group all the same; who only reads needs none
            elif error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            elif message.offset() >= behind.get(place, 0):
                behind.pop(place, None)


def _consumer(config: EngineConfig, isolation_level: str) -> Consumer:
    return Consumer(
        {
            **config.librdkafka(),
            "group.id": config.group,
            "enable.auto.commit": False,
            "isolation.level": isolation_level,
            "enable.partition.eof": True,
            "auto.offset.reset": "error",
        }
    )
