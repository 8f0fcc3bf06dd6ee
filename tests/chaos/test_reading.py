"""The drills' reader goes to the end of a topic, and says so where it cannot."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

from tests.chaos.reading import read

UNFINISHED = 3.0
"""Seconds that a transaction stays open while it is read behind it."""


@pytest.fixture
def topic(kafka_bootstrap: str, request: pytest.FixtureRequest) -> str:
    name = f"{request.node.name}-{time.time_ns()}"
    admin = AdminClient({"bootstrap.servers": kafka_bootstrap})
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(30)
    return name


@contextmanager
def open_transaction(bootstrap: str, topic: str) -> Iterator[Producer]:
    """A record of an open transaction, and a committed one behind it."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": topic})
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(topic, b"first")
    producer.flush()
    plain = Producer({"bootstrap.servers": bootstrap})
    plain.produce(topic, b"second")
    plain.flush()
    yield producer


def test_what_is_committed_while_it_is_read_is_read(kafka_bootstrap: str, topic: str) -> None:
    with open_transaction(kafka_bootstrap, topic) as producer:
        later = threading.Timer(UNFINISHED, producer.commit_transaction)
        later.start()
        values = [message.value() for message in read(kafka_bootstrap, topic)]
        later.join()
    assert values == [b"first", b"second"]


def test_a_transaction_that_stays_open_is_told(kafka_bootstrap: str, topic: str) -> None:
    with open_transaction(kafka_bootstrap, topic) as producer:
        with pytest.raises(AssertionError, match="could not be read"):
            list(read(kafka_bootstrap, topic, patience=UNFINISHED))
        producer.abort_transaction()
    assert [message.value() for message in read(kafka_bootstrap, topic)] == [b"second"]
