"""The counting workers as the workload of a drill."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from confluent_kafka.admin import NewTopic

from tests.chaos.feed import Fed, numbered, poisoned
from tests.chaos.on_engine import KEYS, PARTITIONS, OnEngine
from tests.chaos.reading import read
from tests.chaos.verdict import Verdict
from tests.chaos.verify import TIMER, verify

POISON_EVERY = 200
WORKER = Path(__file__).with_name("counting_worker.py")


class Counting(OnEngine):
    """See `counting_worker.py` for what they do."""

    arguments: Sequence[str] = (str(WORKER),)

    def __init__(
        self, bootstrap: str, group: str, rate: int, *, ends_as: str = "1", **extra: str
    ) -> None:
        """`ends_as` is the version of the workers in the end."""
        super().__init__(bootstrap, group, rate, **extra)
        self._ends_as = ends_as
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
        return poisoned(numbered(KEYS), POISON_EVERY)

    def settled(self) -> bool:
        """The last reminder comes 2.1 s after the last record: no timer is left then."""
        changes = read(self._bootstrap, self.names.changelog)
        last = {change.key(): change.value() for change in changes}
        return not any(value for key, value in last.items() if key.startswith(TIMER))

    def verify(self) -> Verdict:
        return verify(self._bootstrap, self.names, version=self._ends_as)
