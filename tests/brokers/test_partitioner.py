"""Kafka's own Java producer and ours put the records of a key on the same partition."""

import subprocess

from confluent_kafka import Producer

from schemas.topics import PARTITIONER, partition_of
from tests.chaos.reading import read
from tests.conftest import Broker
from tests.kafka import JAVA
from tests.patience import PATIENCE

TICKETS = [f"ticket-{number}" for number in range(40)] + ["Straße 7", "日本", "🎫", "x" * 300]
PARTITIONS = 12


def java_producer(broker: Broker, topic: str, lines: list[str]) -> None:
    subprocess.run(
        [
            *JAVA, "org.apache.kafka.tools.ConsoleProducer",
            "--bootstrap-server", broker.bootstrap, "--topic", topic,
            "--property", "parse.key=true", "--property", "key.separator=|",
        ],
        input="\n".join(lines).encode(), check=True, capture_output=True, timeout=PATIENCE,
    )  # fmt: skip


def test_both_producers_and_our_own_arithmetic_agree(kafka: Broker, unique: str) -> None:
    kafka.create(unique, PARTITIONS)
    java_producer(kafka, unique, [f"{ticket}|java" for ticket in TICKETS])
    ours = Producer({"bootstrap.servers": kafka.bootstrap, "partitioner": PARTITIONER})
    for ticket in TICKETS:
        ours.produce(unique, b"ours", ticket.encode())
    assert ours.flush(10) == 0
    placed = {
        (message.key().decode(), message.value().decode(), message.partition())
        for message in read(kafka.bootstrap, unique)
    }
    assert placed == {
        (ticket, producer, partition_of(ticket.encode(), PARTITIONS))
        for ticket in TICKETS
        for producer in ("java", "ours")
    }
