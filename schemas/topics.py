"""The topics: which there are, and where a record belongs."""

import re
from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any

from schemas.partitioner import PARTITIONER, partition_of
from schemas.records import (
    AccountActivity,
    Decision,
    Escalation,
    EscalationUpdate,
    Mode,
    PolicyEntry,
    PolicyVersion,
    Record,
)
from schemas.topic import Topic
from schemas.topic_table import (
    DECISIONS,
    OPEN_ANOMALIES,
    ROUTE_PREFIX,
    ROUTES,
    SHADOW_DECISIONS,
    TABLE,
)

__all__ = [
    "DECISIONS",
    "FAMILY",
    "OPEN_ANOMALIES",
    "PARTITIONER",
    "RECORD_TYPES",
    "ROUTES",
    "TOPICS",
    "Topic",
    "find_topic",
    "key_of",
    "partition_of",
    "route_topic",
    "topic_of",
]

TOPICS: dict[str, Topic] = {topic.name: topic for topic in TABLE}
"""Every topic by its name, but for the route topics."""

RECORD_TYPES: tuple[type[Record], ...] = tuple(
    dict.fromkeys(record for topic in (*TABLE, ROUTES) for record in topic.records)
)
"""Every record type that travels on a topic, once."""

FAMILY = "support."
"""What every topic's name begins with."""

_LEGAL_ROUTE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}")


@lru_cache(maxsize=1024)
def route_topic(route: str) -> str:
    """The topic of a route's escalations.

    Raises:
        ValueError: The route's name cannot be part of a topic's name.

    """
    if not _LEGAL_ROUTE.fullmatch(route):
        raise ValueError(
            f"{route[:80]!r} cannot name a route: use up to 200 letters, digits, '.', '_' and '-'."
        )
    return ROUTE_PREFIX + route


def find_topic(name: str) -> Topic | None:
    """The topic of that name (a route's topic is described by `ROUTES`); None if it is not ours."""
    topic = TOPICS.get(name)
    return ROUTES if topic is None and name.startswith(ROUTE_PREFIX) else topic


def topic_of(record: Record) -> str:
    """The topic a record is written to.

    A shadow decision goes where nothing obeys it, what concerns an escalation to its route.
    """
    name = _HOMES.get(type(record))
    if name is not None:
        return name
    return _MOVING_HOMES[type(record)](record)


def key_of(record: Record) -> str:
    """The key of a record; its UTF-8 is the Kafka key."""
    return _KEYS[type(record)](record)


def _activity_key(record: AccountActivity) -> str:
    return record.account_id or record.requester_id or record.ticket_id


def _policy_key(record: PolicyVersion) -> str:
    if record.entry is PolicyEntry.POINTER:
        return record.name
    return f"{record.name}@{record.version}"


def _decision_topic(record: Decision) -> str:
    return SHADOW_DECISIONS if record.mode is Mode.SHADOW else DECISIONS


def _escalation_topic(record: Escalation) -> str:
    return route_topic(record.route)


def _update_topic(record: EscalationUpdate) -> str:
    # A move is told on the route that loses the ticket; the new one gets the whole escalation.
    return route_topic(record.previous_route or record.route)


_MOVING_HOMES: dict[type[Record], Callable[[Any], str]] = {
    Decision: _decision_topic,
    Escalation: _escalation_topic,
    EscalationUpdate: _update_topic,
}

_HOMES: dict[type[Record], str] = {
    record: topic.name
    for topic in TABLE
    for record in topic.records
    if topic.name != OPEN_ANOMALIES and record not in _MOVING_HOMES
}

_KEYS: dict[type[Record], Callable[[Any], str]] = {
    **{
        record: attrgetter(topic.key)
        for topic in (*TABLE, ROUTES)
        for record in topic.records
        if topic.key in record.__struct_fields__
    },
    AccountActivity: _activity_key,
    PolicyVersion: _policy_key,
}
