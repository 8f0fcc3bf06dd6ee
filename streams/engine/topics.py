"""Checks the topics an engine stands on, and makes its changelog."""

import logging
import time

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from streams.engine.compacted import TOMBSTONES_KEPT
from streams.engine.config import EngineConfig
from streams.engine.errors import BrokerFailed, TopicMismatch

log = logging.getLogger(__name__)

CHANGELOG_SETTINGS = {
    "cleanup.policy": "compact",
    "delete.retention.ms": str(TOMBSTONES_KEPT),
    "max.compaction.lag.ms": "86400000",
    "message.timestamp.type": "CreateTime",
}
"""What a changelog must be made with where workers may not make it."""


def prepare_topics(config: EngineConfig) -> int:
    """Check that the sources are co-partitioned and that the changelog has as many partitions.

    Returns the number of partitions. Raises `TopicMismatch` when the topics are not as needed,
    `BrokerFailed` when the broker does not answer.
    """
    admin = AdminClient(config.librdkafka())
    counts = {topic: _partitions(admin, config, topic) for topic in config.sources}
    missing = [topic for topic, count in counts.items() if not count]
    if missing:
        raise TopicMismatch(f"topics are missing: {', '.join(missing)}. Run `baton topics apply`.")
    if len(set(counts.values())) > 1:
        raise TopicMismatch(
            f"{config.group} reads topics that must have the same number of partitions: {counts}"
        )
    count = next(iter(counts.values()))
    existing = _partitions(admin, config, config.changelog)
    if not existing and config.create_changelog:
        _create_changelog(admin, config, count)
    elif existing != count:
        raise TopicMismatch(
            f"{config.changelog} has {existing} partitions, its sources have {count}: the state "
            "does not fit them any more"
        )
    return count


def _partitions(admin: AdminClient, config: EngineConfig, topic: str) -> int:
    try:
        found = admin.list_topics(topic, timeout=10).topics.get(topic)
    except KafkaException as error:
        raise BrokerFailed(
            f"no broker answers at {config.bootstrap} ({error.args[0].str()}); is it running?"
        ) from error
    return 0 if found is None or found.error is not None else len(found.partitions)


def _create_changelog(admin: AdminClient, config: EngineConfig, count: int) -> None:
    new = NewTopic(
        config.changelog,
        count,
        config.replication,
        config=dict(CHANGELOG_SETTINGS),
    )
    try:
        admin.create_topics([new])[config.changelog].result(30)
    except KafkaException as error:
        if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise BrokerFailed(
                f"cannot create {config.changelog}: {error.args[0].str()}"
            ) from error
    limit = time.monotonic() + 10
    while _partitions(admin, config, config.changelog) != count and time.monotonic() < limit:
        time.sleep(0.05)
    log.info("changelog %s with %d partitions", config.changelog, count)
