"""The drills' reader goes to the end of a topic, and says so where it cannot."""

import threading

import pytest

from tests.chaos.reading import read
from tests.conftest import Broker
from tests.transactions import OPEN, open_transaction


def test_what_is_committed_while_it_is_read_is_read(kafka: Broker, unique: str) -> None:
    kafka.create(unique, 1)
    with open_transaction(kafka.bootstrap, unique) as producer:
        later = threading.Timer(OPEN, producer.commit_transaction)
        later.start()
        values = [message.value() for message in read(kafka.bootstrap, unique)]
        later.join()
    assert values == [b"first", b"second"]


def test_a_transaction_that_stays_open_is_told(kafka: Broker, unique: str) -> None:
    kafka.create(unique, 1)
    with open_transaction(kafka.bootstrap, unique) as producer:
        with pytest.raises(AssertionError, match="could not be read"):
            list(read(kafka.bootstrap, unique, patience=OPEN))
        producer.abort_transaction()
    assert [message.value() for message in read(kafka.bootstrap, unique)] == [b"second"]
