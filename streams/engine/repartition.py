"""Carries the state of stopped workers over to topics with another number of partitions."""

from collections.abc import Callable

from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient

from streams.engine.access import Contact
from streams.engine.config import EngineConfig
from streams.engine.connection import REQUEST_TIMEOUT
from streams.engine.errors import StateMismatch
from streams.engine.position import MARKER, Position, decode_position, encode_position
from streams.engine.timers import TIMER_PREFIX, read_timer_key
from streams.engine.to_end import read_to_end
from streams.engine.topics import prepare_topics

SourceKey = Callable[[bytes], bytes]
"""The key of the source records that a state key belongs to."""

PartitionOf = Callable[[bytes, int], int]
"""The partition of a source key among so many."""

STOPPED = ("Empty", "Dead")
"""States of a group without members."""


def repartition(
    old: EngineConfig, new: EngineConfig, source_key: SourceKey, partition_of: PartitionOf
) -> int:
    """Write the state behind `old` into the changelog of `new`; returns the number of records.

    The sources of `new` may have another number of partitions, and are read from their beginning.
    Every partition begins with the latest time of the old ones. Nothing old is changed, so that a
    failed run is repeated with the new changelog deleted.

    Raises `StateMismatch` when workers run, when they have not read their sources to the end, or
    when the new changelog is not empty; `TopicMismatch`, `BrokerFailed`, `AccessDenied`.
    """
    _check_stopped(old)
    count = prepare_topics(new).partitions
    if next(read_to_end(new, [new.changelog]), None) is not None:
        raise StateMismatch(f"{new.changelog} is not empty: delete it, or take another prefix")
    changelog = _Changelog(new)
    positions: dict[int, Position] = {}
    for message in read_to_end(old, [old.changelog]):
        key = message.key()
        if key == MARKER:
            positions[message.partition()] = decode_position(message.value())
        else:
            number = partition_of(source_key(_state_key(key)), count)
            changelog.write(key, message.value(), number)
    _check_read(old, positions)
    time = max((position.time for position in positions.values()), default=0)
    marker = encode_position(Position(dict.fromkeys(new.sources, 0), time))
    for number in range(count):
        changelog.write(MARKER, marker, number)
    changelog.flush()
    return changelog.records - count


def check_at_rest(config: EngineConfig) -> None:
    """Raise `StateMismatch` when workers run, or have not read their sources to the end."""
    _check_stopped(config)
    markers = (one for one in read_to_end(config, [config.changelog]) if one.key() == MARKER)
    _check_read(config, {one.partition(): decode_position(one.value()) for one in markers})


def _state_key(key: bytes) -> bytes:
    return read_timer_key(key).key if key.startswith(TIMER_PREFIX) else key


def _check_stopped(config: EngineConfig) -> None:
    from streams.engine.coordinator import describe_group

    contact = Contact(config.connection)
    contact.metadata(AdminClient(contact.settings))
    try:
        state = describe_group(config.connection, config.group).state
    except KafkaException as error:
        raise contact.failure(f"describe group {config.group}", error.args[0]) from error
    if state not in STOPPED:
        raise StateMismatch(f"{config.group} is at work: stop its workers first")


def _check_read(config: EngineConfig, positions: dict[int, Position]) -> None:
    starts = {
        (topic, number): offset
        for number, position in positions.items()
        for topic, offset in position.offsets.items()
    }
    unread = next(read_to_end(config, config.sources, starts), None)
    if unread is not None:
        raise StateMismatch(
            f"{unread.topic()}[{unread.partition()}] has records that {config.group} has not "
            "handled: stop the producers, let the workers come to the end, then stop them"
        )


class _Changelog:
    """Writes records of a new changelog, each to its partition.

    Raises `AccessDenied` when that is not allowed, `BrokerFailed` for all else.
    """

    def __init__(self, config: EngineConfig) -> None:
        self.records = 0
        self._topic = config.changelog
        self._refused: KafkaError | None = None
        self._contact = Contact(config.connection)
        self._producer = Producer(
            {
                **self._contact.settings,
                "enable.idempotence": True,
                "linger.ms": 5,
                "message.max.bytes": config.max_bytes * 2,
                "on_delivery": self._delivered,
            }
        )

    def write(self, key: bytes, value: bytes | None, number: int) -> None:
        """Produce a record; waits where the queue is full."""
        self.records += 1
        try:
            self._produce(key, value, number)
        except KafkaException as error:
            raise self._failure(error.args[0]) from error

    def flush(self) -> None:
        """Wait until the broker has all of it."""
        try:
            left = self._producer.flush(REQUEST_TIMEOUT)
        except KafkaException as error:
            raise self._failure(error.args[0]) from error
        if left or self._refused is not None:
            raise self._failure(self._refused or KafkaError(KafkaError._TIMED_OUT, "no answer"))

    def _produce(self, key: bytes, value: bytes | None, number: int) -> None:
        while True:
            try:
                self._producer.produce(self._topic, value, key, number)
                break
            except BufferError:
                self._producer.poll(0.05)
        self._producer.poll(0)

    def _failure(self, error: KafkaError) -> Exception:
        error = self._contact.reason(self._producer, error)
        return self._contact.failure(f"write {self._topic}", error, ": delete it, repeat")

    def _delivered(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._refused = error
