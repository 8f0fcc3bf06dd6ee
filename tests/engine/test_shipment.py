"""A checkpoint is complete when every record of it lies on the broker, whatever librdkafka says."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from confluent_kafka import KafkaError, Message, Producer

from streams.engine import Connection, EngineConfig
from streams.engine.partition import Cut
from streams.engine.position import MARKER, encode_position
from streams.engine.shipment import OnDelivery, Shipment
from tests.engine.records import TOPIC, batch, partition, source_record

CHANGES = 3


class Client:
    """A producer whose records are delivered when and where a test says."""

    def __init__(self) -> None:
        self.sent: list[OnDelivery | None] = []
        self.records: list[tuple[Any, ...]] = []

    def produce(
        self, topic: str, value: object, key: object, at: int, on: Any, _: None, *further: Any
    ) -> None:
        self.sent.append(on)
        self.records.append((topic, at, key, value, *further))

    def poll(self, timeout: float) -> None:
        """Nothing comes by itself."""

    def deliver(self, *offsets: int | None, error: KafkaError | None = None) -> None:
        """The records, in the order they were sent, at these offsets."""
        for on, offset in zip(self.sent, offsets, strict=True):
            if on is not None:
                on(error, cast(Message, SimpleNamespace(offset=lambda offset=offset: offset)))


@pytest.fixture
def one(tmp_path: Path) -> Cut:
    """A cut with an output and three changes."""
    made = batch(partition(tmp_path / "p"), source_record(0))
    made.emit("output", b"k", b"v")
    for number in range(CHANGES):
        made.put(b"k%d" % number, b"v")
    made.finish()
    cut = made.owner.cut()
    assert cut is not None
    return cut


@pytest.fixture
def ship(one: Cut, tmp_path: Path) -> Callable[[Client], Shipment]:
    def send(client: Client) -> Shipment:
        config = EngineConfig(Connection("nowhere:1"), "group", (TOPIC,), "state", tmp_path, "A")
        made = Shipment(cast(Producer, client), config)
        made.send([one])
        return made

    return send


def test_each_record_goes_where_it_belongs_with_all_it_has_and_the_marker_last(
    tmp_path: Path,
) -> None:
    made = batch(partition(tmp_path / "p", number=2), source_record(0, 50))
    made.now(made.records[0])
    made.emit("output", b"k", b"v", [("h", b"1")], partition=3, stamp=77)
    made.emit("output", b"k", None)
    made.put(b"s", b"1")
    made.put(b"gone", None)
    made.finish()
    cut, client = made.owner.cut(), Client()
    assert cut is not None
    connection = Connection("nowhere:1", topic_prefix="p.")
    config = EngineConfig(connection, "group", (TOPIC,), "state", tmp_path, "A")
    Shipment(cast(Producer, client), config).send([cut])
    changelog = "p.group-state-changelog"
    assert client.records == [
        ("p.output", 3, b"k", b"v", 77, [("h", b"1")]),
        ("p.output", -1, b"k", None, 50, None),
        (changelog, 2, b"s", b"1", 0, None),
        (changelog, 2, b"gone", None, 0, None),
        (changelog, 2, MARKER, encode_position(cut.position), 0, None),
    ]


def test_it_is_complete_once_all_of_it_is_delivered(
    one: Cut, ship: Callable[[Client], Shipment]
) -> None:
    client = Client()
    made = ship(client)
    before = made.complete
    client.deliver(70, 10, 11, 12, 13)
    assert (before, made.complete) == (False, True)
    assert one.changelog_next == 14
    assert not ship(Client()).complete, "where another try put it says nothing of this one"


@pytest.mark.parametrize(
    "offsets",
    [
        (None, 10, 11, 12, 13),
        (70, None, 10, 11, 12),
        (70, 10, None, 11, 12),
        (70, 10, 11, None, 12),
        (70, 10, 11, 12, None),
    ],
)
def test_a_record_taken_for_delivered_with_a_later_one_is_missing(
    ship: Callable[[Client], Shipment], offsets: tuple[int | None, ...]
) -> None:
    client = Client()
    made = ship(client)
    client.deliver(*offsets)
    assert not made.complete


def test_a_record_that_fails_is_missing_and_says_why(ship: Callable[[Client], Shipment]) -> None:
    client = Client()
    made = ship(client)
    client.deliver(*[None] * 5, error=KafkaError(KafkaError._MSG_TIMED_OUT))
    assert not made.complete
    assert made.lost is not None
    assert made.lost.code() == KafkaError._MSG_TIMED_OUT
