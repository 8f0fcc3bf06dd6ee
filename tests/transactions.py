"""Transactions that stand in the way of a reader of committed records."""

from collections.abc import Iterator
from contextlib import contextmanager

from confluent_kafka import Producer

OPEN = 3.0
"""Seconds that a transaction stays open while it is read behind it."""


@contextmanager
def open_transaction(bootstrap: str, topic: str) -> Iterator[Producer]:
    """`first` in an open transaction, and `second` committed behind it."""
    producer = Producer({"bootstrap.servers": bootstrap, "transactional.id": topic})
    producer.init_transactions()
    producer.begin_transaction()
    producer.produce(topic, b"first", partition=0)
    producer.flush()
    plain = Producer({"bootstrap.servers": bootstrap})
    plain.produce(topic, b"second", partition=0)
    plain.flush()
    yield producer
