"""The producer of outputs and changelog: one a worker, transactional for exactly once."""

import logging
import struct
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

from confluent_kafka import KafkaError, KafkaException, Producer, TopicPartition

from streams.engine.access import FORBIDDEN, PASSING, Contact
from streams.engine.config import EngineConfig
from streams.engine.errors import Fenced
from streams.engine.partition import Cut
from streams.engine.reports import Flush, flush
from streams.engine.shipment import Shipment

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
START_TIMEOUT = 30.0
"""Seconds the broker has to end what an earlier life of the worker left open."""


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

    def __init__(self, config: EngineConfig, flush: Flush = flush) -> None:
        self._config = config
        self._flush = flush
        self._contact = Contact(config.connection)
        self._timeout = config.transaction_timeout / 1000
        self._settings: dict[str, Any] = {
            **config.librdkafka(),
            # Longer than it takes to hand over what is not much: so a partition's records are one
            # request, which leaves with the flush.
            "linger.ms": 20,
            "acks": "all",
            "enable.idempotence": True,
            "partitioner": config.partitioner,
            "queue.buffering.max.messages": 1_000_000,
            "delivery.timeout.ms": config.transaction_timeout,
            "message.max.bytes": config.max_bytes * 2,
        }
        if config.exactly_once:
            self._settings |= {
                "transactional.id": config.transactional_ids + config.worker_id,
                "transaction.timeout.ms": config.transaction_timeout,
            }
        self._connect(time.monotonic() + START_TIMEOUT)

    def _connect(self, limit: float) -> None:
        """Make a client; what an earlier one left open is aborted by the broker."""
        self._producer = Producer(self._settings)
        if self._config.exactly_once:
            starting = self._producer.init_transactions
            self._guard("start transactions", self._patiently, starting, limit)

    def publish(self, cuts: list[Cut], member: Member) -> None:
        """Produce the cuts and, in exactly once, commit them with the group's offsets.

        What a broker in trouble refuses is aborted and tried again for `broker_timeout`: the cuts
        are still in memory, and nobody has seen any of it. Each try has a client of its own. The
        broker may have a batch whose acknowledgement was lost; after an abort librdkafka gives that
        batch's sequence numbers to the next one of the partition, which the broker then takes for
        the same, acknowledges and drops. A new client begins a new epoch, where nothing is a
        repetition. Afterwards every cut knows its `changelog_next`.
        """
        if not self._config.exactly_once:
            self._guard("make a checkpoint", self._publish_at_least_once, cuts)
            return
        metadata = group_metadata(self._config.group, member)
        limit = time.monotonic() + self._config.broker_timeout / 1000
        while True:
            try:
                self._transact(cuts, metadata, limit)
                break
            except KafkaException as error:
                reason = error.args[0]
                if not _mendable(reason) or time.monotonic() > limit:
                    raise self._failure("make a checkpoint", reason) from error
                log.warning("a checkpoint did not go through, trying again: %s", reason.str())
                self._connect(limit)
        # Whether a commit that fails counts all the same, only a restart finds out.
        commit = self._producer.commit_transaction
        self._guard("make a checkpoint", self._patiently, commit, limit)

    def _transact(self, cuts: list[Cut], metadata: bytes, limit: float) -> None:
        """All of a transaction but its commit."""
        self._producer.begin_transaction()
        shipment = Shipment(self._producer, self._config)
        # Flushed before the offsets are sent: whatever a slow owner can still commit then lies
        # below the watermark that the next owner restores up to.
        try:
            self._deliver(shipment, cuts)
        except KafkaException as error:
            # The transaction has failed meanwhile: the next call says why.
            if error.args[0].code() != KafkaError._STATE:
                raise
        offsets = self._offsets(cuts)
        self._patiently(self._producer.send_offsets_to_transaction, limit, offsets, metadata)
        self._look_at(shipment)

    def _deliver(self, shipment: Shipment, cuts: list[Cut]) -> None:
        shipment.send(cuts)
        if self._flush(self._producer, self._timeout):
            raise _not_taken(self._timeout)

    def _publish_at_least_once(self, cuts: list[Cut]) -> None:
        shipment = Shipment(self._producer, self._config)
        self._deliver(shipment, cuts)
        self._look_at(shipment)

    def _look_at(self, shipment: Shipment) -> None:
        """Raise unless all has arrived. The commit would fail, too, but say no reason."""
        lost = shipment.lost
        if lost is not None:
            raise _to_be_tried_again(lost.code(), lost.str())
        if not shipment.complete:
            raise _not_taken(self._timeout)

    def _patiently(self, call: Any, limit: float, *arguments: Any) -> None:
        """Call again what may be called again."""
        while True:
            try:
                call(*arguments, self._timeout)
                return
            except KafkaException as error:
                reason = error.args[0]
                # What a coordinator says before it knows of us.
                starting = reason.code() in PASSING and not reason.txn_requires_abort()
                if not (reason.retriable() or starting) or time.monotonic() > limit:
                    raise
                time.sleep(RETRY_PAUSE)

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
        error = self._contact.reason(self._producer, error)
        if error.code() in FENCING_CODES:
            return Fenced(
                f"cannot {what}: {error.str()}. Another worker has our partitions, or the broker "
                f"ended a transaction that took longer than {self._timeout:.0f} s; start again."
            )
        hint = ". The last checkpoint stands; start again."
        return self._contact.failure(what, error, hint)


def _not_taken(timeout: float) -> KafkaException:
    what = f"the broker has not taken all of it within {timeout:.0f} s"
    return _to_be_tried_again(KafkaError._TIMED_OUT, what)


def _to_be_tried_again(code: int, why: str) -> KafkaException:
    """Neither fatal nor retriable by itself: the transaction is to be aborted."""
    return KafkaException(KafkaError(code, why, False, False, True))


def _mendable(error: KafkaError) -> bool:
    return (
        error.txn_requires_abort()
        and error.code() not in FENCING_CODES
        and error.code() not in PERMANENT_CODES | FORBIDDEN
    )
