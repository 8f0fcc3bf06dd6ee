"""Compares the topics on a broker with the declared ones, and makes what is missing."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicDescription,
)

from schemas.topics import ROUTES, TOPICS, Topic, route_topic
from streams.engine import DURABLE, REPLICAS, Connection
from streams.engine.connection import REQUEST_TIMEOUT
from streams.errors import BrokerError
from streams.security import Reach

KEPT_FOREVER = "-1"


@dataclass(frozen=True)
class Wanted:
    """A topic as it should be on the broker."""

    name: str
    partitions: int
    replication: int
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Existing:
    """A topic as the broker describes it; `replicas` is the least that a partition has."""

    partitions: int
    replicas: int
    settings: Mapping[str, str]


class Difference(StrEnum):
    """How a topic on the broker stands to the wanted one."""

    SAME = "same"
    MISSING = "missing"
    SETTINGS = "settings"
    PARTITIONS = "partitions"
    REPLICAS = "replicas"


UNMENDABLE = frozenset({Difference.PARTITIONS, Difference.REPLICAS})
"""What `apply` leaves as it is."""


@dataclass(frozen=True)
class Finding:
    """What `plan` found for a topic; `detail` says it in words."""

    wanted: Wanted
    difference: Difference
    detail: str = ""


def wanted_topics(
    routes: Iterable[str], *, dev: bool, partitions: int | None = None
) -> list[Wanted]:
    """Every topic Baton needs, with one per route.

    In production three replicas, of which two must have a record. With `dev` one replica, and the
    producers' time stamps are kept, so that a played history keeps its own time; then nothing is
    deleted for its age, or the history would be gone within minutes. `partitions` replaces the
    declared count of topics that have more than one. Raises `ValueError` for a route that cannot
    be part of a topic's name.
    """
    named = {name: topic for name, topic in TOPICS.items() if topic is not ROUTES}
    named |= {route_topic(route): ROUTES for route in routes}
    return [_wanted(name, topic, dev, partitions) for name, topic in named.items()]


def _wanted(name: str, topic: Topic, dev: bool, partitions: int | None) -> Wanted:
    settings = dict(topic.settings)
    if dev:
        settings["message.timestamp.type"] = "CreateTime"
        if not topic.compacted:
            settings["retention.ms"] = KEPT_FOREVER
            # By the producers' times a year that is played in minutes would be a file a day.
            del settings["segment.ms"]
    else:
        settings |= DURABLE
    count = topic.partitions if partitions is None or topic.partitions == 1 else partitions
    return Wanted(name, count, 1 if dev else REPLICAS, settings)


class Topics:
    """The topics of a broker, under the connection's prefix; their names are without it.

    Every call raises `BrokerError` when the broker does not answer, `AccessDenied` when it refuses.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._reach = Reach(connection)
        # Kept for as long as its futures may run: a dropped client drops its requests silently.
        self._admin = AdminClient(self._reach.settings)

    def describe(self, names: Iterable[str]) -> dict[str, Existing]:
        """What the broker says of these topics, without those it does not have."""
        found = self._described(names)
        settings = self._settings(list(found))
        return {
            name: Existing(
                partitions=len(topic.partitions),
                replicas=min(len(one.replicas) for one in topic.partitions),
                settings=settings[name],
            )
            for name, topic in found.items()
        }

    def plan(self, wanted: Iterable[Wanted]) -> list[Finding]:
        """How each wanted topic stands."""
        wanted = list(wanted)
        existing = self.describe(topic.name for topic in wanted)
        return [_compare(topic, existing.get(topic.name)) for topic in wanted]

    def apply(self, findings: Iterable[Finding]) -> None:
        """Make missing topics and mend settings; what is `UNMENDABLE` stays as it is."""
        findings = list(findings)
        missing = [f.wanted for f in findings if f.difference is Difference.MISSING]
        if missing:
            new = [
                NewTopic(
                    self._connection.topic(t.name),
                    t.partitions,
                    t.replication,
                    config=dict(t.settings),
                )
                for t in missing
            ]
            futures = self._admin.create_topics(
                new, operation_timeout=REQUEST_TIMEOUT, request_timeout=REQUEST_TIMEOUT
            )
            # Accepted: another `apply` was faster, and wanted the same.
            self._wait(futures, "create", KafkaError.TOPIC_ALREADY_EXISTS)
            self._wait_until_known({topic.name for topic in missing})
        changed = [f.wanted for f in findings if f.difference is Difference.SETTINGS]
        if changed:
            resources = [self._alteration(topic) for topic in changed]
            futures = self._admin.incremental_alter_configs(
                resources, request_timeout=REQUEST_TIMEOUT
            )
            self._wait(futures, "change the settings of")

    def _described(self, names: Iterable[str]) -> dict[str, TopicDescription]:
        self._reach.metadata(self._admin)
        # Not listed: a list is without the topics that we may not see.
        futures = self._admin.describe_topics(
            TopicCollection([self._connection.topic(name) for name in names]),
            request_timeout=REQUEST_TIMEOUT,
        )
        return self._wait(futures, "describe", KafkaError.UNKNOWN_TOPIC_OR_PART)

    def _wait_until_known(self, names: set[str]) -> None:
        # A broker hears of a new topic a moment after the controller has made it.
        limit = time.monotonic() + REQUEST_TIMEOUT
        while unknown := names - self._described(names).keys():
            if time.monotonic() > limit:
                raise BrokerError(
                    f"created, but not known after {REQUEST_TIMEOUT:.0f} s: {unknown}"
                )
            time.sleep(0.02)

    def _settings(self, names: list[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        resources = [
            ConfigResource(ResourceType.TOPIC, self._connection.topic(name)) for name in names
        ]
        futures = self._admin.describe_configs(resources, request_timeout=REQUEST_TIMEOUT)
        return {
            name: {key: str(entry.value) for key, entry in entries.items()}
            for name, entries in self._wait(futures, "read the settings of").items()
        }

    def _wait(
        self, futures: Mapping[Any, Future[Any]], verb: str, accepted: int | None = None
    ) -> dict[str, Any]:
        """Results by our names, without those that failed with the `accepted` error."""
        results = {}
        for topic, future in futures.items():
            name = self._connection.name(getattr(topic, "name", topic))
            try:
                # Every future resolves: a request that is not answered in time fails by itself.
                results[name] = future.result()
            except KafkaException as error:
                reason = error.args[0]
                if reason.code() != accepted:
                    hint = _HINTS.get(reason.code(), "")
                    raise self._reach.failure(f"{verb} topic {name}", reason, hint) from error
        return results

    def _alteration(self, wanted: Wanted) -> ConfigResource:
        entries = [
            ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
            for key, value in wanted.settings.items()
        ]
        name = self._connection.topic(wanted.name)
        return ConfigResource(ResourceType.TOPIC, name, incremental_configs=entries)


_HINTS = {KafkaError.INVALID_REPLICATION_FACTOR: " For a single broker say --dev"}


def _compare(wanted: Wanted, existing: Existing | None) -> Finding:
    if existing is None:
        return Finding(wanted, Difference.MISSING)
    if existing.partitions != wanted.partitions:
        detail = f"has {existing.partitions} partitions, {wanted.partitions} are declared"
        return Finding(wanted, Difference.PARTITIONS, detail)
    if existing.replicas < wanted.replication:
        # Its settings must not be mended either: two in-sync replicas it could never have.
        detail = f"has {existing.replicas} replicas, {wanted.replication} are declared"
        return Finding(wanted, Difference.REPLICAS, detail)
    if existing.replicas > wanted.replication == 1:
        # It would keep what people wrote for ever, and believe every producer's clock.
        detail = f"has {existing.replicas} replicas, and --dev is for a single broker"
        return Finding(wanted, Difference.REPLICAS, detail)
    wrong = {
        key: existing.settings.get(key)
        for key, value in wanted.settings.items()
        if existing.settings.get(key) != value
    }
    if wrong:
        detail = ", ".join(f"{k} is {v}, not {wanted.settings[k]}" for k, v in wrong.items())
        return Finding(wanted, Difference.SETTINGS, detail)
    return Finding(wanted, Difference.SAME)
