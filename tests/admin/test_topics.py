"""Topics are compared with their declarations on a real broker, made, and mended."""

import time

import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from schemas.topics import ROUTES, TOPICS
from streams.admin.topics import KEPT_FOREVER, Difference, Existing, Topics, Wanted, wanted_topics
from streams.engine import Connection
from streams.errors import BrokerError
from tests.conftest import Broker
from tests.patience import PATIENCE


def differences(topics: Topics, *wanted: Wanted) -> list[Difference]:
    return [finding.difference for finding in topics.plan(wanted)]


def test_every_declared_topic_and_one_a_route_is_wanted() -> None:
    names = [topic.name for topic in wanted_topics(["billing", "legal"], dev=False)]
    routes = ["support.escalations.billing", "support.escalations.legal"]
    assert names == [name for name in TOPICS if name != ROUTES.name] + routes


def test_in_production_three_replicas_and_the_brokers_time_where_declared() -> None:
    topics = {topic.name: topic for topic in wanted_topics([], dev=False)}
    conversations = topics["support.conversations"]
    assert conversations.replication == 3
    assert conversations.settings["min.insync.replicas"] == "2"
    assert conversations.settings["message.timestamp.type"] == "LogAppendTime"
    assert topics["support.decisions"].settings["message.timestamp.type"] == "CreateTime"


def test_for_development_one_replica_and_history_keeps_its_time_and_stays() -> None:
    for topic in wanted_topics(["billing"], dev=True):
        assert topic.replication == 1
        assert "min.insync.replicas" not in topic.settings
        assert topic.settings["message.timestamp.type"] == "CreateTime"
        compacted = topic.settings["cleanup.policy"] == "compact"
        assert topic.settings.get("retention.ms") == (None if compacted else KEPT_FOREVER)
        assert "segment.ms" not in topic.settings, "a played year would be a file a day"


def test_a_given_partition_count_spares_topics_of_one_partition() -> None:
    counts = {topic.name: topic.partitions for topic in wanted_topics([], dev=True, partitions=3)}
    assert counts == {name: min(topic.partitions, 3) for name, topic in TOPICS.items()}


def test_the_settings_of_a_single_broker_are_not_put_on_topics_with_replicas(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One word too many would have production keep what customers wrote for ever."""
    [wanted, *_], [declared, *_] = (wanted_topics([], dev=dev) for dev in (True, False))
    found = {wanted.name: Existing(wanted.partitions, 3, declared.settings)}
    topics = Topics(Connection("localhost:1"))
    monkeypatch.setattr(topics, "describe", lambda names: found)
    [finding] = topics.plan([wanted])
    assert (finding.difference, finding.detail) == (
        Difference.REPLICAS,
        "has 3 replicas, and --dev is for a single broker",
    )
    assert differences(topics, declared) == [Difference.SAME]


def test_what_is_applied_is_found_again_and_applying_twice_changes_nothing(
    kafka: Broker, unique: str
) -> None:
    topics = Topics(kafka.connection)
    wanted = Wanted(unique, 2, 1, {"cleanup.policy": "compact", "max.compaction.lag.ms": "1000"})
    assert differences(topics, wanted) == [Difference.MISSING]
    topics.apply(topics.plan([wanted]))
    assert differences(topics, wanted) == [Difference.SAME]
    topics.apply(topics.plan([wanted]))
    assert topics.describe([unique])[unique].settings.items() >= wanted.settings.items()


def test_a_topic_that_another_made_meanwhile_is_no_error(kafka: Broker, unique: str) -> None:
    topics = Topics(kafka.connection)
    missing = topics.plan([Wanted(unique, 1, 1, {})])
    kafka.create(unique, 1)
    topics.apply(missing)


def test_wrong_settings_are_named_and_mended(kafka: Broker, unique: str) -> None:
    admin = AdminClient({"bootstrap.servers": kafka.bootstrap})
    made = NewTopic(unique, 1, 1, config={"retention.ms": "1000", "segment.ms": "5000"})
    admin.create_topics([made])[unique].result(PATIENCE)
    topics = Topics(kafka.connection)
    wanted = Wanted(unique, 1, 1, {"retention.ms": "60000"})
    [finding] = topics.plan([wanted])
    assert finding.difference is Difference.SETTINGS
    assert finding.detail == "retention.ms is 1000, not 60000"
    topics.apply([finding])
    # A broker hears of it after the controller has answered.
    limit = time.monotonic() + PATIENCE
    while topics.plan([wanted])[0].difference is Difference.SETTINGS:
        assert time.monotonic() < limit
        time.sleep(0.05)
    settings = topics.describe([unique])[unique].settings
    assert (settings["retention.ms"], settings["segment.ms"]) == ("60000", "5000")


def test_partition_and_replica_counts_are_named_and_left_alone(kafka: Broker, unique: str) -> None:
    kafka.create(unique, 2)
    topics = Topics(kafka.connection)
    other_count = topics.plan([Wanted(unique, 3, 1, {})])
    more_replicas = topics.plan([Wanted(unique, 2, 3, {"min.insync.replicas": "2"})])
    assert [finding.difference for finding in other_count] == [Difference.PARTITIONS]
    assert [finding.difference for finding in more_replicas] == [Difference.REPLICAS]
    topics.apply(other_count + more_replicas)
    found = topics.describe([unique])[unique]
    assert (found.partitions, found.settings["min.insync.replicas"]) == (2, "1")


def test_more_replicas_than_brokers_are_refused_with_a_way_out(kafka: Broker, unique: str) -> None:
    topics = Topics(kafka.connection)
    with pytest.raises(BrokerError, match="--dev"):
        topics.apply(topics.plan([Wanted(unique, 1, 3, {})]))
