"""A receiver's ledger on Kafka: its own consumer group, and what it was told on a compacted topic.

Offsets, `support.open-alerts` and dead letters move in one transaction, after delivery. So no
restart loses anything: at the worst what was delivered just before a crash is delivered again,
under the same key.
"""

import logging
import threading
from collections.abc import Collection, Iterator

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka.admin import AdminClient
from msgspec.structs import replace

from schemas.codec import Codec, Tombstone
from schemas.records import Alert, Millis, OpenAlert, Record
from schemas.topics import TOPICS, partition_of
from streams.agents.inbox import letter_of
from streams.alerts.changes import SOURCES
from streams.alerts.ledger import Abandoned
from streams.alerts.transactions import PATIENCE, Transactions
from streams.engine import SourceRecord, wall_clock
from streams.engine.access import FORBIDDEN
from streams.engine.compacted import ends_of
from streams.engine.connection import ANSWER_TIMEOUT
from streams.engine.record import record_of
from streams.reading import Follower
from streams.security import Reach, connection_of
from streams.settings import Settings

log = logging.getLogger(__name__)

OPEN_ALERTS = "support.open-alerts"
DEAD_LETTERS = "support.dead-letters"

MOST_UNCOMMITTED = 500
"""Records that say nothing of an alert, after which their offsets are committed."""

POLL = 0.5
_LASTING = FORBIDDEN | {KafkaError.UNKNOWN_TOPIC_OR_PART}
"""What does not pass by itself while reading."""


def group_of(settings: Settings, receiver: str) -> str:
    """The consumer group of a receiver."""
    return f"{settings.group}-alerts-{receiver}"


def partition_about(told: OpenAlert, partitions: int) -> int:
    """Where what is said of an alert comes now that its topic has so many partitions: it may have
    had another number when the receiver was told. 0 where that is not known.
    """
    topic = TOPICS.get(told.source_topic)
    key = None if topic is None else told.alert.labels.get(topic.key)
    if key is None or not partitions:
        return told.source_partition
    return partition_of(key.encode(), partitions)


class KafkaLedger:
    """One receiver's, for one thread. A receiver that is new begins with what comes next."""

    def __init__(
        self,
        receiver: str,
        settings: Settings,
        codec: Codec,
        stop: threading.Event,
        *,
        from_start: bool = False,
    ) -> None:
        self.told: dict[str, Alert] = {}
        self._receiver = receiver
        self._codec = codec
        self._stop = stop
        self._from_start = from_start
        self._connection = connection_of(settings)
        self._reach = Reach(self._connection)
        self._ours = True
        self._offsets: dict[tuple[str, int], int] = {}
        self._uncommitted = 0
        self._changes: dict[str, tuple[OpenAlert | Tombstone, Alert | None]] = {}
        self._letters: list[Record] = []
        group = group_of(settings, receiver)
        self._transactions = Transactions(
            self._connection,
            codec,
            f"{group}/{settings.worker_name()}",
            settings.transaction_timeout,
        )
        self._consumer = Consumer(
            {
                **self._reach.settings,
                "logger": log,
                "group.id": group,
                "enable.auto.commit": False,
                "auto.offset.reset": "earliest",
                "isolation.level": "read_committed",
                "session.timeout.ms": settings.session_timeout,
                "heartbeat.interval.ms": settings.heartbeat_interval,
            }
        )

    def start(self) -> None:
        """Join the group. Raises `BrokerError`, `AccessDenied`."""
        self._transactions.start()
        self._consumer.subscribe(
            [self._connection.topic(topic) for topic in SOURCES],
            on_assign=self._assigned,
            on_revoke=self._revoked,
            on_lost=self._revoked,
        )

    def close(self) -> None:
        """Leave the group; what is not committed comes again."""
        self._consumer.close()

    def take(self) -> SourceRecord | None:
        """The next record; None when there is none now, after what is done has been committed."""
        if self._uncommitted >= MOST_UNCOMMITTED:
            # Counted anew also where it is refused: that the partitions are gone is told in a poll.
            self._uncommitted = 0
            self.commit()
        message = self._consumer.poll(POLL)
        # Also when partitions came or went in this poll: a record is of those that are left.
        self._ours = True
        if message is None:
            self.commit()
            return None
        self._check(message)
        if message.error() is not None:
            return None
        return record_of(message, self._connection.name(message.topic()))

    def pause(self, seconds: float) -> None:
        """Let time pass while staying a member of the group. Raises `Abandoned`."""
        self._consumer.pause(self._consumer.assignment())
        self._stop.wait(seconds)
        message = self._consumer.poll(0)
        if message is not None:
            self._put_back(message)
        if self._stop.is_set() or not self._ours:
            raise Abandoned
        self._consumer.resume(self._consumer.assignment())

    def _put_back(self, message: Message) -> None:
        """A record of a partition that was given to us while we waited."""
        self._check(message)
        if message.error() is None:
            place = TopicPartition(message.topic(), message.partition(), message.offset())
            self._consumer.seek(place)

    def done(self, record: SourceRecord) -> None:
        """The record needs no more."""
        self._offsets[record.topic, record.partition] = record.offset + 1
        self._uncommitted += 1

    def keep(self, record: SourceRecord, key: str, told: Alert | None) -> None:
        """What the receiver now knows of an alert; None: nothing that is open."""
        name = f"{self._receiver}/{key}"
        change: OpenAlert | Tombstone = Tombstone(OPEN_ALERTS, name)
        if told is not None:
            change = OpenAlert(
                name, self._receiver, record.topic, record.partition, wall_clock(), told
            )
        self._changes[key] = (change, told)

    def bury(self, record: SourceRecord, code: str, sentence: str, now: Millis) -> str:
        """Send the record to the dead letters; its letter's id names the receiver too."""
        letter = letter_of(record, "alerts", code, sentence, now)
        letter = replace(letter, dead_letter_id=f"{letter.dead_letter_id}/{self._receiver}")
        self._letters.append(letter)
        return letter.dead_letter_id

    def commit(self) -> None:
        """Offsets, what was told and dead letters, at once. Raises `Abandoned`, `BrokerError`."""
        if not self._offsets:
            return
        changes = [change for change, _ in self._changes.values()]
        self._transactions.commit([*changes, *self._letters], self._offsets, self._consumer)
        for key, (_, told) in self._changes.items():
            if told is None:
                self.told.pop(key, None)
            else:
                self.told[key] = told
        self._forget()

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        try:
            self._begin(consumer, partitions)
        except KafkaException as error:
            raise self._reach.failure("begin where the group stands", error.args[0]) from error

    def _begin(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Begin where the group stands, with what had been told by then."""
        self._forget()
        self._ours = False
        # Waits for a transaction that its predecessor has left open, so what it told is there too.
        committed = consumer.committed(partitions, PATIENCE)
        known = {place.topic for place in committed if place.offset >= 0}
        begun = [self._begun(consumer, place, known) for place in committed]
        new = [place for place, before in zip(begun, committed, strict=True) if before.offset < 0]
        if new:
            # From now on nothing is passed over, whenever the first record is handled.
            consumer.commit(offsets=new, asynchronous=False)
        consumer.assign(begun)
        consumer.resume(begun)
        mine = {(self._connection.name(one.topic), one.partition) for one in partitions}
        counts = self._counts()
        self.told = {
            one.alert.dedup_key: one.alert
            for one in self._open()
            if (one.source_topic, partition_about(one, counts.get(one.source_topic, 0))) in mine
        }
        log.info("ready: receiver %s, %d open alerts", self._receiver, len(self.told))

    def _begun(
        self, consumer: Consumer, place: TopicPartition, known: Collection[str]
    ) -> TopicPartition:
        """Of a topic that the receiver knows it is the partition that is new."""
        if place.offset >= 0:
            return place
        low, high = ends_of(consumer, place.topic, place.partition, ANSWER_TIMEOUT)
        whole = self._from_start or place.topic in known
        return TopicPartition(place.topic, place.partition, low if whole else high)

    def _counts(self) -> dict[str, int]:
        """The number of partitions of every topic that is read."""
        # Not asked by the consumer, which is amidst a call of ours.
        found = self._reach.metadata(AdminClient(self._reach.settings)).topics
        names = {topic: self._connection.topic(topic) for topic in SOURCES}
        return {
            topic: len(found[name].partitions) for topic, name in names.items() if name in found
        }

    def _open(self) -> Iterator[OpenAlert]:
        latest: dict[str, OpenAlert | None] = {}
        with Follower(self._connection, self._codec, [OPEN_ALERTS], from_start=True) as follower:
            for seen in follower.to_end():
                latest[seen.key] = seen.record if isinstance(seen.record, OpenAlert) else None
        return (one for one in latest.values() if one and one.receiver == self._receiver)

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._forget()
        self.told = {}
        self._ours = False

    def _forget(self) -> None:
        self._offsets, self._changes, self._letters, self._uncommitted = {}, {}, [], 0

    def _check(self, message: Message) -> None:
        error = message.error()
        if error is not None and (error.fatal() or error.code() in _LASTING):
            raise self._reach.failure("read what alerts follow from", error)
