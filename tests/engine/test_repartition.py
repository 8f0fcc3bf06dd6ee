"""What the broker does not take of a new changelog is told with its reason."""

import importlib
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import KafkaError

from streams.embedded import EmbeddedBroker
from streams.engine import AccessDenied, BrokerFailed, Connection, EngineConfig, EngineError
from tests.engine import faults
from tests.engine.records import TOPIC

# The package gives the function by that name.
repartition = importlib.import_module("streams.engine.repartition")


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker({"group-state-changelog": 1}) as made:
        yield made


@pytest.mark.parametrize("pause", [0.0, 0.05], ids=["at the end", "on the way"])
@pytest.mark.parametrize(
    ("request_kind", "error", "kind", "reason"),
    [
        (
            faults.INIT_PRODUCER_ID,
            KafkaError.CLUSTER_AUTHORIZATION_FAILED,
            AccessDenied,
            "may not write group-state-changelog: .*Cluster authorization",
        ),
        (
            faults.PRODUCE,
            KafkaError.TOPIC_AUTHORIZATION_FAILED,
            AccessDenied,
            "may not write group-state-changelog: .*Topic authorization",
        ),
        (
            faults.PRODUCE,
            KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER,
            BrokerFailed,
            "cannot write group-state-changelog: .*desynchronization.*: delete it, repeat",
        ),
        (faults.PRODUCE, KafkaError.MSG_SIZE_TOO_LARGE, BrokerFailed, "size too large: delete it"),
    ],
)
def test_what_is_refused_has_its_own_error(
    broker: EmbeddedBroker,
    tmp_path: Path,
    pause: float,
    request_kind: int,
    error: int,
    kind: type[EngineError],
    reason: str,
) -> None:
    config = EngineConfig(Connection(broker.bootstrap), "group", (TOPIC,), "state", tmp_path, "A")
    changelog = repartition._Changelog(config)
    faults.refuse(broker, request_kind, *[error] * 20)

    def write() -> None:
        for _ in range(20):
            changelog.write(b"key", b"value", 0)
            time.sleep(pause)
        changelog.flush()

    with pytest.raises(kind, match=reason):
        write()


def test_a_broker_that_is_gone_is_told(
    broker: EmbeddedBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = EngineConfig(Connection(broker.bootstrap), "group", (TOPIC,), "state", tmp_path, "A")
    changelog = repartition._Changelog(config)
    monkeypatch.setattr(repartition, "REQUEST_TIMEOUT", 0.5)
    with faults.down(broker):
        changelog.write(b"key", b"value", 0)
        with pytest.raises(BrokerFailed, match="no answer: delete it, repeat"):
            changelog.flush()
