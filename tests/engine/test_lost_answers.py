"""A real broker has a checkpoint's records and the worker is not told."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Consumer

from streams.admin.topics import Topics, Wanted
from streams.engine import Connection, EngineConfig
from streams.engine.partition import Cut
from streams.engine.producer import CheckpointProducer, Member
from tests.chaos.reading import read
from tests.engine.records import TOPIC, batch, partition, source_record
from tests.patience import PATIENCE
from tests.relay import Relay, relayed_kafka

pytestmark = [pytest.mark.logs_errors, pytest.mark.usefixtures("kafka_bootstrap")]
"""librdkafka logs that it is disconnected; the shared Kafka tells whether there can be another."""

TRANSACTION_TIMEOUT = 2_000


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A Kafka of its own behind a relay."""
    with relayed_kafka(tmp_path_factory.mktemp("kafka")) as made:
        yield made


@pytest.fixture
def config(relay: Relay, unique: str, tmp_path: Path) -> EngineConfig:
    """An engine's, with its topics made."""
    made = EngineConfig(
        Connection(relay.address),
        unique,
        (TOPIC,),
        "state",
        tmp_path / "data",
        unique,
        transaction_timeout=TRANSACTION_TIMEOUT,
    )
    topics = Topics(made.connection)
    names = (*made.sources, f"{unique}-output", made.changelog)
    topics.apply(topics.plan([Wanted(name, 1, 1, {}) for name in names]))
    return made


@pytest.fixture
def member(config: EngineConfig) -> Iterator[Member]:
    """The one member of the group, in its first generation."""
    consumer = Consumer(
        {"bootstrap.servers": config.connection.bootstrap, "group.id": config.group}
    )
    consumer.subscribe(list(config.sources))
    limit = time.monotonic() + PATIENCE
    while not consumer.assignment() and time.monotonic() < limit:
        consumer.poll(0.1)
    yield Member(1, consumer.memberid())
    consumer.close()


def cut(folder: Path, output: str, number: int) -> Cut:
    """Three changes, three outputs and a position."""
    made = batch(partition(folder / str(number)), source_record(number))
    for value in values(number):
        made.put(value, value)
        made.emit(output, value, value)
    made.finish()
    found = made.owner.cut()
    assert found is not None
    return found


def values(*numbers: int) -> list[bytes]:
    """What these cuts hold."""
    return [f"{number}{letter}".encode() for number in numbers for letter in "abc"]


@pytest.mark.parametrize("before", [0, 2])
def test_what_the_broker_has_and_has_not_told_of_is_readable_once(
    relay: Relay, config: EngineConfig, member: Member, unique: str, tmp_path: Path, before: int
) -> None:
    output = f"{unique}-output"
    cuts = [cut(tmp_path, output, number) for number in range(before + 2)]
    producer = CheckpointProducer(config)
    for one in cuts[:before]:
        producer.publish([one], member)
    relay.lose_an_answer()
    thread = threading.Thread(target=producer.publish, args=([cuts[before]], member))
    thread.start()
    assert relay.lost.wait(PATIENCE)
    # The broker may or may not have ended the transaction by then: both happen.
    time.sleep(TRANSACTION_TIMEOUT / 1000 + 0.1)
    relay.mend()
    thread.join(PATIENCE)
    producer.publish([cuts[-1]], member)

    wanted = values(*range(before + 2))
    assert [message.value() for message in read(relay.address, output)] == wanted
    changes = [message.key() for message in read(relay.address, config.changelog)]
    assert [key for key in changes if key in wanted] == wanted
    assert cuts[before].changelog_next is not None
