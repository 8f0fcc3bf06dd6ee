"""A group's broker is asked by aiokafka, and asked again where it does not answer at first."""

import ast
import asyncio
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AclOperation, AdminClient

from streams.engine import BrokerFailed, Connection, EngineConfig, check_at_rest, coordinator
from streams.engine.coordinator import Group, describe_group
from tests.chaos.counting import Counting
from tests.chaos.on_engine import PARTITIONS
from tests.conftest import real
from tests.engine.records import TOPIC
from tests.engine.test_topics import end_of
from tests.relay import DESCRIBE_GROUPS, FIND_COORDINATOR, Relay, relayed_kafka

KNOWN = Group("Empty", frozenset({AclOperation.READ}))
NOWHERE = Connection("127.0.0.1:9")


class Asked:
    """Fails with these errors, then answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *errors: int) -> None:
        self.errors = list(errors)
        self.times = 0
        monkeypatch.setattr(coordinator, "_ask", self.ask)
        monkeypatch.setattr(coordinator, "PAUSE", 0.01)

    async def ask(self, *_: Any) -> Group:
        self.times += 1
        if self.errors:
            raise KafkaException(KafkaError(self.errors.pop(0)))
        return KNOWN


@pytest.mark.parametrize("error", sorted(coordinator.PATIENCE))
def test_what_passes_is_waited_for(monkeypatch: pytest.MonkeyPatch, error: int) -> None:
    asked = Asked(monkeypatch, *[error] * 5)
    assert describe_group(NOWHERE, "g") == KNOWN
    assert asked.times == 6


@pytest.mark.parametrize("error", [KafkaError.GROUP_AUTHORIZATION_FAILED, KafkaError._FAIL])
def test_what_the_broker_refuses_is_not_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    asked = Asked(monkeypatch, error)
    with pytest.raises(KafkaException):
        describe_group(NOWHERE, "g")
    assert asked.times == 1


def test_a_broker_that_speaks_another_version_is_told_as_one_that_refuses() -> None:
    with pytest.raises(KafkaException), coordinator._told(gone=KafkaError._TRANSPORT):
        coordinator._Question("g").prepare({coordinator._Question.API_KEY: (0, 2)})


def test_there_is_an_end_of_asking(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, *[KafkaError.COORDINATOR_NOT_AVAILABLE] * 1_000)
    monkeypatch.setitem(coordinator.PATIENCE, KafkaError.COORDINATOR_NOT_AVAILABLE, 0.1)
    with pytest.raises(KafkaException):
        describe_group(NOWHERE, "g")
    assert 1 < asked.times < 20


def test_a_broker_that_is_away_is_not_waited_for_as_long_as_one_that_is_busy() -> None:
    busy = coordinator.PATIENCE[KafkaError.COORDINATOR_NOT_AVAILABLE]
    assert coordinator.PATIENCE[KafkaError._TRANSPORT] < busy


def test_a_broker_of_several_that_is_away_ends_nothing_while_another_answers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    away_and_not_yet = [KafkaError._TRANSPORT, KafkaError.NOT_COORDINATOR] * 50
    asked = Asked(monkeypatch, *away_and_not_yet)
    monkeypatch.setitem(coordinator.PATIENCE, KafkaError._TRANSPORT, 0.3)
    assert describe_group(NOWHERE, "g") == KNOWN
    assert asked.times == 101


def test_the_event_loop_that_a_thread_has_stays_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    Asked(monkeypatch)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        describe_group(NOWHERE, "g")
        assert asyncio.get_event_loop_policy().get_event_loop() is loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def test_librdkafka_is_asked_nothing_that_goes_to_a_groups_broker() -> None:
    """Its admin client aborts the process there: confluentinc/librdkafka#4605."""
    forbidden = {name for name in dir(AdminClient) if "consumer_group" in name} - {
        "list_consumer_groups"  # goes to every broker
    }
    assert "describe_consumer_groups" in forbidden
    for path in sorted((Path(__file__).parents[2] / "streams").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            assert not isinstance(node, ast.Attribute) or node.attr not in forbidden, path


@pytest.fixture(scope="module")
def behind(kafka_bootstrap: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    """A Kafka of its own behind a relay; the shared one tells whether there can be another."""
    with relayed_kafka(tmp_path_factory.mktemp("kafka")) as made:
        yield made


@pytest.fixture
def relay(behind: Relay) -> Iterator[Relay]:
    yield behind
    behind.mend()


def test_the_first_question_of_all_is_answered_of_a_group_that_nobody_knows(relay: Relay) -> None:
    found = describe_group(Connection(relay.address), "nobody")
    assert found.state == "Dead"
    assert AclOperation.READ in found.authorized_operations


@pytest.mark.parametrize("request_kind", [FIND_COORDINATOR, DESCRIBE_GROUPS])
def test_a_broker_that_goes_in_the_middle_is_told(
    relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_kind: int
) -> None:
    monkeypatch.setitem(coordinator.PATIENCE, KafkaError._TRANSPORT, 0.5)
    config = EngineConfig(Connection(relay.address), "group", (TOPIC,), "state", tmp_path, "A")
    relay.cut_at(request_kind)
    with pytest.raises(BrokerFailed, match=r"cannot describe group group: .*[Cc]onnect"):
        check_at_rest(config)


@pytest.mark.parametrize("request_kind", [FIND_COORDINATOR, DESCRIBE_GROUPS])
def test_a_broker_that_comes_back_is_asked_again(relay: Relay, request_kind: int) -> None:
    relay.cut_at(request_kind)
    back = threading.Timer(0.5, relay.mend)
    back.start()
    begun = time.monotonic()
    assert describe_group(Connection(relay.address), "nobody").state == "Dead"
    assert time.monotonic() - begun > 0.4
    back.join()


def test_a_worker_whose_broker_goes_as_it_asks_ends_with_a_line(
    relay: Relay, unique: str, tmp_path: Path
) -> None:
    workload = Counting(relay.address, unique, 0)
    names = workload.names
    topics = (names.source, names.answers, names.reminders, names.failed)
    real(relay.address).create_all(topics, PARTITIONS)
    relay.cut_at(DESCRIBE_GROUPS)
    code, line = end_of(workload, tmp_path)
    assert code == BrokerFailed.exit_code
    assert line.startswith(f"BrokerFailed: no Kafka broker answers at {relay.address} (")
