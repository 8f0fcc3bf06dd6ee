"""What a ledger makes of what Kafka's client does, which no broker does on demand."""

import threading

import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition

from schemas.codec import Codec
from schemas.records import OpenAlert, Record
from schemas.topics import key_of, partition_of, topic_of
from streams.alerts.changes import change_of
from streams.alerts.config import AlertsConfig
from streams.alerts.kafka_ledger import MOST_UNCOMMITTED, KafkaLedger
from streams.alerts.ledger import Abandoned
from streams.errors import BrokerError
from streams.settings import Settings
from tests.alerts.samples import NOW, anomaly, health, sla

TOPIC, PARTITION, OFFSET = "support.anomalies", 0, 7
CONFIG = AlertsConfig(receivers=(), routes=())
PLACE = TopicPartition(TOPIC, PARTITION, OFFSET)


class Message:
    """A record, or an error of the client."""

    def __init__(self, error: int | None = None) -> None:
        self._error = None if error is None else KafkaError(error)

    def error(self) -> KafkaError | None:
        return self._error

    def topic(self) -> str:
        return TOPIC

    def partition(self) -> int:
        return PARTITION

    def offset(self) -> int:
        return OFFSET

    def timestamp(self) -> tuple[int, int]:
        return 1, 1_767_603_600_000

    def key(self) -> bytes:
        return b"a-1"

    def value(self) -> bytes:
        return b"{}"

    def headers(self) -> None:
        return None


class Consumer:
    """Gives the partition and its first record in one poll."""

    def __init__(self, ledger: KafkaLedger, *messages: Message) -> None:
        self.ledger, self.messages = ledger, list(messages)
        self.paused = False
        self.is_assigned = False
        self.refusal: int | None = None

    def poll(self, timeout: float) -> Message | None:
        if not self.is_assigned:
            self.is_assigned = True
            self.ledger._assigned(self, [PLACE])
        return self.messages.pop(0) if self.messages else None

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        if self.refusal is not None:
            raise KafkaException(KafkaError(self.refusal))
        return places

    def assignment(self) -> list[TopicPartition]:
        return [PLACE]

    def assign(self, places: list[TopicPartition]) -> None:
        assert places == [PLACE]

    def pause(self, places: list[TopicPartition]) -> None:
        self.paused = True

    def resume(self, places: list[TopicPartition]) -> None:
        self.paused = False


class Places:
    """A consumer that takes any place, of a group that has committed some."""

    def __init__(self, committed: dict[int, int] | None = None) -> None:
        self._committed = committed
        self.begun: dict[int, int] = {}

    def committed(self, places: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        if self._committed is None:
            return places
        return [
            TopicPartition(one.topic, one.partition, self._committed.get(one.partition, -1001))
            for one in places
        ]

    def get_watermark_offsets(self, place: TopicPartition, timeout: float) -> tuple[int, int]:
        return 0, 9

    def commit(self, *, offsets: list[TopicPartition], asynchronous: bool) -> None: ...

    def assign(self, places: list[TopicPartition]) -> None:
        self.begun = {one.partition: one.offset for one in places}

    def resume(self, places: list[TopicPartition]) -> None: ...


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> KafkaLedger:
    monkeypatch.setattr(KafkaLedger, "_open", lambda self: iter(()))
    monkeypatch.setattr(KafkaLedger, "_counts", lambda self: {})
    return KafkaLedger("hook", Settings(), Codec(), threading.Event())


def given(ledger: KafkaLedger, *messages: Message) -> Consumer:
    ledger._consumer = consumer = Consumer(ledger, *messages)
    return consumer


def test_a_record_that_comes_together_with_its_partition_can_wait_for_its_receiver(
    ledger: KafkaLedger,
) -> None:
    consumer = given(ledger, Message())
    assert ledger.take() is not None
    ledger.pause(0.0)
    assert not consumer.paused


def test_who_was_away_for_too_long_joins_the_group_again(ledger: KafkaLedger) -> None:
    given(ledger, Message(KafkaError._MAX_POLL_EXCEEDED), Message())
    assert ledger.take() is None
    assert ledger.take() is not None


def test_a_group_whose_place_is_not_told_is_an_error_of_the_broker(ledger: KafkaLedger) -> None:
    consumer = given(ledger)
    consumer.refusal = KafkaError._TIMED_OUT
    with pytest.raises(BrokerError, match="cannot begin where the group stands"):
        ledger.take()


def test_whose_commit_is_refused_hears_in_the_next_poll_that_its_partitions_are_gone(
    ledger: KafkaLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was fetched before lies in front of that word."""

    def refused(*_: object) -> None:
        raise Abandoned

    monkeypatch.setattr(ledger._transactions, "commit", refused)
    consumer = given(ledger, *(Message() for _ in range(MOST_UNCOMMITTED + 1)))
    for _ in range(MOST_UNCOMMITTED):
        record = ledger.take()
        assert record is not None
        ledger.done(record)
    with pytest.raises(Abandoned):
        ledger.take()
    assert ledger.take() is not None
    assert not consumer.messages


@pytest.mark.parametrize("record", [anomaly(), sla(), health()])
@pytest.mark.parametrize("before", [1, 24])
def test_what_was_told_is_known_where_its_topic_has_another_number_of_partitions_now(
    ledger: KafkaLedger, monkeypatch: pytest.MonkeyPatch, record: Record, before: int
) -> None:
    """Moved to another prefix, an alert is still open, and its end comes on its key's partition."""
    change, topic, key = change_of(record, CONFIG), topic_of(record), key_of(record).encode()
    assert change is not None
    number = partition_of(key, before)
    told = OpenAlert(f"hook/{key.decode()}", "hook", topic, number, NOW, change.alert)
    monkeypatch.setattr(KafkaLedger, "_open", lambda self: iter((told,)))
    monkeypatch.setattr(KafkaLedger, "_counts", lambda self: {topic: 3})
    for now in range(3):
        place = TopicPartition(topic, now, OFFSET)
        ledger._assigned(Places(), [place])
        assert bool(ledger.told) == (now == partition_of(key, 3))


@pytest.mark.parametrize(
    ("committed", "begun"), [({0: 5}, {0: 5, 1: 0}), ({}, {0: 9, 1: 9}), ({1: 9}, {0: 0, 1: 9})]
)
def test_a_receiver_reads_a_new_partition_of_a_topic_that_it_knows_from_its_beginning(
    ledger: KafkaLedger, committed: dict[int, int], begun: dict[int, int]
) -> None:
    """It is found minutes after it was made; who is new to the topic begins with what comes."""
    consumer = Places(committed)
    ledger._assigned(consumer, [TopicPartition("support.sla", number) for number in (0, 1)])
    assert consumer.begun == begun
