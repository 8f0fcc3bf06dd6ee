"""Followers read whole topics."""

import threading

import pytest

from schemas.codec import Codec
from streams import reading
from streams.errors import BrokerError
from streams.reading import Follower
from tests.conftest import Broker
from tests.transactions import OPEN, open_transaction


def test_a_whole_topic_has_what_lies_behind_an_open_transaction(kafka: Broker, unique: str) -> None:
    kafka.create(unique, 1)
    with open_transaction(kafka.bootstrap, unique) as producer:
        end = threading.Timer(OPEN, producer.abort_transaction)
        end.start()
        with Follower(kafka.connection, Codec(), [unique], from_start=True) as follower:
            offsets = [seen.offset for seen in follower.to_end()]
        end.join()
    assert offsets == [1]


def test_an_end_that_does_not_come_is_told(
    kafka: Broker, unique: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "SILENCE", 1.0)
    kafka.create(unique, 1)
    with (
        open_transaction(kafka.bootstrap, unique),
        Follower(kafka.connection, Codec(), [unique], from_start=True) as follower,
        pytest.raises(BrokerError, match=rf"nothing has come of {unique}\[0\]"),
    ):
        list(follower.to_end())
