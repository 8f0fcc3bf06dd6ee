"""A support floor to test on: a worker, platforms and desks on one broker, under one prefix."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from deploy.examples.chat import Answer, Chat
from deploy.examples.chat_platform import TOPICS, Platform
from deploy.examples.desk import Desk
from deploy.examples.wire import Wire
from schemas.codec import Codec
from schemas.records import Record
from streams.admin.topics import Topics, wanted_topics
from streams.core.policy import default_policy
from streams.engine import Connection
from streams.errors import BrokerError
from streams.policies.local import route_names
from streams.reading import Follower
from tests.integration.running import running_worker
from tests.patience import PATIENCE

PARTITIONS = 3


class Floor:
    """Makes the topics, and whoever works on them. What it opens it closes; a context manager.

    Without `routes` they are those of the default policy.
    """

    def __init__(self, bootstrap: str, name: str, folder: Path, routes: Sequence[str] = ()) -> None:
        self.bootstrap, self.prefix, self.folder = bootstrap, f"{name}.", folder
        self.environment = {
            "BATON_BOOTSTRAP_SERVERS": bootstrap,
            "BATON_TOPIC_PREFIX": self.prefix,
            "BATON_GROUP": name,
            "BATON_DATA_DIR": str(folder / "data"),
            "BATON_WORKER_ID": "one",
            "BATON_REPLICATION": "1",
        }
        self.connection = Connection(bootstrap, topic_prefix=self.prefix)
        topics, routes = Topics(self.connection), routes or route_names(default_policy())
        # As in production the broker stamps the records; only then is no time earlier than another.
        wanted = [
            replace(one, settings={**one.settings, "message.timestamp.type": "LogAppendTime"})
            for one in wanted_topics(routes, dev=True, partitions=PARTITIONS)
        ]
        topics.apply(topics.plan(wanted))
        self._await_leaders([one.name for one in wanted])
        self._open = ExitStack()

    def _await_leaders(self, topics: list[str]) -> None:
        """Wait until the brokers lead what was made a moment ago; a busy machine takes its time."""
        limit = time.monotonic() + PATIENCE
        while True:
            try:
                Follower(self.connection, Codec(), topics, from_start=True).close()
                return
            except BrokerError:
                if time.monotonic() > limit:
                    raise

    def __enter__(self) -> "Floor":
        return self

    def __exit__(self, *_error: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Platforms and desks leave; one that stays has the broker look for records all along."""
        self._open.close()

    def wire(self, *topics: str, from_start: bool) -> Wire:
        """A wire of a consumer's own."""
        made = Wire(self.bootstrap, topics, from_start=from_start, prefix=self.prefix)
        return self._open.enter_context(made)

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a program that works here."""
        return os.environ | self.environment

    def read(self, topic: str) -> list[Record]:
        """All that a topic holds now."""
        with Wire(self.bootstrap, [topic], from_start=True, prefix=self.prefix) as wire:
            found: list[Record] = []
            while not wire.caught_up:
                found += [read.record for read in wire.poll(0.1) if read.record is not None]
            return found

    def platform(self, ai: Callable[[Chat], Answer], **options: object) -> Platform:
        """A chat platform with this AI."""
        return Platform(self.wire(*TOPICS, from_start=False), ai, **options)  # type: ignore[arg-type]

    def desk(self, route: str, me: str) -> Desk:
        """A desk that has read what is open."""
        wire = self.wire(*Desk.topics(route), from_start=True)
        desk = Desk(wire, route, me)
        until(lambda: wire.caught_up, desk)
        return desk

    @contextmanager
    def worker(self, *options: str, policy: Path | None = None) -> Iterator[None]:
        """A worker, ready; it must end well."""
        named = {} if policy is None else {"BATON_POLICY": str(policy)}
        with running_worker(self.folder, self.variables | named, *options):
            yield


def until(holds: Callable[[], bool], *pollers: Platform | Desk) -> None:
    """Let platforms and desks work until something holds."""
    limit = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < limit
        for one in pollers:
            one.poll(0.02)


def settle(seconds: float, *pollers: Platform | Desk) -> None:
    """Let them work for a while: for what must not happen."""
    limit = time.monotonic() + seconds
    while time.monotonic() < limit:
        for one in pollers:
            one.poll(0.02)
