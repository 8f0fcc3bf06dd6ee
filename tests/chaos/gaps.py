"""Watches how long a reader waits for outputs, partition by partition."""

import asyncio
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from typing import NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition

from tests.chaos.reading import partitions_of

SHORTEST = 0.05
"""Seconds; shorter gaps are not kept."""
SLACK = 0.5
"""Seconds: a gap may begin that much before the stroke that caused it, with the last checkpoint."""


class Gap(NamedTuple):
    """From the arrival of a partition's record until that of its next (on the monotonic clock)."""

    partition: int
    start: float
    end: float

    @property
    def milliseconds(self) -> int:
        """How long it was."""
        return round((self.end - self.start) * 1000)


@dataclass(frozen=True)
class Stroke:
    """Something that was done to the workers, and the partitions of the one it was done to."""

    what: str
    at: float
    partitions: frozenset[int]


@dataclass(frozen=True)
class Wait:
    """The longest gaps in milliseconds after a stroke: on its partitions, and on the others."""

    own: int
    others: int


class Watch:
    """A reader of committed records that notes when they arrive, from the topic's start on.

    It says something of outputs only while the source is fed at a steady rate.
    """

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._bootstrap = bootstrap
        self._topic = topic
        self._numbers = partitions_of(bootstrap, topic)
        self._last: dict[int, float] = {}
        self._gaps: list[Gap] = []
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "Watch":
        """Begin."""
        self._thread.start()
        return self

    @property
    def complete(self) -> bool:
        """Whether a record has come from every partition."""
        return set(self._numbers) == self._last.keys()

    def stop(self) -> list[Gap]:
        """End; returns every gap, those that are open now included."""
        now = time.monotonic()
        self._stopped.set()
        self._thread.join()
        return self._gaps + [Gap(number, last, now) for number, last in self._last.items()]

    def _run(self) -> None:
        asyncio.run(self._watch())

    async def _watch(self) -> None:
        # Not librdkafka: a fetch answered while a partition has no leader, as after the broker's
        # death, can crash it (confluentinc/librdkafka#5280, seen in 2.12.1).
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            metadata_max_age_ms=1_000,
        )
        await consumer.start()
        consumer.assign([TopicPartition(self._topic, number) for number in self._numbers])
        while not self._stopped.is_set():
            found = await consumer.getmany(timeout_ms=20)
            now = time.monotonic()
            for number in {tp.partition for tp in found}:
                last = self._last.get(number, now)
                if now - last > SHORTEST:
                    self._gaps.append(Gap(number, last, now))
                self._last[number] = now
        await consumer.stop()


def waits(strokes: Collection[Stroke], gaps: Collection[Gap]) -> list[Wait]:
    """The longest gaps that each stroke caused: those that began after it and before the next."""
    strokes = sorted(strokes, key=lambda stroke: stroke.at)
    own, others = [0] * len(strokes), [0] * len(strokes)
    for gap in gaps:
        before = [n for n, stroke in enumerate(strokes) if stroke.at - SLACK <= gap.start]
        within = [n for n, stroke in enumerate(strokes) if gap.start <= stroke.at <= gap.end]
        if not before and not within:
            continue
        index = before[-1] if before else within[0]
        longest = own if gap.partition in strokes[index].partitions else others
        longest[index] = max(longest[index], gap.milliseconds)
    return [Wait(*both) for both in zip(own, others, strict=True)]
