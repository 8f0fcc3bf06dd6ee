"""Checks the topics an engine stands on, and makes its changelog."""

import logging
import time
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ClusterMetadata, NewTopic

from streams.engine.access import Contact, check
from streams.engine.compacted import TOMBSTONES_KEPT
from streams.engine.config import EngineConfig
from streams.engine.errors import TopicMismatch
from streams.engine.incarnation import MOCK_CLUSTER, topic_id

log = logging.getLogger(__name__)

CHANGELOG_SETTINGS = {
    "cleanup.policy": "compact",
    "delete.retention.ms": str(TOMBSTONES_KEPT),
    "max.compaction.lag.ms": "86400000",
    "message.timestamp.type": "CreateTime",
}
"""What a changelog must be made with where workers may not make it."""

ANSWER_TIMEOUT = 10.0
"""Seconds after which no broker is thought to be there."""


class Prepared(NamedTuple):
    """The number of partitions of sources and changelog, and the broker's id of the changelog."""

    partitions: int
    changelog_id: bytes


def prepare_topics(config: EngineConfig) -> Prepared:
    """Check that the sources are co-partitioned and that the changelog has as many partitions.

    Raises `TopicMismatch` when the topics are not as needed, `AccessDenied` when we may not use
    them, `BrokerFailed` when the broker does not answer.
    """
    contact = Contact(config.connection)
    admin = AdminClient(contact.settings)
    cluster = str(contact.metadata(admin, ANSWER_TIMEOUT).cluster_id)
    if config.exactly_once:  # the embedded broker knows no permissions
        check(config, admin)
    elif not cluster.startswith(MOCK_CLUSTER):
        raise TopicMismatch(
            "at_least_once is for the embedded broker only: on a real one, whose changelogs are "
            "compacted, it could lose state. Set BATON_GUARANTEE=exactly_once"
        )

    def partitions(topic: str) -> int:
        return _partitions(contact.metadata(admin, ANSWER_TIMEOUT, topic), topic)

    counts = {topic: partitions(topic) for topic in config.sources}
    missing = [topic for topic, count in counts.items() if not count]
    if missing:
        raise TopicMismatch(f"topics are missing: {', '.join(missing)}. Run `baton topics apply`.")
    if len(set(counts.values())) > 1:
        raise TopicMismatch(
            f"{config.group} reads topics that must have the same number of partitions: {counts}"
        )
    count = next(iter(counts.values()))
    existing = partitions(config.changelog)
    if not existing and config.create_changelog:
        _create_changelog(admin, config, count, contact)
        limit = time.monotonic() + ANSWER_TIMEOUT
        while partitions(config.changelog) != count and time.monotonic() < limit:
            time.sleep(0.05)
    elif existing != count:
        raise TopicMismatch(
            f"{config.changelog} has {existing} partitions, its sources have {count}: the state "
            "does not fit them any more"
        )
    return Prepared(count, topic_id(config.connection, config.changelog))


def _partitions(metadata: ClusterMetadata, topic: str) -> int:
    found = metadata.topics.get(topic)
    return 0 if found is None or found.error is not None else len(found.partitions)


def _create_changelog(
    admin: AdminClient, config: EngineConfig, count: int, contact: Contact
) -> None:
    new = NewTopic(
        config.changelog,
        count,
        config.replication,
        config=dict(CHANGELOG_SETTINGS),
    )
    try:
        admin.create_topics([new])[config.changelog].result(30)
    except KafkaException as error:
        reason = error.args[0]
        if reason.code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise contact.failure(f"create topic {config.changelog}", reason) from error
    log.info("changelog %s with %d partitions", config.changelog, count)
