"""A worker on a cluster outlives its brokers, one at a time, without a restart.

`make chaos` runs it: three brokers are too much for where tests run side by side.
"""

import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from confluent_kafka import KafkaException

from tests.chaos.on_engine import PARTITIONS
from tests.cluster import NODES, Cluster, running_cluster
from tests.conftest import Broker
from tests.engine.trial import Trial
from tests.patience import PATIENCE


@pytest.fixture
def cluster(kafka_bootstrap: str, tmp_path: Path) -> Iterator[Cluster]:
    """Of the jars that the other Kafka has brought."""
    with running_cluster(tmp_path / "cluster") as made:
        yield made


def wait_until_handled(trial: Trial, count: int) -> None:
    """Wait until so many records have taken effect."""
    limit, handled = time.monotonic() + PATIENCE, 0
    while handled < count:
        assert time.monotonic() < limit, trial.group.log_of("A").read_text()[-5_000:]
        time.sleep(0.2)
        with suppress(KafkaException):  # the group's broker may have gone
            handled = sum(trial.committed().values())


def test_a_worker_outlives_leaders_that_die_and_that_move(
    cluster: Cluster, unique: str, tmp_path: Path
) -> None:
    trial = Trial(
        Broker(cluster.bootstrap, True, cluster.create_all), unique, tmp_path, REPLICATION="3"
    )
    source, changelog = trial.names.source, trial.names.changelog
    trial.group.start("A")
    try:
        trial.wait_until_ready()
        feed = trial.feed(None, 300)
        wait_until_handled(trial, 500)
        dead = cluster.leader_of(source, 0)
        cluster.kill(dead)
        wait_until_handled(trial, feed.produced + 1_000)
        assert cluster.leader_of(source, 0) != dead
        cluster.start(dead)
        for topic in (source, changelog):
            cluster.wait_until_in_sync(topic, PARTITIONS)
        cluster.move_leaders_back()
        wait_until_handled(trial, feed.produced + 1_000)
        assert {cluster.leader_of(changelog, n) for n in range(PARTITIONS)} == set(NODES)
        feed.finish()
        assert trial.stop_when_read() == [0]
        assert not trial.group.exits, "it has not ended before"
        assert trial.verdict().exact
    finally:
        trial.group.stop()
