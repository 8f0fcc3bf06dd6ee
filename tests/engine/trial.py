"""Counting workers on a broker, from their topics to the verdict."""

import time
from contextlib import closing
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from tests.chaos.counting import Counting
from tests.chaos.drill import wait_until_read
from tests.chaos.feed import Feed, numbered
from tests.chaos.group import READY, Group
from tests.chaos.on_engine import PARTITIONS
from tests.chaos.verdict import Verdict
from tests.chaos.verify import verify
from tests.conftest import Broker
from tests.patience import PATIENCE

NEVER = "3600000"
"""A pause between checkpoints that no test waits for, in milliseconds."""


class Trial:
    """Counting workers on one of the brokers, whose timers fire by the records' own times."""

    def __init__(
        self,
        broker: Broker,
        name: str,
        folder: Path,
        partitions: int = PARTITIONS,
        **extra: str,
    ) -> None:
        extra = {"CLOCK": "records", **extra}
        if not broker.transactional:
            extra |= {"GUARANTEE": "at_least_once", "CREATE_CHANGELOG": "0"}
        workload = Counting(broker.bootstrap, name, 0, **extra)
        self.broker = broker
        self.names = names = workload.names
        self.settled = workload.settled
        topics = [names.source, names.answers, names.reminders, names.failed]
        changelog = [] if broker.transactional else [names.changelog]
        broker.create_all(topics + changelog, partitions)
        self._records = numbered(200)
        self.group = Group(workload.arguments, workload.environment, folder)

    def feed(self, records: int | None, rate: int) -> Feed:
        """Begin to feed so many further records, or until told to finish, at a rate a second."""
        topics = (self.names.source,)
        return Feed(self.broker.bootstrap, topics, self._records, rate).start(records)

    def wait_until_ready(self, lives: int = 1, worker: str = "A") -> None:
        """Wait until a worker handles records, in so many lives of it."""
        log, limit = self.group.log_of(worker), time.monotonic() + PATIENCE
        while log.read_bytes().count(READY) < lives:
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.1)

    def committed(self) -> dict[int, int]:
        """The group's offset in each partition of the source."""
        consumer = Consumer(
            {
                "bootstrap.servers": self.broker.bootstrap,
                "group.id": self.names.group,
                "log_level": 0,
            }
        )
        wanted = [TopicPartition(self.names.source, number) for number in range(PARTITIONS)]
        with closing(consumer):
            return {tp.partition: max(tp.offset, 0) for tp in consumer.committed(wanted, 10)}

    def stop_when_read(self) -> list[int]:
        """Stop the workers once they have read all; returns their exit codes."""
        assert wait_until_read(self.broker.bootstrap, self.names.group, self.names.source, PATIENCE)
        return self.group.stop()

    def verdict(self) -> Verdict:
        """What the verifier finds."""
        isolation = "read_committed" if self.broker.transactional else "read_uncommitted"
        return verify(self.broker.bootstrap, self.names, isolation, all_timers=False)
