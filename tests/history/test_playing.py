"""What a platform's producer is told when the broker refuses it."""

import pytest
from confluent_kafka import KafkaError

from schemas.codec import Codec
from streams.embedded import EmbeddedBroker
from streams.engine import Connection
from streams.errors import AccessDenied
from streams.history.playing import Player
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


def play_one(player: Player) -> None:
    player.produce(TOPIC, b"k", b"v", ())
    player.flush(20)
