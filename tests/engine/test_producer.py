"""What becomes of a checkpoint while the broker is in trouble."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException, Producer

from streams.embedded import EmbeddedBroker
from streams.engine import (
    AccessDenied,
    BrokerFailed,
    Connection,
    EngineConfig,
    EngineError,
    Fenced,
    Guarantee,
)
from streams.engine.partition import Cut
from streams.engine.producer import (
    NOT_A_MEMBER,
    CheckpointProducer,
    Member,
    group_metadata,
)
from tests.chaos.reading import read
from tests.engine import faults
from tests.engine.records import TOPIC, batch, partition, source_record
from tests.patience import PATIENCE

pytestmark = pytest.mark.logs_errors
"""librdkafka logs what it is refused."""

OUTPUT = "output"
MEMBER = Member(1, "member")


@pytest.fixture
def broker() -> Iterator[EmbeddedBroker]:
    with EmbeddedBroker({TOPIC: 4, OUTPUT: 4, "group-state-changelog": 4}) as made:
        yield made


@pytest.fixture
def config(broker: EmbeddedBroker, tmp_path: Path) -> EngineConfig:
    return EngineConfig(
        Connection(broker.bootstrap),
        "group",
        (TOPIC,),
        "state",
        tmp_path,
        "A",
        transaction_timeout=2_000,
    )


def cut(folder: Path) -> Cut:
    """A change, an output and a position."""
    made = batch(partition(folder), source_record(0))
    made.put(b"k", b"v")
    made.emit(OUTPUT, b"k", b"v")
    made.finish()
    found = made.owner.cut()
    assert found is not None
    return found


def published(broker: EmbeddedBroker, config: EngineConfig, folder: Path) -> bool:
    """Whether a checkpoint got through."""
    one = cut(folder)
    CheckpointProducer(config).publish([one], MEMBER)
    answers = [m.value() for m in read(broker.bootstrap, OUTPUT, "read_uncommitted")]
    return one.changelog_next is not None and set(answers) == {b"v"}


@pytest.mark.parametrize("member", [NOT_A_MEMBER, Member(-1, "member"), Member(3, "")])
def test_who_is_no_member_commits_nothing(member: Member) -> None:
    """The broker would take it from anybody, and refuse nobody who was replaced."""
    with pytest.raises(Fenced, match="not a member"):
        group_metadata("group", member)
    assert group_metadata("group", Member(3, "me")) == b"CGMDv2:\3\0\0\0group\0me\0\1"


class Recorder:
    """A producer that notes which of its methods are called."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._producer = Producer(settings)
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., Any]:
        self.calls.append(name)
        method: Callable[..., Any] = getattr(self._producer, name)
        return method


def test_a_transaction_is_open_only_while_its_checkpoint_is_sent(
    config: EngineConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Recorder] = []

    def record(settings: dict[str, Any]) -> Recorder:
        made.append(Recorder(settings))
        return made[-1]

    monkeypatch.setattr("streams.engine.producer.Producer", record)
    producer = CheckpointProducer(config)
    for number in range(2):
        producer.publish([cut(tmp_path / str(number))], MEMBER)
    checkpoint = [
        "begin_transaction", "produce", "produce", "produce",
        "flush", "send_offsets_to_transaction", "commit_transaction",
    ]  # fmt: skip
    calls = [call for call in made[0].calls if call != "poll"]
    assert calls == ["init_transactions", *checkpoint, *checkpoint]


@pytest.mark.parametrize(
    ("guarantee", "named"),
    [
        (
            Guarantee.EXACTLY_ONCE,
            {"transactional.id": "group-state-A", "transaction.timeout.ms": 2_000},
        ),
        (Guarantee.AT_LEAST_ONCE, {}),
    ],
)
def test_all_copies_have_a_record_once_on_the_partition_of_its_key_by_a_client_of_our_name(
    config: EngineConfig,
    monkeypatch: pytest.MonkeyPatch,
    guarantee: Guarantee,
    named: dict[str, Any],
) -> None:
    made: list[dict[str, Any]] = []

    def note(settings: dict[str, Any]) -> Silent:
        made.append(settings)
        return Silent()

    monkeypatch.setattr("streams.engine.producer.Producer", note)
    CheckpointProducer(replace(config, guarantee=guarantee, partitioner="murmur2"))
    [settings] = made
    wanted = {"acks": "all", "enable.idempotence": True, "partitioner": "murmur2", **named}
    assert wanted.items() <= settings.items()
    assert ("transactional.id" in settings) == bool(named)
    assert settings["message.max.bytes"] > config.max_bytes, "the engine says what is too large"


def test_each_try_has_a_client_and_so_an_epoch_of_its_own(
    broker: EmbeddedBroker, config: EngineConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Recorder] = []

    class Unsure(Recorder):
        """The first one hears nothing of what the broker has taken."""

        def flush(self, timeout: float) -> int:
            left: int = self._producer.flush(timeout)
            return 1 if self is made[0] else left

    def record(settings: dict[str, Any]) -> Recorder:
        made.append(Unsure(settings))
        return made[-1]

    monkeypatch.setattr("streams.engine.producer.Producer", record)
    assert published(broker, config, tmp_path)
    first, second = made
    assert "commit_transaction" not in first.calls
    assert second.calls[:2] == ["init_transactions", "begin_transaction"]
    assert second.calls[-1] == "commit_transaction"


@pytest.mark.parametrize(
    ("request_kind", "errors"),
    [
        (faults.PRODUCE, [KafkaError.NOT_LEADER_FOR_PARTITION] * 3),
        (faults.PRODUCE, [KafkaError.REQUEST_TIMED_OUT] * 2),
        (faults.PRODUCE, [KafkaError.NOT_ENOUGH_REPLICAS] * 2),
        (faults.PRODUCE, [KafkaError.KAFKA_STORAGE_ERROR] * 3),
        (faults.ADD_PARTITIONS, [KafkaError.COORDINATOR_LOAD_IN_PROGRESS] * 2),
        (faults.ADD_OFFSETS, [KafkaError.NOT_COORDINATOR] * 2),
        (faults.TXN_OFFSET_COMMIT, [KafkaError.COORDINATOR_NOT_AVAILABLE] * 2),
        (faults.END_TXN, [KafkaError.COORDINATOR_LOAD_IN_PROGRESS] * 2),
    ],
)
def test_what_passes_is_waited_for(
    broker: EmbeddedBroker,
    config: EngineConfig,
    tmp_path: Path,
    request_kind: int,
    errors: list[int],
) -> None:
    faults.refuse(broker, request_kind, *errors)
    assert published(broker, config, tmp_path)


def test_a_broker_away_for_longer_than_a_transaction_is_waited_for(
    broker: EmbeddedBroker, config: EngineConfig, tmp_path: Path
) -> None:
    producer, one = CheckpointProducer(config), cut(tmp_path)
    with faults.down(broker):
        thread = threading.Thread(target=producer.publish, args=([one], MEMBER))
        thread.start()
        time.sleep(5)
        assert one.changelog_next is None
    thread.join(PATIENCE)
    assert one.changelog_next is not None


def test_a_slow_broker_is_waited_for(
    broker: EmbeddedBroker, config: EngineConfig, tmp_path: Path
) -> None:
    producer, one = CheckpointProducer(config), cut(tmp_path)
    with faults.slow(broker, 300):
        producer.publish([one], MEMBER)
    assert one.changelog_next is not None


def test_a_broker_that_stays_away_ends_the_worker(
    broker: EmbeddedBroker, config: EngineConfig, tmp_path: Path
) -> None:
    producer = CheckpointProducer(replace(config, broker_timeout=1_000))
    with faults.down(broker), pytest.raises(BrokerFailed, match="last checkpoint stands"):
        producer.publish([cut(tmp_path)], MEMBER)


@pytest.mark.parametrize(
    ("request_kind", "error", "kind", "reason"),
    [
        (faults.PRODUCE, KafkaError.TOPIC_AUTHORIZATION_FAILED, AccessDenied, "authorization"),
        (faults.PRODUCE, KafkaError.MSG_SIZE_TOO_LARGE, BrokerFailed, "too large"),
        (
            faults.ADD_PARTITIONS,
            KafkaError.TOPIC_AUTHORIZATION_FAILED,
            AccessDenied,
            "authorization",
        ),
        (
            faults.ADD_PARTITIONS,
            KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
            AccessDenied,
            "authorization",
        ),
        (
            faults.TXN_OFFSET_COMMIT,
            KafkaError.GROUP_AUTHORIZATION_FAILED,
            AccessDenied,
            "Group auth",
        ),
        (faults.TXN_OFFSET_COMMIT, KafkaError.ILLEGAL_GENERATION, Fenced, "generation"),
        (faults.TXN_OFFSET_COMMIT, KafkaError.UNKNOWN_MEMBER_ID, Fenced, "Unknown member"),
        (faults.END_TXN, KafkaError.INVALID_PRODUCER_EPOCH, Fenced, "took longer than 2 s"),
    ],
)
def test_what_does_not_pass_ends_the_worker_with_its_reason(
    broker: EmbeddedBroker,
    config: EngineConfig,
    tmp_path: Path,
    request_kind: int,
    error: int,
    kind: type[EngineError],
    reason: str,
) -> None:
    producer, one = CheckpointProducer(config), cut(tmp_path)
    faults.refuse(broker, request_kind, *[error] * 20)
    started = time.monotonic()
    with pytest.raises(kind, match=reason):
        producer.publish([one], MEMBER)
    assert time.monotonic() - started < 20, "it is not tried again and again"


class Refused:
    """A client that was refused meanwhile: a record fails without the reason, which `poll` says."""

    def begin_transaction(self) -> None:
        """It knows nothing yet."""

    def produce(self, *_: Any, **__: Any) -> None:
        raise KafkaException(KafkaError(KafkaError._FATAL, "Local: Fatal error", True))

    produce_batch = produce

    def poll(self, timeout: float) -> None:
        refused = KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
        raise KafkaException(KafkaError(refused, "authorization failed", True))


def test_a_refusal_that_comes_while_records_are_handed_over_is_told_as_one(
    config: EngineConfig, tmp_path: Path
) -> None:
    producer: Any = CheckpointProducer(config)
    producer._producer = Refused()
    with pytest.raises(AccessDenied, match="authorization failed"):
        producer.publish([cut(tmp_path)], MEMBER)


class Silent:
    """A client that has flushed everything and was told of no record."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def __getattr__(self, name: str) -> Callable[..., int]:
        self.calls.append(name)
        return lambda *_: 0


def test_what_is_flushed_but_was_not_told_of_is_not_committed(
    config: EngineConfig, tmp_path: Path
) -> None:
    producer: Any = CheckpointProducer(replace(config, broker_timeout=0))
    producer._producer = silent = Silent()
    with pytest.raises(BrokerFailed, match="has not taken all of it"):
        producer.publish([cut(tmp_path)], MEMBER)
    assert "send_offsets_to_transaction" in silent.calls
    assert "commit_transaction" not in silent.calls


def test_an_output_that_is_lost_fails_its_checkpoint_in_at_least_once_too(
    config: EngineConfig, tmp_path: Path
) -> None:
    made = batch(partition(tmp_path / "p"), source_record(0))
    made.emit(OUTPUT, b"k", b"v", partition=99)
    made.finish()
    lost = made.owner.cut()
    assert lost is not None
    producer = CheckpointProducer(replace(config, guarantee=Guarantee.AT_LEAST_ONCE))
    with pytest.raises(BrokerFailed, match="partition"):
        producer.publish([lost], MEMBER)
