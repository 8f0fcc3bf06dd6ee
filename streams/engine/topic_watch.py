"""Whether a running worker's topics are still those that it began with."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from streams.engine.access import Contact
from streams.engine.config import EngineConfig
from streams.engine.connection import REQUEST_TIMEOUT
from streams.engine.errors import BrokerFailed, EngineError, TopicMismatch
from streams.engine.topics import prepare_topics

LOOK_EVERY = 2.0
"""Seconds."""
MISSING_FOR = 20.0
"""Seconds: a broker that has just come back may not know its topics yet."""


class Described(NamedTuple):
    """What the broker says of a topic that is there."""

    topic_id: str
    partitions: int


class TopicWatch:
    """Looks at the topics whose offsets or keys a worker relies on.

    A topic that is made anew has the old one's name and other records: an offset of the old one
    says nothing of them, nor does the state behind it. One that gets more partitions has a key's
    records on two of them. Neither shows in what is read and written.

    Knows the topics from the start; raises `BrokerFailed` or `AccessDenied` where the broker does
    not say.
    """

    def __init__(self, config: EngineConfig) -> None:
        self._config = config
        contact = Contact(config.connection)
        self._admin = AdminClient(contact.settings)
        self._missing_since: float | None = None
        try:
            self._known = self._describe()
        except KafkaException as error:
            raise contact.failure("describe topics", error.args[0]) from error

    async def run(self, fail: Callable[[BaseException], None]) -> None:
        """Look again and again; `fail` ends the process when one has changed."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            try:
                await asyncio.to_thread(self.look)
            except EngineError as error:
                fail(error)

    def look(self) -> None:
        """Raise `TopicMismatch` when a topic is another one, has other partitions, or is gone."""
        try:
            # While nobody is there to describe topics, librdkafka keeps a core busy; this waits.
            self._admin.list_topics(self._config.changelog, REQUEST_TIMEOUT)
            found = self._describe()
        except KafkaException:
            self._missing_since = None
            return  # who needs the broker says so
        changes = [
            _change(topic, before, now)
            for topic, now in found.items()
            # One that was made a moment before us not every broker knew yet.
            if (before := self._known.setdefault(topic, now)) != now
        ]
        if changes:
            raise TopicMismatch(
                f"{', '.join(changes)} while this worker was at work: it reads and writes no more. "
                "Change topics while no worker runs"
            )
        if self._are_missing(found):
            with suppress(BrokerFailed):
                prepare_topics(self._config)

    def _are_missing(self, found: dict[str, Described]) -> bool:
        """Whether topics have been missing for long."""
        if self._known.keys() <= found.keys():
            self._missing_since = None
            return False
        now = time.monotonic()
        self._missing_since = self._missing_since or now
        return now - self._missing_since > MISSING_FOR

    def _describe(self) -> dict[str, Described]:
        config = self._config
        topics = list(dict.fromkeys((*config.sources, config.changelog, *config.replicated)))
        asked = self._admin.describe_topics(
            TopicCollection(topics), request_timeout=REQUEST_TIMEOUT
        )
        found = {}
        for topic, answer in asked.items():
            try:
                told = answer.result()
            except KafkaException as error:
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise
            else:
                found[topic] = Described(str(told.topic_id), len(told.partitions))
        return found


def _change(topic: str, before: Described, now: Described) -> str:
    if now.topic_id != before.topic_id:
        return f"{topic} was deleted and made anew"
    return f"{topic} has {now.partitions} partitions, and had {before.partitions},"
