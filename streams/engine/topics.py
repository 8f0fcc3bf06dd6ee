"""Checks the topics an engine stands on, and makes its changelog."""

import logging
import time
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from streams.engine.access import Contact, check
from streams.engine.compacted import TOMBSTONES_KEPT
from streams.engine.config import EngineConfig
from streams.engine.connection import ANSWER_TIMEOUT, REQUEST_TIMEOUT
from streams.engine.errors import TopicMismatch
from streams.engine.incarnation import MOCK_CLUSTER, topic_id

log = logging.getLogger(__name__)

COMPACT = "compact"
CHANGELOG_SETTINGS = {
    "cleanup.policy": COMPACT,
    "delete.retention.ms": str(TOMBSTONES_KEPT),
    "max.compaction.lag.ms": "86400000",
    "message.timestamp.type": "CreateTime",
}
"""What a changelog must be made with where workers may not make it."""

REPLICAS: Final = 3
"""Copies that a topic has in production."""
DURABLE = {"min.insync.replicas": "2"}
"""With so many copies: how many of them must have a record before it counts."""


class Prepared(NamedTuple):
    """The number of partitions of sources and changelog, and the broker's id of the changelog."""

    partitions: int
    changelog_id: bytes


def prepare_topics(config: EngineConfig) -> Prepared:
    """Check that all topics are there and sources co-partitioned, and that the changelog fits.

    Raises `TopicMismatch` when the topics are not as needed, `AccessDenied` when we may not use
    them, `BrokerFailed` when the broker does not answer.
    """
    contact = Contact(config.connection)
    admin = AdminClient(contact.settings)
    cluster = str(contact.metadata(admin).cluster_id)
    if config.exactly_once:  # the embedded broker knows no permissions
        check(config, admin)
    elif not cluster.startswith(MOCK_CLUSTER):
        raise TopicMismatch(
            "at_least_once is for the embedded broker only: on a real one, whose changelogs are "
            "compacted, it could lose state. Set BATON_GUARANTEE=exactly_once"
        )
    count = _partitions(config, contact, admin)
    existing = partition_count(contact, admin, config.changelog)
    if not existing and config.create_changelog:
        _create_changelog(admin, config, count, contact)
    elif not existing:
        settings = new_changelog(config, count).config.items()
        raise TopicMismatch(
            f"there is no changelog {config.changelog}, and workers are not to make it: "
            f"kafka-topics.sh --create --topic {config.changelog} --partitions {count} "
            f"--replication-factor {config.replication} "
            + " ".join(f"--config {name}={value}" for name, value in settings)
        )
    elif existing != count:
        raise TopicMismatch(
            f"{config.changelog} has {existing} partitions, its sources have {count}: the state "
            "does not fit them any more"
        )
    elif config.exactly_once:  # nor does it know settings
        _check_kept(admin, config.changelog, contact)
    return Prepared(count, topic_id(config.connection, config.changelog))


def partition_count(contact: Contact, client: Any, topic: str) -> int:
    """How many partitions a topic has, 0 when there is none of that name.

    Raises `BrokerFailed` when the broker does not say, `AccessDenied` when it may not.
    """
    limit = time.monotonic() + ANSWER_TIMEOUT
    while True:
        found = contact.metadata(client, topic).topics[topic]
        if found.error is None:
            return len(found.partitions)
        if found.error.code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            return 0
        passes = found.error.code() == KafkaError.LEADER_NOT_AVAILABLE
        if not passes or time.monotonic() > limit:
            raise contact.failure(f"find topic {topic}", found.error)
        time.sleep(0.05)


def new_changelog(config: EngineConfig, count: int) -> NewTopic:
    """The changelog as workers make it, with so many partitions."""
    durable = DURABLE if config.replication >= REPLICAS else {}
    return NewTopic(
        config.changelog, count, config.replication, config={**CHANGELOG_SETTINGS, **durable}
    )


def _partitions(config: EngineConfig, contact: Contact, admin: AdminClient) -> int:
    """The number of partitions that all sources have; outputs and copied topics must be there."""
    needed = dict.fromkeys((*config.sources, *config.replicated, *config.outputs))
    counts = {topic: partition_count(contact, admin, topic) for topic in needed}
    missing = [topic for topic, count in counts.items() if not count]
    if missing:
        raise TopicMismatch(f"topics are missing: {', '.join(missing)}. Run `baton topics apply`.")
    sources = {topic: counts[topic] for topic in config.sources}
    if len(set(sources.values())) > 1:
        raise TopicMismatch(
            f"{config.group} reads topics that must have the same number of partitions: {sources}"
        )
    return next(iter(sources.values()))


def _create_changelog(
    admin: AdminClient, config: EngineConfig, count: int, contact: Contact
) -> None:
    try:
        admin.create_topics([new_changelog(config, count)])[config.changelog].result(
            REQUEST_TIMEOUT
        )
    except KafkaException as error:
        reason = error.args[0]
        if reason.code() != KafkaError.TOPIC_ALREADY_EXISTS:
            raise contact.failure(f"create topic {config.changelog}", reason) from error
    limit = time.monotonic() + ANSWER_TIMEOUT
    while partition_count(contact, admin, config.changelog) != count and time.monotonic() < limit:
        time.sleep(0.05)
    log.info("changelog %s with %d partitions", config.changelog, count)


def _check_kept(admin: AdminClient, changelog: str, contact: Contact) -> None:
    """Raise unless the broker keeps the last value of every key, and deletes for long enough."""
    resource = ConfigResource(ResourceType.TOPIC, changelog)
    try:
        found = admin.describe_configs([resource])[resource].result(ANSWER_TIMEOUT)
    except KafkaException as error:
        raise contact.failure(f"read the settings of {changelog}", error.args[0]) from error
    policy, kept = found["cleanup.policy"].value, found["delete.retention.ms"].value
    if policy != COMPACT or int(kept) < TOMBSTONES_KEPT:
        raise TopicMismatch(
            f"{changelog} has cleanup.policy={policy} and delete.retention.ms={kept}: state would "
            f"be lost with what it drops. Set {COMPACT} and {TOMBSTONES_KEPT} before it does: "
            f"kafka-configs.sh --alter --topic {changelog} --add-config "
            f"cleanup.policy={COMPACT},delete.retention.ms={TOMBSTONES_KEPT}"
        )
