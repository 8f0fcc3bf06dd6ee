"""A drill: workers over a topic that is fed steadily, and what is done to them meanwhile."""

import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.chaos.feed import Fed, Feed
from tests.chaos.gaps import Stroke, Watch, waits
from tests.chaos.group import Group
from tests.chaos.reading import read
from tests.chaos.result import Result
from tests.chaos.stores import compare_stores
from tests.chaos.verdict import Verdict
from tests.kafka import Kafka
from tests.patience import PATIENCE
from tests.program import on_its_own

WORKERS = ("A", "B")


class Workload(Protocol):
    """What the workers of a drill do, and how to tell whether they did it.

    Attributes:
        arguments: The worker's command line, after the interpreter.
        group: Its consumer group.
        sources: The topics it reads.
        watched: An output topic on which every partition of the sources answers steadily.
        rate: Records a second that are fed.

    """

    arguments: Sequence[str]
    group: str
    sources: Sequence[str]
    watched: str
    rate: int

    def prepare(self) -> None:
        """Make the topics."""

    def environment(self, worker: str, data: Path) -> Mapping[str, str]:
        """The environment of a worker with its state in a folder."""

    def records(self) -> Iterator[Fed]:
        """What to feed, without end."""

    def settled(self) -> bool:
        """Whether nothing more is to come of what the workers have read."""

    def verify(self) -> Verdict:
        """Compare what the workers wrote with what they had to."""


class Drill:
    """A running drill. `say` gets a line of progress at a time."""

    def __init__(
        self,
        name: str,
        kafka: Kafka,
        workload: Workload,
        folder: Path,
        *,
        seed: int = 1,
        say: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True),
    ) -> None:
        self.name = name
        self.kafka = kafka
        self.workload = workload
        self.chooser = random.Random(seed)
        self._say = say
        self._strokes: list[Stroke] = []
        self._started = time.monotonic()
        folder.mkdir(parents=True, exist_ok=True)
        # How long a restart takes is what a drill measures.
        self.group = Group(workload.arguments, workload.environment, folder, on_its_own)
        self.folder = folder

    def run(
        self,
        script: Callable[["Drill"], None],
        *,
        workers: Sequence[str] = WORKERS,
        least: int = 0,
        feed_by: type[Feed] = Feed,
        patience: float = PATIENCE,
    ) -> Result:
        """Start workers, feed them, do what the script does, wait until all is read, verify.

        At least `least` records are fed. Past `patience` seconds what was not read counts as lost.
        """
        self._started = time.monotonic()
        bootstrap, workload = self.kafka.bootstrap, self.workload
        workload.prepare()
        watch = Watch(bootstrap, workload.watched).start()
        feed = feed_by(bootstrap, workload.sources, workload.records(), workload.rate)
        try:
            self._start(workers)
            fed = time.monotonic()
            feed.start()
            self.wait_until(lambda: watch.complete, "no answers")
            script(self)
            feed.finish(least)
            seconds, gaps = time.monotonic() - fed, watch.stop()
            self.say(f"{feed.produced:,} records fed; reading the rest")
            all_read = self._wait_until_read(patience)
        finally:
            feed.finish()
            self.group.stop()
        verdict, rate = self._verdict(), round(feed.produced / seconds)
        strokes = [
            (stroke.what, wait.own, wait.others)
            for stroke, wait in zip(self._strokes, waits(self._strokes, gaps), strict=True)
        ]
        return Result(self.name, verdict, all_read, seconds, rate, dict(self.group.exits), strokes)

    def _start(self, workers: Sequence[str]) -> None:
        for worker in workers:
            self.group.start(worker)
        for worker in workers:
            self.wait_until_ready(worker)

    def _wait_until_read(self, patience: float) -> bool:
        """Whether the workers read all in time, and wrote what comes of it."""
        bootstrap, workload = self.kafka.bootstrap, self.workload
        return all(
            wait_until_read(bootstrap, workload.group, source, patience)
            for source in workload.sources
        ) and holds_within(patience, workload.settled)

    def _verdict(self) -> Verdict:
        self.say("verifying")
        verdict = self.workload.verify()
        compare_stores(verdict, self.kafka.bootstrap, self.folder)
        for words in self.group.last_words:
            self.say(words)
        return verdict

    def stroke(self, what: str, worker: str | None = None) -> None:
        """Note that something is done, to a worker or to all of them."""
        owned = self._owned() if worker is None else self.group.owned(worker)
        self.say(f"{what}{f' of {worker}, which has {sorted(owned)}' if worker else ''}")
        self._strokes.append(Stroke(what, time.monotonic(), owned))

    def wait_until_ready(self, worker: str, times: int = 1) -> None:
        """Wait until a worker has been ready so often. Raises `AssertionError`."""
        self.wait_until(lambda: self.group.times_ready(worker) >= times, f"{worker} is not ready")

    def say(self, line: str) -> None:
        """A line of progress."""
        self._say(f"{self.name:>8} {time.monotonic() - self._started:6.1f} s  {line}")

    def any_worker(self) -> str:
        """One of the workers by chance."""
        return self.chooser.choice(self.group.names)

    def _owned(self) -> frozenset[int]:
        return frozenset().union(*(self.group.owned(name) for name in self.group.names))

    def committed(self) -> dict[int, int]:
        """How far the workers have come in each partition of their first source."""
        workload = self.workload
        return committed(self.kafka.bootstrap, workload.group, workload.sources[0])

    def wait_until(self, holds: Callable[[], bool], lacking: str) -> None:
        """Wait for a state. Raises `AssertionError`."""
        assert holds_within(PATIENCE, holds), f"{lacking}: see {self.folder}"


def wait_until_read(bootstrap: str, group: str, topic: str, timeout: float) -> bool:
    """Wait until a group has committed all of a topic; False when it has not in time (seconds)."""
    return holds_within(timeout, lambda: is_read(bootstrap, group, topic))


def holds_within(timeout: float, holds: Callable[[], bool]) -> bool:
    """Wait until something holds; False when it does not in time (seconds)."""
    limit = time.monotonic() + timeout
    while not holds():
        if time.monotonic() > limit:
            return False
        time.sleep(0.1)
    return True


def is_read(bootstrap: str, group: str, topic: str) -> bool:
    """Whether no record lies behind what a group has committed; the ends of transactions may."""
    try:
        starts = committed(bootstrap, group, topic)
        return next(read(bootstrap, topic, partitions=starts), None) is None
    except KafkaException:
        return False


def committed(bootstrap: str, group: str, topic: str) -> dict[int, int]:
    """A group's offset in each partition. Raises `KafkaException`."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "log_level": 0})
    try:
        numbers = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        found = consumer.committed([TopicPartition(topic, number) for number in numbers], 10)
        return {tp.partition: max(tp.offset, 0) for tp in found}
    finally:
        consumer.close()
