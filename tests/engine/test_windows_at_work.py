"""Event-time windows in a worker that is killed give what they give in one that is not."""

import json
import random
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec
import pytest
from confluent_kafka import Message, Producer

from tests.chaos.drill import wait_until_read
from tests.chaos.group import Group
from tests.chaos.names import Names
from tests.chaos.on_engine import OnEngine
from tests.chaos.reading import read
from tests.conftest import Broker
from tests.engine.windows_worker import IDLE_AFTER, SUMS, Reading
from tests.patience import PATIENCE

WORKER = Path(__file__).with_name("windows_worker.py")
PARTITIONS = 2
START = 1_767_603_600_000
"""The time of the first record, in milliseconds."""
EVERY = 20
"""Milliseconds between two records of a partition."""
DISORDER = 400
BEHIND = {"a": 0, "b": 8_000, "c": 0}
"""How old the readings of an input are, in milliseconds: more than a window."""
RECORDS = 1_500
SILENT = range(500, 1_200)
"""The records of a partition during which one of its inputs says nothing."""

Sums = dict[tuple[bytes, int, int], int]


def readings(number: int) -> Iterator[Reading]:
    """Those of a partition: out of order, some far too late, one input behind, one silent."""
    chooser, latest = random.Random(number), dict[str, int]()
    for place in range(RECORDS):
        source = chooser.choice("ab" if place in SILENT else "abc")
        if place % 100 == 0:
            source = "a"  # a worker that has forgotten the others' marks takes theirs for late
        at = START + place * EVERY - BEHIND[source] - chooser.randrange(DISORDER)
        if chooser.random() < 0.02:
            at -= 20_000
        latest[source] = max(latest.get(source, 0), at)
        yield Reading(source, at, chooser.randrange(100), latest[source] - DISORDER)
    for source in BEHIND:
        yield Reading(source, START + RECORDS * EVERY, 0, START + 10 * RECORDS * EVERY)


class Source:
    """Writes the readings of both partitions with their times as the broker's."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._producer = Producer({"bootstrap.servers": bootstrap})
        self._topic = topic
        self._left = [list(enumerate(readings(number))) for number in range(PARTITIONS)]

    def write(self, count: int) -> None:
        """The next so many of each partition."""
        for number, left in enumerate(self._left):
            for place, reading in left[:count]:
                at_end = 10 * RECORDS if place >= RECORDS else place
                self._producer.produce(
                    self._topic,
                    msgspec.json.encode(reading),
                    f"{number}-{reading.value % 5}",
                    number,
                    timestamp=START + at_end * EVERY,
                )
            del left[:count]
        assert self._producer.flush(10) == 0


def by_hand(messages: Iterable[Message], idle_after: int = IDLE_AFTER) -> tuple[Sums, list[bytes]]:
    """The sums of all windows of a partition, and the late readings, without panes or state."""
    sums: Sums = defaultdict(int)
    heard: dict[str, tuple[int, int]] = {}
    late, reached = [], 0
    for message in messages:
        reading, now = json.loads(message.value()), message.timestamp()[1]
        first = reading["time"] // SUMS.step * SUMS.step - SUMS.size + SUMS.step
        starts = range(first, first + SUMS.size, SUMS.step)
        still = [start for start in starts if start + SUMS.size + SUMS.lateness > reached]
        for start in still:
            sums[message.key(), start, start + SUMS.size] += reading["value"]
        if not still:
            late.append(message.value())
        latest = max(heard.get(reading["source"], (0, 0))[0], min(reading["watermark"], now))
        heard[reading["source"]] = latest, now
        awake = [mark for mark, at in heard.values() if now - at <= idle_after]
        reached = max(reached, min(awake))
    return sums, late


@pytest.fixture
def group(kafka: Broker, unique: str, tmp_path: Path) -> Iterator[Group]:
    environment = OnEngine(kafka.bootstrap, unique, 0).environment
    made = Group([str(WORKER)], environment, tmp_path)
    yield made
    made.stop()


def test_a_worker_that_is_killed_gives_the_final_results_of_all_records(
    kafka: Broker, unique: str, group: Group
) -> None:
    names = Names(unique)
    kafka.create_all([names.source, names.answers, names.failed], PARTITIONS)
    source, results = Source(kafka.bootstrap, names.source), 0
    group.start("A")
    for wipe in (False, True):
        source.write(500)
        before, limit = results, time.monotonic() + PATIENCE
        while (results := sum(1 for _ in read(kafka.bootstrap, names.answers))) == before:
            assert time.monotonic() < limit, group.log_of("A").read_text()
        source.write(100)
        group.kill("A", wipe=wipe)
    source.write(RECORDS)
    assert wait_until_read(kafka.bootstrap, unique, names.source, 60)
    assert group.stop() == [0]
    for number in range(PARTITIONS):
        written = list(read(kafka.bootstrap, names.source, partitions=[number]))
        expected, late = by_hand(written)
        found = [
            ((message.key(), *json.loads(message.value())[:2]), json.loads(message.value())[2])
            for message in read(kafka.bootstrap, names.answers, partitions=[number])
        ]
        assert dict(found) == expected
        assert len(found) == len(expected), "no window twice"
        failed = read(kafka.bootstrap, names.failed, partitions=[number])
        assert [message.value() for message in failed] == late
        assert late != by_hand(written, idle_after=START)[1], "the silent input mattered"
