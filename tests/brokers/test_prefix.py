"""Two prefixes on one broker are two worlds that do not see each other."""

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from schemas.codec import Codec
from schemas.records import ConversationMessage, DeadLetter, Decision, Role
from streams.admin.topics import Difference, Topics, wanted_topics
from streams.engine import Connection
from streams.history.playing import Player
from streams.kinds import AGENTS, changelogs
from streams.reading import Follower, Seen
from streams.settings import Settings
from tests.conftest import Broker
from tests.patience import PATIENCE
from tests.program import Program

ROUTES = ("safety", "security", "legal", "billing", "technical", "success", "general")
SAID_AT = 1_767_603_600_000


@dataclass(frozen=True)
class World:
    """One prefix on a broker."""

    broker: Broker
    settings: Settings

    @property
    def connection(self) -> Connection:
        return Connection(self.broker.bootstrap, self.settings.topic_prefix)

    def make_topics(self) -> None:
        wanted = wanted_topics(ROUTES, dev=True, partitions=1)
        if self.broker.transactional:
            topics = Topics(self.connection)
            topics.apply(topics.plan(wanted))
            assert {one.difference for one in topics.plan(wanted)} == {Difference.SAME}
            return
        for topic in wanted:
            self.broker.create(self.connection.topic(topic.name), 1)
        for changelog in changelogs(self.settings):
            self.broker.create(changelog, 1)

    def say(self, message_id: str, text: str) -> None:
        player = Player(self.connection, Codec())
        said = ConversationMessage(message_id, "T1", Role.CUSTOMER, text, SAID_AT)
        player.send(said, SAID_AT)
        player.flush()
        unreadable = Producer({"bootstrap.servers": self.broker.bootstrap})
        unreadable.produce(self.connection.topic("support.conversations"), b"{", b"T1")
        assert unreadable.flush(10) == 0

    def start(self, log: Path) -> Program:
        settings = self.settings
        environment = os.environ | {
            "BATON_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
            "BATON_TOPIC_PREFIX": settings.topic_prefix,
            "BATON_GROUP": settings.group,
            "BATON_DATA_DIR": str(settings.data_dir),
            "BATON_WORKER_ID": settings.worker_id,
            "BATON_REPLICATION": "1",
            "BATON_CLOCK": "records",
            "BATON_GUARANTEE": "exactly_once" if self.broker.transactional else "at_least_once",
            "BATON_CREATE_CHANGELOGS": str(self.broker.transactional),
        }
        command = ["-m", "streams.cli.main", "worker", "--agents", "tickets"]
        return Program(command, environment, log)

    def read(self, topic: str) -> list[Seen]:
        with Follower(self.connection, Codec(), [topic], from_start=True) as follower:
            return list(follower.to_end())


@pytest.fixture
def worlds(broker: Broker, unique: str, tmp_path: Path) -> list[World]:
    """Two of them, of which the first one's prefix begins the second one's."""
    made = [
        World(
            broker,
            Settings(
                bootstrap_servers=broker.bootstrap,
                topic_prefix=f"{unique[-30:]}.{suffix}",
                group=f"{unique}-{number}",
                data_dir=tmp_path / str(number),
                worker_id="w1",
            ),
        )
        for number, suffix in enumerate(("", "support."))
    ]
    for world in made:
        world.make_topics()
    return made


def test_workers_of_two_prefixes_decide_only_their_own(
    broker: Broker, worlds: list[World], tmp_path: Path
) -> None:
    logs = [tmp_path / f"{number}.log" for number in range(2)]
    workers = [world.start(log) for world, log in zip(worlds, logs, strict=True)]
    try:
        for number, world in enumerate(worlds):
            world.say(f"m{number}", "You charged me twice, I want my money back!")
        for number, world in enumerate(worlds):
            limit = time.monotonic() + PATIENCE
            while not (letters := world.read("support.dead-letters")):
                assert time.monotonic() < limit, logs[number].read_text()
                time.sleep(0.2)
            decisions = [item.record for item in world.read("support.decisions")]
            assert [one.subject_id for one in decisions if isinstance(one, Decision)] == [
                f"m{number}"
            ]
            [escalation] = world.read("support.escalations.billing")
            assert escalation.topic == "support.escalations.billing"
            [letter] = (item.record for item in letters)
            assert isinstance(letter, DeadLetter)
            assert letter.topic == "support.conversations"
            assert letter.dead_letter_id == "support.conversations/0/1"
    finally:
        for worker in workers:
            worker.terminate()
        codes = [worker.wait(PATIENCE) for worker in workers]
    assert codes == [0, 0]
    listed = (
        AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=PATIENCE).topics
    )
    ours = [topic for topic in listed if topic.startswith(worlds[0].settings.topic_prefix)]
    assert len(ours) == 2 * len(wanted_topics(ROUTES, dev=True)) + len(worlds) * (
        1 if broker.transactional else len(AGENTS)
    )


def test_commands_name_topics_without_the_prefix(
    kafka: Broker, unique: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    from streams.cli.main import main

    monkeypatch.setenv("BATON_BOOTSTRAP_SERVERS", kafka.bootstrap)
    monkeypatch.setenv("BATON_TOPIC_PREFIX", f"{unique}.")
    with pytest.raises(SystemExit):
        main(["topics", "apply", "--dev", "--partitions", "1", "--json"])
    findings = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert {finding["wanted"]["name"] for finding in findings} >= {"support.conversations"}
    with pytest.raises(SystemExit) as end:
        main(["tail", "decisions", "--from-start", "--until-end"])
    assert end.value.code == 0
    listed = (
        AdminClient({"bootstrap.servers": kafka.bootstrap}).list_topics(timeout=PATIENCE).topics
    )
    assert f"{unique}.support.decisions" in listed
