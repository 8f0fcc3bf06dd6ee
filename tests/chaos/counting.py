"""The counting workers as the workload of a drill."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from confluent_kafka.admin import AdminClient, NewTopic

from tests.chaos.feed import Fed, numbered
from tests.chaos.names import Names
from tests.chaos.verdict import Verdict
from tests.chaos.verify import verify

WORKER = Path(__file__).with_name("counting_worker.py")
PARTITIONS = 6
KEYS = 1_000


class Counting:
    """See `counting_worker.py` for what they do; `extra` is added to their environment."""

    arguments: Sequence[str] = (str(WORKER),)
    settle = 4.0
    """The last reminder comes 2.1 s after the last record."""

    def __init__(self, bootstrap: str, group: str, rate: int, **extra: str) -> None:
        self.names = Names(group)
        self.group = group
        self.sources: Sequence[str] = (self.names.source,)
        self.watched = self.names.answers
        self.rate = rate
        self._extra = extra
        self._bootstrap = bootstrap

    def prepare(self) -> None:
        names = self.names
        # The broker's stamps: with a producer's own, a record that waited in it could be older than
        # a timer that has fired by the clock.
        stamps = {"message.timestamp.type": "LogAppendTime"}
        new = [NewTopic(names.source, PARTITIONS, 1, config=stamps)]
        new += [NewTopic(t, PARTITIONS, 1) for t in (names.answers, names.reminders, names.failed)]
        admin = AdminClient({"bootstrap.servers": self._bootstrap})
        for made in admin.create_topics(new).values():
            made.result(30)

    def environment(self, worker: str, data: Path) -> Mapping[str, str]:
        return {
            "BOOTSTRAP": self._bootstrap,
            "GROUP": self.group,
            "WORKER": worker,
            "DATA": str(data),
            **self._extra,
        }

    def records(self) -> Iterator[Fed]:
        return numbered(KEYS)

    def verify(self) -> Verdict:
        return verify(self._bootstrap, self.names)
