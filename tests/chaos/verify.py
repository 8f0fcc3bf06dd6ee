"""Recomputes from the source topic what the counting workers must leave behind.

It shares no code with the engine or the workers: what they do, and how the engine's changelog is
written, is said here a second time, as plainly as possible.
"""

import heapq
import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec
from confluent_kafka import Message

from tests.chaos.names import Names
from tests.chaos.reading import partitions_of, read
from tests.chaos.verdict import Verdict

POSITION = b"\x00position"
TIMER = b"\x01"

Written = tuple[bytes | None, object, list[tuple[str, bytes]], int]
"""Key, value, headers and time stamp of an output."""


@dataclass
class Key:
    """What a worker knows of a key."""

    records: int = 0
    last: int = 0
    breaks: int = 0
    due: int = 0
    since: int | None = None


@dataclass
class Partition:
    """One partition, worked through record by record in memory."""

    time: int = 0
    end: int = 0
    keys: dict[bytes, Key] = field(default_factory=dict)
    timers: list[tuple[int, bytes]] = field(default_factory=list)
    answers: list[tuple[tuple[bytes, int], Written]] = field(default_factory=list)
    reminders: list[tuple[tuple[bytes, int], Written]] = field(default_factory=list)
    failed: int = 0

    def take(self, message: Message) -> None:
        """The next record."""
        now = max(self.time, message.timestamp()[1])
        self.fire(now)
        self.time = now
        self.end = message.offset() + 1
        try:
            number = json.loads(message.value())["n"]
        except ValueError:
            self.failed += 1
            return
        name = message.key()
        key = self.keys.setdefault(name, Key())
        key.records += 1
        key.breaks += number != key.last + 1
        key.last = number
        if key.due == 0:
            key.due = now + 1_500 + number % 7 * 100
            heapq.heappush(self.timers, (key.due, name))
        elif number % 20 == 0:
            self.timers.remove((key.due, name))
            heapq.heapify(self.timers)
            key.due = 0
        key.since = None if number % 50 == 0 else (key.since or 0) + 1
        value = {"n": number, "count": key.records, "since": key.since or 0}
        place = f"{message.partition()}:{message.offset()}".encode()
        headers = [("at", place)] if number % 2 else []
        self.answers.append(((name, number), (name, value, headers, now)))

    def fire(self, until: float) -> None:
        """The timers before a time."""
        while self.timers and self.timers[0][0] < until:
            due, name = heapq.heappop(self.timers)
            self.time = max(self.time, due)
            key = self.keys[name]
            key.due = 0
            value = {"due": due, "n": key.last, "count": key.records}
            headers = [("due", str(due).encode())]
            self.reminders.append(((name, due), (name, value, headers, self.time)))

    def state(self) -> Iterator[tuple[bytes, object]]:
        """Keys and values of the changelog."""
        for name, key in self.keys.items():
            yield b"k" + name, [key.records, key.last, key.breaks, key.due]
            if key.since is not None:
                yield b"s" + name, str(key.since).encode()
        for due, name in self.timers:
            yield TIMER + due.to_bytes(8, "big") + name, b"\x01"


def verify(
    bootstrap: str,
    names: Names,
    isolation: str = "read_committed",
    *,
    all_timers: bool = True,
) -> Verdict:
    """Compare changelog and outputs with the source; `all_timers` have fired by now, or only those
    that a record came after.
    """
    verdict = Verdict()
    for number in partitions_of(bootstrap, names.source):
        partition = Partition()
        for message in read(bootstrap, names.source, isolation, [number]):
            verdict.messages += 1
            partition.take(message)
        if all_timers:
            partition.fire(float("inf"))
        _compare(verdict, bootstrap, names, isolation, number, partition)
    return verdict


def _compare(
    verdict: Verdict,
    bootstrap: str,
    names: Names,
    isolation: str,
    number: int,
    partition: Partition,
) -> None:
    def outputs(topic: str, name: str) -> list[tuple[tuple[bytes, int], Written]]:
        found = []
        for message in read(bootstrap, topic, isolation, [number]):
            value = json.loads(message.value())
            written = (message.key(), value, message.headers() or [], message.timestamp()[1])
            found.append(((message.key(), value[name]), written))
        return found

    verdict.compare_sequences(f"answer[{number}]", partition.answers, outputs(names.answers, "n"))
    verdict.compare_sequences(
        f"reminder[{number}]", partition.reminders, outputs(names.reminders, "due")
    )
    state: dict[bytes, object] = {}
    position = None
    for message in read(bootstrap, names.changelog, isolation, [number]):
        key, value = message.key(), message.value()
        if key == POSITION:
            position = msgspec.msgpack.decode(value)
        elif value is None:
            state.pop(key, None)
        else:
            # The next version has a field more.
            state[key] = msgspec.msgpack.decode(value)[:4] if key.startswith(b"k") else value
    verdict.compare_states(f"state[{number}]", dict(partition.state()), state)
    if partition.end and position != [{names.source: partition.end}, partition.time]:
        expected = [partition.end, partition.time]
        verdict.fault("wrong", f"position[{number}]: {position}, not {expected}")
