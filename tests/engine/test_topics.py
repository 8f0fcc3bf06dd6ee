"""Topics that are not as a worker needs them: each gets its own answer, before anything is read."""

import os
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import AdminClient, NewTopic

from streams.embedded import EmbeddedBroker
from streams.engine import (
    AccessDenied,
    BrokerFailed,
    Connection,
    EngineConfig,
    EngineError,
    Guarantee,
    TopicMismatch,
)
from streams.engine.topics import CHANGELOG_SETTINGS, new_changelog, prepare_topics
from tests.chaos.counting import Counting
from tests.chaos.joined import Joined
from tests.chaos.on_engine import PARTITIONS
from tests.conftest import Broker
from tests.engine import faults
from tests.engine.records import TOPIC
from tests.patience import PATIENCE
from tests.program import Program


def end_of(workload: Counting | Joined, folder: Path) -> tuple[int, str]:
    """How a worker that cannot start ends: its exit code and last line."""
    log = folder / "worker.log"
    environment = {**os.environ, **workload.environment("A", folder)}
    code = Program(workload.arguments, environment, log).wait(PATIENCE)
    return code, log.read_text().splitlines()[-1].strip()


@pytest.mark.parametrize("kind", ["source", "answers", "copied"])
def test_a_worker_whose_topic_is_missing_says_so_before_it_reads(
    broker: Broker, unique: str, tmp_path: Path, kind: str
) -> None:
    weaker = {} if broker.transactional else {"GUARANTEE": "at_least_once"}
    workload = Counting(broker.bootstrap, unique, 0, COPY=f"{unique}-copied", **weaker)
    names, missing = workload.names, f"{unique}-{kind}"
    topics = (names.source, names.answers, names.reminders, names.failed, f"{unique}-copied")
    broker.create_all([topic for topic in topics if topic != missing], PARTITIONS)
    code, line = end_of(workload, tmp_path)
    assert code == TopicMismatch.exit_code
    assert line == f"TopicMismatch: topics are missing: {missing}. Run `baton topics apply`."


def test_a_worker_whose_sources_differ_in_partitions_says_how(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    workload = Joined(kafka.bootstrap, unique, 0)
    left, right = workload.names.sides
    kafka.create(left, 2)
    kafka.create(right, 3)
    code, line = end_of(workload, tmp_path)
    assert code == TopicMismatch.exit_code
    assert line == (
        f"TopicMismatch: {unique} reads topics that must have the same number of partitions: "
        f"{{'{left}': 2, '{right}': 3}}"
    )


@pytest.fixture
def config(kafka: Broker, unique: str, tmp_path: Path) -> EngineConfig:
    kafka.create(unique, 1)
    return EngineConfig(Connection(kafka.bootstrap), unique, (unique,), "state", tmp_path, "A")


@pytest.mark.parametrize(
    "wrong",
    [
        {"cleanup.policy": "delete"},
        {"cleanup.policy": "compact,delete"},
        {"delete.retention.ms": "60000"},
    ],
)
def test_a_changelog_that_would_forget_state_is_refused_with_what_to_do(
    config: EngineConfig, wrong: dict[str, str]
) -> None:
    admin = AdminClient(config.connection.librdkafka())
    made = NewTopic(config.changelog, 1, 1, config=CHANGELOG_SETTINGS | wrong)
    admin.create_topics([made])[config.changelog].result(PATIENCE)
    with pytest.raises(TopicMismatch, match=r"--add-config cleanup\.policy=compact,"):
        prepare_topics(replace(config, create_changelog=False))


def test_a_changelog_that_is_missing_and_not_to_be_made_is_told_with_how_to_make_it(
    config: EngineConfig,
) -> None:
    how = f"--create --topic {config.changelog} --partitions 1 --replication-factor 1 --config clea"
    with pytest.raises(TopicMismatch, match=re.escape(how)):
        prepare_topics(replace(config, create_changelog=False))


def test_a_changelog_that_workers_made_is_one_that_they_take(config: EngineConfig) -> None:
    assert prepare_topics(config) == prepare_topics(replace(config, create_changelog=False))


def test_of_three_replicas_of_a_changelog_two_must_have_a_record(config: EngineConfig) -> None:
    found = [
        new_changelog(replace(config, replication=count), 1).config.get("min.insync.replicas")
        for count in (1, 3)
    ]
    assert found == [None, "2"]


class TestTroubleOnTheWay:
    """A topic that the broker does not show is not for that reason missing."""

    @pytest.fixture
    def mock(self) -> Iterator[EmbeddedBroker]:
        with EmbeddedBroker({TOPIC: 4, "group-state-changelog": 4}) as made:
            yield made

    @pytest.fixture
    def config(self, mock: EmbeddedBroker, tmp_path: Path) -> EngineConfig:
        return EngineConfig(
            Connection(mock.bootstrap), "group", (TOPIC,), "state", tmp_path, "A",
            guarantee=Guarantee.AT_LEAST_ONCE,
        )  # fmt: skip

    @pytest.mark.parametrize(
        ("error", "kind", "said"),
        [
            (KafkaError.UNKNOWN_TOPIC_OR_PART, TopicMismatch, "are missing"),
            (KafkaError.TOPIC_AUTHORIZATION_FAILED, AccessDenied, f"may not find topic {TOPIC}"),
            (KafkaError.UNKNOWN, BrokerFailed, f"cannot find topic {TOPIC}"),
        ],
    )
    def test_each_error_has_its_own_answer(
        self,
        mock: EmbeddedBroker,
        config: EngineConfig,
        error: int,
        kind: type[EngineError],
        said: str,
    ) -> None:
        faults.spoil(mock, TOPIC, error)
        with pytest.raises(kind, match=said):
            prepare_topics(config)

    def test_a_leader_that_is_being_chosen_is_waited_for(
        self, mock: EmbeddedBroker, config: EngineConfig
    ) -> None:
        faults.spoil(mock, TOPIC, KafkaError.LEADER_NOT_AVAILABLE)
        chosen = threading.Timer(0.5, faults.spoil, (mock, TOPIC, 0))
        chosen.start()
        assert prepare_topics(config).partitions == 4
        chosen.join()

    def test_writing_to_a_topic_does_not_make_it(self, config: EngineConfig) -> None:
        producer = Producer({**config.librdkafka(), "message.timeout.ms": 500})
        producer.produce("absent", b"")
        producer.flush(10)
        assert "absent" not in AdminClient(config.librdkafka()).list_topics(timeout=PATIENCE).topics

    def test_looking_for_a_topic_does_not_make_it(
        self, mock: EmbeddedBroker, config: EngineConfig
    ) -> None:
        for _ in range(2):
            with pytest.raises(TopicMismatch, match="are missing: absent"):
                prepare_topics(replace(config, sources=("absent",)))
