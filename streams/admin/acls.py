"""The least that each role must be allowed on a Kafka that asks for permission."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import replace
from enum import StrEnum

from confluent_kafka.admin import AclOperation, ResourceType

from schemas.topic_table import ROUTE_PREFIX
from schemas.topics import FAMILY, ROUTES, TOPICS
from streams.admin.erasing import CONVERSATIONS
from streams.admin.held import Holders
from streams.admin.retracting import RETRACTED
from streams.alerts.changes import SOURCES
from streams.alerts.kafka_ledger import DEAD_LETTERS, OPEN_ALERTS, group_of
from streams.engine import Connection, Grant, needed
from streams.kinds import AGENTS, engine_config
from streams.security import connection_of
from streams.settings import Settings


class Role(StrEnum):
    """Who connects."""

    WORKER = "worker"
    APPLY = "apply"
    PLAY = "play"
    POLICY = "policy"
    TAIL = "tail"
    ERASE = "erase"
    ALERTS = "alerts"
    ANOMALIES = "anomalies"
    ACCOUNTS = "accounts"


_ANSWERS = {
    Role.ANOMALIES: "support.anomaly-actions",
    Role.ACCOUNTS: "support.opportunity-updates",
}
"""The topic that a command writes which reads others."""


def grants_of(role: Role, settings: Settings, agents: Iterable[str] = AGENTS) -> list[Grant]:
    """What a role needs: a worker with these agents, or a command."""
    if role is Role.WORKER:
        # Permissions are for the workers of every name: none has to be made and kept here.
        named = replace(settings, worker_id=settings.worker_id or "any")
        grants = (grant for name in agents for grant in needed(engine_config(name, named)))
        return list(dict.fromkeys(grants))
    connection = connection_of(settings)
    if role is Role.PLAY:
        name = connection.topic("support.conversations")
        return [Grant(ResourceType.TOPIC, name, (AclOperation.WRITE,))]
    if role is Role.POLICY:
        name = connection.topic("support.policies")
        routes = Grant(
            ResourceType.TOPIC, connection.topic(FAMILY), (AclOperation.DESCRIBE,), prefixed=True
        )
        return [Grant(ResourceType.TOPIC, name, (AclOperation.READ, AclOperation.WRITE)), routes]
    if role is Role.ALERTS:
        return list(_alerts(settings, connection))
    operations = _APPLY if role is Role.APPLY else (AclOperation.READ,)
    family = Grant(ResourceType.TOPIC, connection.topic(FAMILY), operations, prefixed=True)
    if role is Role.ERASE:
        return [family, *_erase(connection, settings)]
    if role in _ANSWERS:
        name = connection.topic(_ANSWERS[role])
        return [family, Grant(ResourceType.TOPIC, name, (AclOperation.WRITE,))]
    return [family]


_APPLY = (
    AclOperation.CREATE,
    AclOperation.DESCRIBE,
    AclOperation.DESCRIBE_CONFIGS,
    AclOperation.ALTER_CONFIGS,
)


def _erase(connection: Connection, settings: Settings) -> Iterator[Grant]:
    write = (AclOperation.WRITE,)
    for changelog in Holders(settings).changelogs:
        yield Grant(ResourceType.TOPIC, changelog, (AclOperation.READ,))
    for topic in (TOPICS[CONVERSATIONS], *RETRACTED):
        if topic is not ROUTES:
            yield Grant(ResourceType.TOPIC, connection.topic(topic.name), write)
    yield Grant(ResourceType.TOPIC, connection.topic(ROUTE_PREFIX), write, prefixed=True)


def _alerts(settings: Settings, connection: Connection) -> Iterator[Grant]:
    for name in (*SOURCES, OPEN_ALERTS):
        yield Grant(ResourceType.TOPIC, connection.topic(name), (AclOperation.READ,))
    for name in (OPEN_ALERTS, DEAD_LETTERS):
        yield Grant(ResourceType.TOPIC, connection.topic(name), (AclOperation.WRITE,))
    groups = group_of(settings, "")
    yield Grant(ResourceType.GROUP, groups, (AclOperation.READ,), prefixed=True)
    yield Grant(ResourceType.TRANSACTIONAL_ID, groups, (AclOperation.WRITE,), prefixed=True)


def commands(grants: Iterable[Grant], user: str, bootstrap: str) -> Iterator[str]:
    """The grants as commands of Kafka's own tool, few and sorted by what they allow."""
    names: dict[tuple[ResourceType, tuple[AclOperation, ...], bool], list[str]] = {}
    for grant in grants:
        names.setdefault((grant.kind, grant.operations, grant.prefixed), []).append(grant.name)
    for (kind, operations, prefixed), each in names.items():
        option = f"--{kind.name.lower().replace('_', '-')}"
        yield shlex.join(
            [
                *("kafka-acls.sh", "--bootstrap-server", bootstrap),
                *("--command-config", "admin.properties", "--add"),
                *("--allow-principal", f"User:{user}"),
                *(part for one in operations for part in ("--operation", _camel(one.name))),
                *(part for name in each for part in (option, name)),
                *(("--resource-pattern-type", "prefixed") if prefixed else ()),
            ]
        )


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))
