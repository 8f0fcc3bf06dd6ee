"""Topics that change under a running worker: it ends and says so, and nothing is lost unsaid."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, NewPartitions

from streams.engine import TopicMismatch
from tests.chaos.on_engine import PARTITIONS
from tests.conftest import Broker
from tests.engine.trial import Trial
from tests.patience import PATIENCE


class Site:
    """A worker at work, with a copy of a topic, and who may change its topics."""

    def __init__(self, kafka: Broker, name: str, folder: Path) -> None:
        self.trial = Trial(kafka, name, folder)
        self.copied = f"{name}-copied"
        kafka.create(self.copied, 1)
        self._kafka = kafka
        self._admin = AdminClient({"bootstrap.servers": kafka.bootstrap})

    def start(self) -> None:
        """Have it handle some records of every partition."""
        # A worker that stands still for a moment keeps its place in the group.
        self.trial.group.start("A", COPY=self.copied, SESSION_TIMEOUT="60000")
        self.trial.wait_until_ready()
        self.trial.feed(600, 3_000).finish()
        self.until(lambda: sum(self.trial.committed().values()) == 600)

    def delete(self, topic: str) -> None:
        self._admin.delete_topics([topic])[topic].result(PATIENCE)

    def make_anew(self, topic: str) -> None:
        """As soon as the broker lets us, as a script would."""
        count = len(self._admin.list_topics(topic, timeout=PATIENCE).topics[topic].partitions)
        self.delete(topic)
        while topic in self._admin.list_topics(timeout=PATIENCE).topics:
            time.sleep(0.01)
        self._kafka.create(topic, count)

    def widen(self, topic: str, count: int) -> None:
        self._admin.create_partitions([NewPartitions(topic, count)])[topic].result(PATIENCE)

    def delete_records(self, topic: str) -> None:
        """All that a topic holds."""
        places = [TopicPartition(topic, number, -1) for number in range(PARTITIONS)]
        for deleted in self._admin.delete_records(places).values():
            deleted.result(PATIENCE)

    def until(self, holds: Callable[[], object]) -> None:
        limit = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < limit, self.log
            time.sleep(0.1)

    def wait_for_end(self) -> str:
        """Its last words, once it has ended over its topics."""
        self.until(lambda: self.trial.group.exits[TopicMismatch.exit_code])
        lines = self.log.splitlines()
        return next(line for line in lines if "TopicMismatch: " in line)

    @property
    def log(self) -> str:
        return self.trial.group.log_of("A").read_text()


@pytest.fixture
def site(kafka: Broker, unique: str, tmp_path: Path) -> Iterator[Site]:
    made = Site(kafka, unique, tmp_path)
    yield made
    made.trial.group.stop()


@pytest.mark.parametrize(
    ("records", "told"),
    [(60, "StateMismatch: {}["), (3_000, "TopicMismatch: {} was deleted and made anew")],
    ids=["shorter", "longer"],
)
def test_a_source_that_is_made_anew_behind_the_workers_back_is_told(
    site: Site, records: int, told: str
) -> None:
    site.start()
    source, group = site.trial.names.source, site.trial.group
    group.pause("A")
    site.make_anew(source)
    site.trial.feed(records, 3_000).finish()
    group.resume("A")
    site.until(lambda: told.format(source) in site.log)


@pytest.mark.parametrize("which", ["changelog", "copied"])
def test_a_topic_that_is_made_anew_ends_the_worker(site: Site, which: str) -> None:
    site.start()
    topic = site.copied if which == "copied" else site.trial.names.changelog
    site.make_anew(topic)
    assert f"{topic} was deleted and made anew" in site.wait_for_end()


def test_a_copied_topic_that_gets_more_partitions_ends_the_worker(site: Site) -> None:
    site.start()
    site.widen(site.copied, 3)
    assert f"{site.copied} has 3 partitions, and had 1" in site.wait_for_end()
    site.until(lambda: site.trial.group.times_ready("A") == 2)


def test_a_source_that_is_deleted_ends_the_worker(site: Site) -> None:
    site.start()
    site.delete(site.trial.names.source)
    assert f"topics are missing: {site.trial.names.source}" in site.wait_for_end()


def test_records_that_are_deleted_under_a_worker_that_is_behind_are_told(site: Site) -> None:
    site.start()
    site.trial.group.pause("A")
    site.trial.feed(600, 3_000).finish()
    site.delete_records(site.trial.names.source)
    site.trial.group.resume("A")
    site.until(lambda: "are gone unhandled" in site.log)
