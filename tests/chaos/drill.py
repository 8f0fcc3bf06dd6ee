"""A drill: workers over a topic that is fed steadily, and what is done to them meanwhile."""

import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from confluent_kafka import Consumer, KafkaException, TopicPartition

from tests.chaos.feed import Fed, Feed
from tests.chaos.gaps import Stroke, Watch, waits
from tests.chaos.group import UNEXPLAINED, Group
from tests.chaos.reading import read
from tests.chaos.stores import compare_stores
from tests.chaos.verdict import Verdict
from tests.kafka import Kafka

START_TIMEOUT = 60.0
WORKERS = ("A", "B")


class Workload(Protocol):
    """What the workers of a drill do, and how to tell whether they did it.

    Attributes:
        arguments: The worker's command line, after the interpreter.
        group: Its consumer group.
        sources: The topics it reads.
        watched: An output topic on which every partition of the sources answers steadily.
        settle: Seconds that it may still write for once it has read all.
        rate: Records a second that are fed.

    """

    arguments: Sequence[str]
    group: str
    sources: Sequence[str]
    watched: str
    settle: float
    rate: int

    def prepare(self) -> None:
        """Make the topics."""

    def environment(self, worker: str, data: Path) -> Mapping[str, str]:
        """The environment of a worker with its state in a folder."""

    def records(self) -> Iterator[Fed]:
        """What to feed, without end."""

    def verify(self) -> Verdict:
        """Compare what the workers wrote with what they had to."""


@dataclass
class Result:
    """What came of a drill. Gaps are those of a reader of committed records, in milliseconds.

    Attributes:
        drill: Its name.
        verdict: What the verifier found.
        read: Whether the workers had read all in time.
        seconds: How long it was fed.
        rate: Records a second that were fed.
        strokes: How often something was done.
        longest_gap_ms: On the partitions of a worker something was done to.
        longest_gap_others_ms: On the others.
        exits: How workers ended: exit code, or signal as a negative number, and how often.
        by_stroke: What was done each time, and the longest gaps on its partitions and the others.
        broken: Whether the engine was broken on purpose.

    """

    drill: str
    verdict: Verdict
    read: bool
    seconds: float
    rate: int
    strokes: int
    longest_gap_ms: int
    longest_gap_others_ms: int
    exits: dict[int, int]
    by_stroke: list[tuple[str, int, int]] = field(default_factory=list)
    broken: bool = False

    @property
    def passed(self) -> bool:
        """Whether it is exact, or is not where the engine was broken on purpose.

        A worker that ended without a reason fails every drill.
        """
        return self.exact != self.broken and UNEXPLAINED not in self.exits

    @property
    def exact(self) -> bool:
        """Whether all was read and nothing is wrong."""
        return self.read and self.verdict.exact

    def line(self) -> dict[str, object]:
        """The result as one flat object."""
        verdict = self.verdict
        return {
            "drill": self.drill,
            "messages": verdict.messages,
            "lost": verdict.lost,
            "doubled": verdict.doubled,
            "wrong": verdict.wrong,
            "exact": self.exact,
            "passed": self.passed,
            "all_read": self.read,
            "seconds": round(self.seconds),
            "messages_per_second": self.rate,
            "strokes": self.strokes,
            "longest_gap_ms": self.longest_gap_ms,
            "longest_gap_others_ms": self.longest_gap_others_ms,
            "exits": {str(code): count for code, count in sorted(self.exits.items())},
        }


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
        self.group = Group(workload.arguments, workload.environment, folder)
        self.folder = folder

    def run(
        self,
        script: Callable[["Drill"], None],
        *,
        workers: Sequence[str] = WORKERS,
        least: int = 0,
        feed_by: type[Feed] = Feed,
        patience: float = 120.0,
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
            for worker in workers:
                self.group.start(worker)
            self._wait_for_workers(workers)
            fed = time.monotonic()
            feed.start()
            self._wait_for_answers(watch)
            script(self)
            feed.finish(least)
            seconds = time.monotonic() - fed
            gaps = watch.stop()
            self.say(f"{feed.produced:,} records fed; reading the rest")
            all_read = all(
                wait_until_read(bootstrap, workload.group, source, patience)
                for source in workload.sources
            )
            time.sleep(workload.settle)
        finally:
            feed.finish()
            self.group.stop()
        self.say("verifying")
        verdict = workload.verify()
        compare_stores(verdict, bootstrap, self.folder)
        for words in self.group.last_words:
            self.say(words)
        found = waits(self._strokes, gaps)
        return Result(
            self.name,
            verdict,
            all_read,
            seconds,
            round(feed.produced / seconds),
            len(self._strokes),
            max((wait.own for wait in found), default=0),
            max((wait.others for wait in found), default=0),
            dict(self.group.exits),
            [
                (stroke.what, wait.own, wait.others)
                for stroke, wait in zip(self._strokes, found, strict=True)
            ],
        )

    def stroke(self, what: str, worker: str | None = None) -> None:
        """Note that something is done, to a worker or to all of them."""
        owned = self._owned() if worker is None else self.group.owned(worker)
        self.say(f"{what}{f' of {worker}, which has {sorted(owned)}' if worker else ''}")
        self._strokes.append(Stroke(what, time.monotonic(), owned))

    def say(self, line: str) -> None:
        """A line of progress."""
        self._say(f"{self.name:>8} {time.monotonic() - self._started:6.1f} s  {line}")

    def any_worker(self) -> str:
        """One of the workers by chance."""
        return self.chooser.choice(self.group.names)

    def _owned(self) -> frozenset[int]:
        return frozenset().union(*(self.group.owned(name) for name in self.group.names))

    def _wait_for_workers(self, workers: Sequence[str]) -> None:
        limit = time.monotonic() + START_TIMEOUT
        while not all(self.group.is_ready(worker) for worker in workers):
            assert time.monotonic() < limit, f"no worker is ready: see {self.folder}"
            time.sleep(0.05)

    def _wait_for_answers(self, watch: Watch) -> None:
        limit = time.monotonic() + START_TIMEOUT
        while not watch.complete:
            assert time.monotonic() < limit, f"no answers: see {self.folder}"
            time.sleep(0.05)


def wait_until_read(bootstrap: str, group: str, topic: str, timeout: float) -> bool:
    """Wait until a group has committed all of a topic; False when it has not in time (seconds)."""
    limit = time.monotonic() + timeout
    while time.monotonic() < limit:
        if is_read(bootstrap, group, topic):
            return True
        time.sleep(0.2)
    return False


def is_read(bootstrap: str, group: str, topic: str) -> bool:
    """Whether no record lies behind what a group has committed; the ends of transactions may."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": group, "log_level": 0})
    try:
        numbers = consumer.list_topics(topic, timeout=10).topics[topic].partitions
        committed = consumer.committed([TopicPartition(topic, number) for number in numbers], 10)
        starts = {tp.partition: max(tp.offset, 0) for tp in committed}
        return next(read(bootstrap, topic, partitions=starts), None) is None
    except KafkaException:
        return False
    finally:
        consumer.close()
