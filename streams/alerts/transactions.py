"""Records and a group's offsets that take effect together, or not at all."""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition

from schemas.codec import Codec, Tombstone
from schemas.records import Record
from schemas.topics import PARTITIONER
from streams.alerts.ledger import Abandoned
from streams.engine import Connection
from streams.engine.access import FORBIDDEN
from streams.security import Reach

log = logging.getLogger(__name__)

PATIENCE = 60.0
"""Seconds in which a broker in trouble must have taken a commit."""
CALL = 5.0
PAUSE = 0.1

_MOVED = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
    }
)
"""Refusals of a commit by a group that has meanwhile given our partitions away."""


class Transactions:
    """Commits for one consumer. Raises `BrokerError`, `AccessDenied` as the reach does.

    `name` is stable over restarts and nobody else's: who comes back under it ends what a
    predecessor has left open.
    """

    def __init__(self, connection: Connection, codec: Codec, name: str, timeout_ms: int) -> None:
        self._connection = connection
        self._codec = codec
        self._reach = Reach(connection)
        self._settings: dict[str, Any] = {
            **self._reach.settings,
            "logger": log,
            "partitioner": PARTITIONER,
            "transactional.id": name,
            "transaction.timeout.ms": timeout_ms,
        }

    def start(self) -> None:
        """End what a predecessor has left open."""
        self._producer = Producer(self._settings)
        self._guard("start transactions", self._producer.init_transactions, PATIENCE)

    def commit(
        self,
        records: Iterable[Record | Tombstone],
        offsets: Mapping[tuple[str, int], int],
        consumer: Consumer,
    ) -> None:
        """Commit once it can be. Raises `Abandoned` when the partitions are no longer ours.

        Args:
            records: What is written.
            offsets: The next offset by topic, as the program calls it, and partition.
            consumer: Whose offsets they are.

        """
        records, limit = list(records), time.monotonic() + PATIENCE
        while not self._committed(records, offsets, consumer, limit):
            time.sleep(PAUSE)

    def _committed(
        self,
        records: list[Record | Tombstone],
        offsets: Mapping[tuple[str, int], int],
        consumer: Consumer,
        limit: float,
    ) -> bool:
        """Whether it went through; not, when it may be tried again until the limit."""
        try:
            self._transact(records, offsets, consumer, limit)
        except KafkaException as error:
            reason = error.args[0]
            if not reason.txn_requires_abort():
                raise self._reach.failure("commit what was delivered", reason) from error
            # A new client aborts it; why it must be one see the engine's `CheckpointProducer`.
            self.start()
            if reason.code() in _MOVED:
                raise Abandoned from None
            if reason.code() in FORBIDDEN or time.monotonic() > limit:
                raise self._reach.failure("commit what was delivered", reason) from error
            return False
        return True

    def _transact(
        self,
        records: list[Record | Tombstone],
        offsets: Mapping[tuple[str, int], int],
        consumer: Consumer,
        limit: float,
    ) -> None:
        on_broker = self._connection.topic
        self._producer.begin_transaction()
        for record in records:
            made = self._codec.encode(record)
            topic = on_broker(made.topic)
            self._producer.produce(topic, made.value, made.key, headers=made.headers)
        places = [TopicPartition(on_broker(topic), n, at) for (topic, n), at in offsets.items()]
        metadata = consumer.consumer_group_metadata()
        _patiently(limit, self._producer.send_offsets_to_transaction, places, metadata)
        _patiently(limit, self._producer.commit_transaction)

    def _guard(self, what: str, call: Callable[..., Any], *arguments: Any) -> None:
        try:
            call(*arguments)
        except KafkaException as error:
            raise self._reach.failure(what, error.args[0]) from error


def _patiently(limit: float, call: Callable[..., Any], *arguments: Any) -> None:
    """Call again what may be called again."""
    while True:
        try:
            call(*arguments, CALL)
            return
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > limit:
                raise
            time.sleep(PAUSE)
