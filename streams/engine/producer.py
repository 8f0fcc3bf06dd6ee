"""The producer of outputs and changelog: one a worker, transactional for exactly once."""

import logging
import struct
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from streams.engine.access import FORBIDDEN, Contact
from streams.engine.batch import Headers, Output
from streams.engine.config import EngineConfig
from streams.engine.errors import BrokerFailed, Fenced
from streams.engine.partition import Cut
from streams.engine.position import MARKER, encode_position

log = logging.getLogger(__name__)

FENCING_CODES = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError.INVALID_PRODUCER_EPOCH,
        KafkaError.PRODUCER_FENCED,
        KafkaError._FENCED,
    }
)

PERMANENT_CODES = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.TOPIC_EXCEPTION,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError._UNKNOWN_PARTITION,
    }
)
"""What the broker would refuse again."""

RETRY_PAUSE = 0.1


class Member(NamedTuple):
    """Who we are in the consumer group, as of the rebalance that gave us our partitions."""

    generation: int
    member_id: str


NOT_A_MEMBER = Member(-1, "")


def group_metadata(group: str, member: Member) -> bytes:
    """What `send_offsets_to_transaction` wants, in librdkafka's own serialisation (CGMDv2).

    Generation -1 with an empty member is accepted by the broker without any fencing, so it is
    refused here.
    """
    if member.generation < 0 or not member.member_id:
        raise Fenced("not a member of the consumer group; start again to join it")
    head = b"CGMDv2:" + struct.pack("<i", member.generation)
    return head + group.encode() + b"\0" + member.member_id.encode() + b"\0\x01"


class CheckpointProducer:
    """Sends cuts. Not safe for more than one thread at a time.

    Raises `Fenced` when another worker has taken our place, `BrokerFailed` for all else.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        self._contact = Contact(config.connection)
        self._timeout = config.transaction_timeout / 1000
        settings: dict[str, Any] = {
            **config.librdkafka(),
            "logger": log,
            "linger.ms": 5,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": config.partitioner,
            "queue.buffering.max.messages": 1_000_000,
            "delivery.timeout.ms": config.transaction_timeout,
            "message.max.bytes": config.max_bytes * 2,
        }
        self._lost: KafkaError | None = None
        if config.exactly_once:
            settings |= {
                "transactional.id": config.transactional_ids + config.worker_id,
                "transaction.timeout.ms": config.transaction_timeout,
            }
        else:
            # What a transaction says by not being committed.
            settings["on_delivery"] = self._on_delivery
        self._producer = Producer(settings)
        if config.exactly_once:
            self._guard("start transactions", self._producer.init_transactions, 30.0)

    def publish(self, cuts: list[Cut], member: Member) -> None:
        """Produce the cuts and, in exactly once, commit them with the group's offsets.

        What a broker in trouble refuses is aborted and tried again for `broker_timeout`: the cuts
        are still in memory, and nobody has seen any of it. Afterwards every cut knows its
        `changelog_next`.
        """
        if not self._config.exactly_once:
            self._guard("make a checkpoint", self._deliver, cuts)
            return
        metadata = group_metadata(self._config.group, member)
        limit = time.monotonic() + self._config.broker_timeout / 1000
        while True:
            try:
                self._transact(cuts, metadata, limit)
                return
            except KafkaException as error:
                reason = error.args[0]
                if not _mendable(reason) or time.monotonic() > limit:
                    raise self._failure("make a checkpoint", reason) from error
                log.warning("a checkpoint did not go through, trying again: %s", reason.str())
                self._guard("abort", self._patiently, self._producer.abort_transaction, limit)

    def _transact(self, cuts: list[Cut], metadata: bytes, limit: float) -> None:
        producer = self._producer
        producer.begin_transaction()
        # Flushed before the offsets are sent: whatever a slow owner can still commit then lies
        # below the watermark that the next owner restores up to.
        try:
            self._deliver(cuts)
        except KafkaException as error:
            # The transaction has failed meanwhile: the next call says why.
            if error.args[0].code() != KafkaError._STATE:
                raise
        offsets = self._offsets(cuts)
        self._patiently(producer.send_offsets_to_transaction, limit, offsets, metadata)
        if any(cut.changelog_next is None for cut in cuts):
            raise _not_taken(self._timeout)
        self._patiently(producer.commit_transaction, limit)

    def _deliver(self, cuts: list[Cut]) -> None:
        for cut in cuts:
            cut.changelog_next = None
            self._send(cut)
        if self._producer.flush(self._timeout):
            raise _not_taken(self._timeout)
        if self._lost is not None:
            raise KafkaException(self._lost)

    def _on_delivery(self, error: KafkaError | None, _: Any) -> None:
        self._lost = error or self._lost

    def _patiently(self, call: Any, limit: float, *arguments: Any) -> None:
        """Call again what may be called again."""
        while True:
            try:
                call(*arguments, self._timeout)
                return
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > limit:
                    raise
                time.sleep(RETRY_PAUSE)

    def _send(self, cut: Cut) -> None:
        partition = cut.owner.number
        self._send_outputs(cut.outputs)
        self._send_changes(cut.changes, partition)

        def delivered(error: KafkaError | None, message: Any) -> None:
            if error is None:
                cut.changelog_next = message.offset() + 1

        marker = encode_position(cut.position)
        self._produce(self._config.changelog, MARKER, marker, partition, on=delivered)

    def _send_outputs(self, outputs: Iterable[Output]) -> None:
        # One by one: `produce_batch` takes no headers, and the records of a key keep their order.
        on_broker = self._config.connection.topic
        for topic, key, value, headers, partition, timestamp in outputs:
            number = -1 if partition is None else partition
            self._produce(
                on_broker(topic), key, value, number, headers=headers, timestamp=timestamp
            )
        self._producer.poll(0)

    def _produce(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        partition: int,
        *,
        headers: Headers = (),
        timestamp: int = 0,
        on: Any = None,
    ) -> None:
        while True:
            try:
                self._producer.produce(
                    topic, value, key, partition, on, timestamp=timestamp, headers=headers or None
                )
                return
            except BufferError:
                self._producer.poll(0.01)

    def _send_changes(self, changes: Mapping[bytes, bytes | None], partition: int) -> None:
        topic = self._config.changelog
        messages = [{"key": key, "value": value} for key, value in changes.items()]
        while messages:
            self._producer.produce_batch(topic, messages, partition)
            refused: list[dict[str, Any]] = [m for m in messages if "_error" in m]
            for message in refused:
                error = message["_error"]
                if error.code() != KafkaError._QUEUE_FULL:
                    raise KafkaException(error)
            messages = [{"key": m["key"], "value": m["value"]} for m in refused]
            self._producer.poll(0.01 if messages else 0)

    def _offsets(self, cuts: Iterable[Cut]) -> list[TopicPartition]:
        return [
            TopicPartition(topic, cut.owner.number, offset)
            for cut in cuts
            for topic, offset in cut.position.offsets.items()
        ]

    def _guard(self, what: str, call: Any, *arguments: Any) -> None:
        try:
            call(*arguments)
        except KafkaException as error:
            raise self._failure(what, error.args[0]) from error

    def _failure(self, what: str, error: KafkaError) -> Exception:
        if error.code() in FENCING_CODES:
            return Fenced(
                f"cannot {what}: {error.str()}. Another worker has our partitions, or the broker "
                f"ended a transaction that took longer than {self._timeout:.0f} s; start again."
            )
        if error.code() in FORBIDDEN:
            return self._contact.failure(what, error)
        return BrokerFailed(
            f"cannot {what}: {error.str()}. The last checkpoint stands; start again."
        )


def _not_taken(timeout: float) -> KafkaException:
    what = f"the broker has not taken all of it within {timeout:.0f} s"
    return KafkaException(KafkaError(KafkaError._TIMED_OUT, what, False, False, True))


def _mendable(error: KafkaError) -> bool:
    return (
        error.txn_requires_abort()
        and error.code() not in FENCING_CODES
        and error.code() not in PERMANENT_CODES | FORBIDDEN
    )
