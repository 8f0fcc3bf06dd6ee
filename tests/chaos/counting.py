"""The counting workers as the workload of a drill."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from confluent_kafka.admin import NewTopic

from tests.chaos.feed import Fed, numbered
from tests.chaos.on_engine import KEYS, PARTITIONS, OnEngine
from tests.chaos.verdict import Verdict
from tests.chaos.verify import verify

WORKER = Path(__file__).with_name("counting_worker.py")


class Counting(OnEngine):
    """See `counting_worker.py` for what they do."""

    arguments: Sequence[str] = (str(WORKER),)
    settle = 4.0
    """The last reminder comes 2.1 s after the last record."""

    def __init__(self, bootstrap: str, group: str, rate: int, **extra: str) -> None:
        super().__init__(bootstrap, group, rate, **extra)
        self.sources: Sequence[str] = (self.names.source,)

    def prepare(self) -> None:
        names = self.names
        # The broker's stamps: with a producer's own, a record that waited in it could be older than
        # a timer that has fired by the clock.
        stamps = {"message.timestamp.type": "LogAppendTime"}
        new = [NewTopic(names.source, PARTITIONS, 1, config=stamps)]
        new += [NewTopic(t, PARTITIONS, 1) for t in (names.answers, names.reminders, names.failed)]
        self._create(new)

    def records(self) -> Iterator[Fed]:
        return numbered(KEYS)

    def verify(self) -> Verdict:
        return verify(self._bootstrap, self.names)
