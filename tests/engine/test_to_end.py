"""What lies behind an open transaction is part of a topic."""

import threading
from pathlib import Path

import pytest

from streams.engine import BrokerFailed, Connection, EngineConfig, read_to_end
from tests.conftest import Broker
from tests.transactions import OPEN, open_transaction


@pytest.fixture
def config(kafka: Broker, unique: str, tmp_path: Path) -> EngineConfig:
    kafka.create(unique, 1)
    return EngineConfig(Connection(kafka.bootstrap), unique, (unique,), "state", tmp_path, "A")


def test_a_transaction_that_ends_meanwhile_hides_nothing(
    kafka: Broker, config: EngineConfig, unique: str
) -> None:
    with open_transaction(kafka.bootstrap, unique) as producer:
        end = threading.Timer(OPEN, producer.abort_transaction)
        end.start()
        values = [message.value() for message in read_to_end(config, config.sources)]
        end.join()
    assert values == [b"second"]


def test_a_transaction_that_does_not_end_is_told(
    kafka: Broker, config: EngineConfig, unique: str
) -> None:
    with open_transaction(kafka.bootstrap, unique) as producer:
        with pytest.raises(BrokerFailed, match="transaction is open"):
            list(read_to_end(config, config.sources, patience=OPEN))
        producer.abort_transaction()
