"""Puts a mock cluster into trouble."""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from streams.embedded import EmbeddedBroker

BROKER = 1

PRODUCE, FETCH, INIT_PRODUCER_ID = 0, 1, 22
ADD_PARTITIONS, ADD_OFFSETS, END_TXN, TXN_OFFSET_COMMIT = 24, 25, 26, 28
"""API keys of the Kafka protocol."""


def refuse(broker: EmbeddedBroker, request: int, *errors: int) -> None:
    """Answer the next requests of a kind with these errors, one each."""
    codes = (ctypes.c_int * len(errors))(*errors)
    broker._library.rd_kafka_mock_push_request_errors_array(
        broker._cluster, request, len(errors), codes
    )


def spoil(broker: EmbeddedBroker, topic: str, error: int) -> None:
    """Say this error of a topic to who looks for it; 0 says none any more."""
    cluster = ctypes.c_void_p(broker._cluster)
    broker._library.rd_kafka_mock_topic_set_error(cluster, topic.encode(), error)


def lead(broker: EmbeddedBroker, topic: str, partition: int, leader: int) -> None:
    """Make the mock broker of that number, from 1, the leader of a partition."""
    move = broker._library.rd_kafka_mock_partition_set_leader
    assert move(ctypes.c_void_p(broker._cluster), topic.encode(), partition, leader) == 0


@contextmanager
def down(broker: EmbeddedBroker) -> Iterator[None]:
    """Nobody can reach the broker."""
    broker._library.rd_kafka_mock_broker_set_down(broker._cluster, BROKER)
    try:
        yield
    finally:
        broker._library.rd_kafka_mock_broker_set_up(broker._cluster, BROKER)


@contextmanager
def slow(broker: EmbeddedBroker, milliseconds: int) -> Iterator[None]:
    """Every answer takes this long."""
    broker._library.rd_kafka_mock_broker_set_rtt(broker._cluster, BROKER, milliseconds)
    try:
        yield
    finally:
        broker._library.rd_kafka_mock_broker_set_rtt(broker._cluster, BROKER, 0)
