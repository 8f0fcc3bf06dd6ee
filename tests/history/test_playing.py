"""What a platform's producer is told when the broker refuses it."""

import pytest
from confluent_kafka import KafkaError

from schemas.codec import Codec
from streams.embedded import EmbeddedBroker
from streams.engine import Connection
from streams.errors import AccessDenied
from streams.history.playing import Player
from streams.security import Reach
from tests.engine import faults

TOPIC = "support.conversations"


@pytest.mark.logs_errors
def test_who_may_not_write_anything_is_told_of_which_topic_whenever_he_tries() -> None:
    with EmbeddedBroker({TOPIC: 1}) as made:
        faults.refuse(made, faults.INIT_PRODUCER_ID, *[KafkaError.CLUSTER_AUTHORIZATION_FAILED] * 9)
        player = Player(Connection(made.bootstrap), Codec())
        for _ in range(3):
            with pytest.raises(AccessDenied, match=f"may not write topic {TOPIC}"):
                play_one(player)


@pytest.mark.logs_errors
def test_who_is_denied_before_he_has_written_is_told_of_no_topic() -> None:
    with EmbeddedBroker({TOPIC: 1}) as made:
        faults.refuse(made, faults.INIT_PRODUCER_ID, *[KafkaError.CLUSTER_AUTHORIZATION_FAILED] * 9)
        player = Player(Connection(made.bootstrap), Codec())
        with pytest.raises(AccessDenied, match="may not write a record"):
            wait_long(player)


def test_as_large_a_record_as_a_broker_takes_can_be_put_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A dead letter's record is read where it lies: it is what Kafka takes by default."""
    monkeypatch.setattr(Reach, "metadata", lambda self, client: None)
    player = Player(Connection("localhost:1"), Codec())
    player.produce(TOPIC, b"k", b"x" * 1_048_000, ())


def wait_long(player: Player) -> None:
    for _ in range(20):
        player.wait(0.5)


def play_one(player: Player) -> None:
    player.produce(TOPIC, b"k", b"v", ())
    player.flush(20)
