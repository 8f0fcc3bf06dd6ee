"""A worker's copy of a compacted topic, on both brokers."""

import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AdminClient

from streams.embedded import EmbeddedBroker
from streams.engine import (
    AccessDenied,
    BrokerFailed,
    Connection,
    Engine,
    EngineConfig,
    Replica,
    SourceRecord,
    make_app,
)
from streams.engine import replica as replica_module
from streams.engine.errors import Aborted
from streams.engine.replica import MOST_WAITING
from tests.conftest import Broker, mocked
from tests.engine import faults
from tests.engine.records import TOPIC, batch, partition, source_record
from tests.patience import PATIENCE

TOPIC_PARTITIONS = 3


def config_for(broker: Broker, unique: str, folder: Path) -> EngineConfig:
    return EngineConfig(Connection(broker.bootstrap), unique, (), "state", folder, "A")


def decode(value: bytes) -> str | None:
    return None if value == b"unreadable" else value.decode()


def fail(error: BaseException) -> None:
    raise error


class Source:
    """Produces to the copied topic."""

    def __init__(self, broker: Broker, topic: str, **settings: str) -> None:
        self.topic = topic
        self.producer = Producer({"bootstrap.servers": broker.bootstrap, **settings})

    def put(self, **values: bytes | None) -> None:
        for key, value in values.items():
            self.producer.produce(self.topic, value, key.encode())
        assert self.producer.flush(10) == 0


@pytest.fixture
def source(broker: Broker, unique: str) -> Source:
    broker.create(unique, TOPIC_PARTITIONS)
    return Source(broker, unique)


@pytest.fixture
def replica(broker: Broker, unique: str, source: Source, tmp_path: Path) -> Iterator[Replica[str]]:
    made = Replica(config_for(broker, unique, tmp_path), unique, decode)
    yield made
    made.stop()


def started(replica: Replica[str]) -> Replica[str]:
    replica.start(fail)
    replica.wait_complete(20, threading.Event())
    return replica


def eventually(replica: Replica[str], key: str, value: str | None) -> bool:
    limit = time.monotonic() + PATIENCE
    while replica.get(key) != value and time.monotonic() < limit:
        time.sleep(0.02)
        replica.refresh()
    return replica.get(key) == value


def test_it_is_complete_before_it_is_used_and_follows_afterwards(
    source: Source, replica: Replica[str]
) -> None:
    source.put(**{f"k{n}": b"%d" % n for n in range(500)})
    source.put(k3=b"new", k4=None)
    started(replica)
    assert [replica.get(key) for key in ("k2", "k3", "k4", "absent")] == ["2", "new", None, None]
    source.put(k2=None, k4=b"back")
    assert eventually(replica, "k4", "back")
    assert eventually(replica, "k2", None)


def test_it_changes_only_when_it_is_refreshed(source: Source, replica: Replica[str]) -> None:
    source.put(k=b"1")
    started(replica)
    source.put(k=b"2")
    time.sleep(1)
    assert replica.get("k") == "1"
    replica.refresh()
    assert replica.get("k") == "2"


def engine_for(replica: Replica[str]) -> Engine:
    """An engine at work that has this replica, and no partition yet."""
    config = replace(replica._config, sources=(TOPIC,))
    engine = Engine(make_app(config), config, [replica])
    engine._ready = True
    return engine


def test_it_goes_on_reading_though_no_batch_comes(source: Source, replica: Replica[str]) -> None:
    engine, count = engine_for(started(replica)), MOST_WAITING + 5
    limit = time.monotonic() + PATIENCE
    for number in range(1, count + 1):
        source.put(k=b"%d" % number)
        while replica.records < number:
            assert time.monotonic() < limit, f"{replica.records} of {count} read"
            engine.refresh_at_rest()
            time.sleep(0.02)
    assert eventually(replica, "k", str(count))


def test_it_is_not_refreshed_at_rest_while_a_batch_is_there(
    source: Source, replica: Replica[str], tmp_path: Path
) -> None:
    engine, part = engine_for(started(replica)), partition(tmp_path)
    engine.partitions[0] = part
    under_way = batch(part, source_record(0))
    source.put(k=b"1")
    while not replica._arrived:
        time.sleep(0.02)
    engine.refresh_at_rest()
    assert replica.get("k") is None
    under_way.finish()
    part.fold()
    engine.refresh_at_rest()
    assert replica.get("k") == "1"
    part.store.close()


def test_its_values_are_others_only_after_it_has_counted_a_change(
    source: Source, replica: Replica[str]
) -> None:
    source.put(k=b"1", other=b"2")
    started(replica)
    assert sorted(replica.values()) == ["1", "2"]
    before = replica.changes
    source.put(k=b"3")
    assert eventually(replica, "k", "3")
    assert replica.changes > before
    assert sorted(replica.values()) == ["2", "3"]


def test_a_value_that_cannot_be_read_leaves_the_key_as_it_was(
    source: Source, replica: Replica[str]
) -> None:
    source.put(k=b"1")
    source.put(k=b"unreadable")
    assert started(replica).get("k") == "1"


def test_a_value_that_cannot_be_read_is_handed_on_with_its_place_and_bytes(
    source: Source, replica: Replica[str], unique: str
) -> None:
    handed: list[SourceRecord] = []
    replica.unreadable = handed.append
    source.put(k=b"1")
    source.put(k=b"unreadable")
    started(replica)
    [record] = handed
    assert (record.topic, record.key, record.value) == (unique, b"k", b"unreadable")
    assert record.offset == 1
    assert record.timestamp > 0


def test_a_restart_reads_only_what_has_come_since(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    kafka.create(unique, TOPIC_PARTITIONS)
    source, config = Source(kafka, unique), config_for(kafka, unique, tmp_path)
    source.put(**{f"k{n}": b"%d" % n for n in range(500)})
    first = started(Replica(config, unique, decode))
    first.stop()
    source.put(k7=b"new", k8=None)
    second = started(Replica(config, unique, decode))
    assert (first.records, second.records) == (500, 2)
    assert [second.get(key) for key in ("k6", "k7", "k8")] == ["6", "new", None]
    second.stop()


def test_a_transaction_under_way_at_the_start_is_waited_for(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    kafka.create(unique, 1)
    source = Source(kafka, unique, **{"transactional.id": unique})
    source.producer.init_transactions()
    source.producer.begin_transaction()
    source.put(k=b"1")
    replica = Replica(config_for(kafka, unique, tmp_path), unique, decode)
    replica.start(fail)
    time.sleep(1.5)
    assert not replica._complete.is_set()
    source.producer.commit_transaction()
    assert started(replica).get("k") == "1"
    replica.stop()


def test_a_topic_made_anew_is_read_anew_though_it_is_as_long_as_the_old_one(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    config, admin = (
        config_for(kafka, unique, tmp_path),
        AdminClient({"bootstrap.servers": kafka.bootstrap}),
    )
    for key in ("old", "new"):
        kafka.create(unique, 1)
        Source(kafka, unique).put(**{key: key.encode()})
        replica = started(Replica(config, unique, decode))
        found = [replica.get("old"), replica.get("new")]
        replica.stop()
        admin.delete_topics([unique])[unique].result(PATIENCE)
        while unique in admin.list_topics(timeout=PATIENCE).topics:
            time.sleep(0.1)
    assert found == [None, "new"]


def test_a_wait_for_a_copy_ends_when_the_partitions_are_taken_away(replica: Replica[str]) -> None:
    taken_away = threading.Event()
    taken_away.set()
    with pytest.raises(Aborted):
        replica.wait_complete(20, taken_away)


def test_a_long_topic_is_waited_for_as_long_as_there_is_more_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Reading:
        """Reads a record a second, three in all."""

        def wait(self, timeout: float) -> bool:
            clock.now += 1.0
            copy.records = min(copy.records + 1, 3)
            return False

    clock: Any = SimpleNamespace(now=0.0)
    clock.monotonic = lambda: clock.now
    monkeypatch.setattr(replica_module, "time", clock)
    copy: Any = Replica(EngineConfig(Connection(""), "g", (), "s", tmp_path, "A"), "t", decode)
    copy._complete = Reading()
    with pytest.raises(BrokerFailed, match="no record of t in 2 s"):
        copy.wait_complete(1.5, threading.Event())
    assert clock.now == 5.0, "the third came at 3"
    copy.stop()


@pytest.mark.logs_errors
def test_what_befalls_its_client_is_in_the_log_and_nowhere_else(
    unique: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    with EmbeddedBroker({unique: 1}) as mock:
        replica = started(Replica(config_for(mocked(mock), unique, tmp_path), unique, decode))
        capfd.readouterr()
        with faults.down(mock):
            limit = time.monotonic() + PATIENCE
            while "Connect to" not in caplog.text:
                assert time.monotonic() < limit, capfd.readouterr().err
                time.sleep(0.05)
            replica.stop()
    assert "FAIL|" not in capfd.readouterr().err


def test_who_may_not_read_it_any_more_is_told(unique: str, tmp_path: Path) -> None:
    failures = queue.SimpleQueue[BaseException]()
    with EmbeddedBroker({unique: 1}) as mock:
        config = config_for(mocked(mock), unique, tmp_path)
        replica = Replica(config, unique, decode)
        replica.start(failures.put)
        replica.wait_complete(PATIENCE, threading.Event())
        faults.refuse(mock, faults.FETCH, KafkaError.TOPIC_AUTHORIZATION_FAILED)
        failure = failures.get(timeout=PATIENCE)
        replica.stop()
    assert isinstance(failure, AccessDenied)
    assert f"may not read topic {unique}" in str(failure)
