"""Compares the topics on a broker with the declared ones, and makes what is missing."""

import time
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    ResourceType,
    TopicMetadata,
)

from schemas.topics import ROUTES, TOPICS, Topic, route_topic
from streams.errors import BrokerError

TIMEOUT = 30.0
"""Seconds the broker has for a request."""

ANSWER_TIMEOUT = 10.0
"""Seconds after which no broker is thought to be there."""

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
    else:
        settings["min.insync.replicas"] = "2"
    count = topic.partitions if partitions is None or topic.partitions == 1 else partitions
    return Wanted(name, count, 1 if dev else 3, settings)


class Topics:
    """The topics of a broker. Every call raises `BrokerError` when the broker does not answer."""

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        # Kept for as long as its futures may run: a dropped client drops its requests silently.
        self._admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})

    def describe(self, names: Iterable[str]) -> dict[str, Existing]:
        """What the broker says of these topics, without those it does not have."""
        found = self._listed()
        present = [name for name in names if name in found]
        settings = self._settings(present)
        return {
            name: Existing(
                partitions=len(found[name].partitions),
                replicas=min(len(one.replicas) for one in found[name].partitions.values()),
                settings=settings[name],
            )
            for name in present
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
                NewTopic(t.name, t.partitions, t.replication, config=dict(t.settings))
                for t in missing
            ]
            futures = self._admin.create_topics(
                new, operation_timeout=TIMEOUT, request_timeout=TIMEOUT
            )
            self._wait(futures, "create")
            self._wait_until_known({topic.name for topic in missing})
        changed = [f.wanted for f in findings if f.difference is Difference.SETTINGS]
        if changed:
            resources = [_alteration(topic) for topic in changed]
            futures = self._admin.incremental_alter_configs(resources, request_timeout=TIMEOUT)
            self._wait(futures, "change the settings of")

    def _listed(self) -> dict[str, TopicMetadata]:
        try:
            found: dict[str, TopicMetadata] = self._admin.list_topics(timeout=ANSWER_TIMEOUT).topics
        except KafkaException as error:
            raise BrokerError.unreachable(self._bootstrap, error.args[0].str()) from error
        return found

    def _wait_until_known(self, names: set[str]) -> None:
        # A broker hears of a new topic a moment after the controller has made it.
        limit = time.monotonic() + TIMEOUT
        while unknown := names - self._listed().keys():
            if time.monotonic() > limit:
                raise BrokerError(f"created, but not known after {TIMEOUT:.0f} s: {unknown}")
            time.sleep(0.02)

    def _settings(self, names: list[str]) -> dict[str, dict[str, str]]:
        if not names:
            return {}
        resources = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        futures = self._admin.describe_configs(resources, request_timeout=TIMEOUT)
        return {
            resource.name: {key: str(entry.value) for key, entry in entries.items()}
            for resource, entries in self._wait(futures, "read the settings of").items()
        }

    def _wait(self, futures: Mapping[Any, Future[Any]], verb: str) -> dict[Any, Any]:
        results = {}
        for topic, future in futures.items():
            try:
                # Every future resolves: a request that is not answered in time fails by itself.
                results[topic] = future.result()
            except KafkaException as error:
                reason = error.args[0]
                # Another `apply` was faster, and wanted the same.
                if reason.code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    name = getattr(topic, "name", topic)
                    raise BrokerError(f"cannot {verb} {name}: {_told(reason)}") from error
        return results


def _told(reason: KafkaError) -> str:
    text = str(reason.str())
    if reason.code() == KafkaError.INVALID_REPLICATION_FACTOR:
        return f"{text} For a single broker say --dev"
    return text


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
    wrong = {
        key: existing.settings.get(key)
        for key, value in wanted.settings.items()
        if existing.settings.get(key) != value
    }
    if wrong:
        detail = ", ".join(f"{k} is {v}, not {wanted.settings[k]}" for k, v in wrong.items())
        return Finding(wanted, Difference.SETTINGS, detail)
    return Finding(wanted, Difference.SAME)


def _alteration(wanted: Wanted) -> ConfigResource:
    entries = [
        ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        for key, value in wanted.settings.items()
    ]
    return ConfigResource(ResourceType.TOPIC, wanted.name, incremental_configs=entries)
