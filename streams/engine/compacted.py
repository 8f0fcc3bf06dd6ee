"""Reading a compacted topic into a local store: how far it goes, and whether a store still fits."""

import time
from typing import Protocol

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.engine.access import FORBIDDEN
from streams.engine.connection import ANSWER_TIMEOUT, REQUEST_TIMEOUT
from streams.engine.errors import BrokerFailed

TOMBSTONES_KEPT = 86_400_000
"""`delete.retention.ms` of compacted topics: how long the broker keeps a tombstone at least."""

SURELY_KEPT = TOMBSTONES_KEPT // 2
"""What of it is relied on: producers' clocks stamp the tombstones."""


def watermarks(
    consumer: Consumer, topic: str, partition: int, timeout: float = REQUEST_TIMEOUT
) -> tuple[int, int]:
    """First and end offset. Raises `BrokerFailed` where `ends_of` gives up."""
    try:
        return ends_of(consumer, topic, partition, timeout)
    except KafkaException as error:
        raise BrokerFailed(f"cannot find the end of {topic}[{partition}]: {error}") from error


def ends_of(consumer: Consumer, topic: str, partition: int, timeout: float) -> tuple[int, int]:
    """First and end offset. Of a topic made a moment ago a broker does not know yet that it leads
    it: asked again.

    Raises `KafkaException` after `timeout` seconds, or at once where we may not ask.
    """
    limit = time.monotonic() + timeout
    while True:
        try:
            low, high = consumer.get_watermark_offsets(
                TopicPartition(topic, partition), ANSWER_TIMEOUT
            )
            return low, high
        except KafkaException as error:
            if error.args[0].code() in FORBIDDEN or time.monotonic() > limit:
                raise
            time.sleep(0.1)


class Log(Protocol):
    """The part of a consumer that knows offsets by time (milliseconds; -1 when none is later)."""

    def offsets_for_times(
        self, asked: list[TopicPartition], timeout: float, /
    ) -> list[TopicPartition]:
        """For each partition the first offset at or after the time given as its offset."""


def why_unfit(log: Log, stands: TopicPartition, low: int, high: int, now: int) -> str | None:
    """Why a store that `stands` at an offset cannot be brought up to date by reading on.

    Compaction drops a tombstone once it is old: a store that has not read it would keep the deleted
    key for ever. Between the last record of a transaction and the end lies its commit record, so
    a store one behind is at the end. `now` is in milliseconds. None when the store fits.
    """
    if stands.offset > high:
        return "it is ahead of its topic, which was made anew"
    if high - stands.offset <= 1 or not stands.offset:
        return None
    if stands.offset < low:
        return "the topic begins after it"
    asked = TopicPartition(stands.topic, stands.partition, now - SURELY_KEPT)
    try:
        recent = log.offsets_for_times([asked], ANSWER_TIMEOUT)[0].offset
    except KafkaException as error:
        raise BrokerFailed(f"cannot look into {stands.topic}: {error}") from error
    if recent < 0 or stands.offset < recent:
        return "it is so old that deletes may have been compacted away"
    return None
