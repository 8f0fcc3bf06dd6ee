"""What holds on the embedded broker and on real Kafka alike, and what only one of them does."""

import subprocess
import sys
from uuid import uuid4

import pytest
from confluent_kafka import Consumer, Message, Producer, TopicPartition

from schemas.topics import PARTITIONER, partition_of
from streams.embedded import EmbeddedBroker
from streams.errors import BrokerError
from tests.conftest import Broker
from tests.patience import PATIENCE

LONG_AGO = 1_767_603_600_000

PRODUCE_ELSEWHERE = """
import sys
from confluent_kafka import Producer
producer = Producer({"bootstrap.servers": sys.argv[1]})
producer.produce(sys.argv[2], b"from another process")
sys.exit(producer.flush(10))
"""


def produce(broker: Broker, topic: str, *keys: bytes) -> None:
    producer = Producer({"bootstrap.servers": broker.bootstrap, "partitioner": PARTITIONER})
    for key in keys:
        producer.produce(topic, b"value of " + key, key, timestamp=LONG_AGO)
    assert producer.flush(10) == 0


def consume(broker: Broker, topic: str, partitions: int, count: int) -> list[Message]:
    consumer = Consumer({"bootstrap.servers": broker.bootstrap, "group.id": uuid4().hex})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(partitions)])
    messages: list[Message] = consumer.consume(count, 10)
    consumer.close()
    return messages


class TestBothBrokers:
    def test_a_record_comes_back_with_key_value_and_its_own_time(
        self, broker: Broker, unique: str
    ) -> None:
        broker.create(unique, 1)
        produce(broker, unique, b"T1")
        [message] = consume(broker, unique, 1, 1)
        assert (message.key(), message.value()) == (b"T1", b"value of T1")
        assert message.timestamp()[1] == LONG_AGO

    def test_a_key_lies_where_the_partitioner_says(self, broker: Broker, unique: str) -> None:
        broker.create(unique, 4)
        keys = [f"T{number}".encode() for number in range(40)]
        produce(broker, unique, *keys)
        found = {
            message.key(): message.partition() for message in consume(broker, unique, 4, len(keys))
        }
        assert found == {key: partition_of(key, 4) for key in keys}

    def test_another_process_can_connect(self, broker: Broker, unique: str) -> None:
        broker.create(unique, 1)
        command = [sys.executable, "-c", PRODUCE_ELSEWHERE, broker.bootstrap, unique]
        subprocess.run(command, check=True, timeout=PATIENCE)
        [message] = consume(broker, unique, 1, 1)
        assert message.value() == b"from another process"


class TestEmbeddedBroker:
    def test_two_brokers_share_nothing(self) -> None:
        with EmbeddedBroker({"a": 1}) as one, EmbeddedBroker({"a": 2}) as other:
            assert one.bootstrap != other.bootstrap

    def test_a_topic_that_cannot_be_made_is_an_error(self) -> None:
        with pytest.raises(BrokerError, match="'a'"):
            EmbeddedBroker({"a": 0})

    def test_a_topic_made_twice_is_an_error(self) -> None:
        with EmbeddedBroker({"a": 1}) as broker, pytest.raises(BrokerError, match="'a'"):
            broker.create_topic("a", 1)

    def test_closing_twice_does_no_harm(self) -> None:
        broker = EmbeddedBroker({})
        broker.close()
        broker.close()


class TestKafka:
    def test_a_transaction_that_is_aborted_is_not_read(self, kafka: Broker, unique: str) -> None:
        kafka.create(unique, 1)
        settings = {"bootstrap.servers": kafka.bootstrap, "transactional.id": unique}
        producer = Producer(settings)
        producer.init_transactions(30)
        for value, end in (
            (b"aborted", producer.abort_transaction),
            (b"committed", producer.commit_transaction),
        ):
            producer.begin_transaction()
            producer.produce(unique, value)
            assert producer.flush(10) == 0
            end(30)
        assert [message.value() for message in consume(kafka, unique, 1, 1)] == [b"committed"]
