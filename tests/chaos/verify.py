"""Recomputes from the source topic what the counting workers must leave behind.

It shares no code with the engine or the workers: what they do, and how the engine's changelog is
written, is said here a second time, as plainly as possible.
"""

import heapq
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

import msgspec
from confluent_kafka import Message

from tests.chaos.names import NEXT_VERSION, POISON, Names
from tests.chaos.reading import partitions_of, read
from tests.chaos.verdict import Verdict

POSITION = b"\x00position"
TIMER = b"\x01"

Written = tuple[bytes | None, object, list[tuple[str, bytes]], int]
"""Key, value, headers and time stamp of an output."""

Reader = Callable[[str], Iterator[Message]]
"""Reads a partition of a topic."""


@dataclass
class Key:
    """What a worker knows of a key."""

    records: int = 0
    last: int = 0
    breaks: int = 0
    due: int = 0
    since: int | None = None
    seen: int = 0


@dataclass
class Partition:
    """One partition, worked through record by record in memory."""

    time: int = 0
    end: int = 0
    keys: dict[bytes, Key] = field(default_factory=dict)
    timers: list[tuple[int, bytes]] = field(default_factory=list)
    answers: list[tuple[tuple[bytes, int], Written]] = field(default_factory=list)
    reminders: list[tuple[tuple[bytes, int], Written]] = field(default_factory=list)
    failed: list[tuple[bytes, object]] = field(default_factory=list)

    def take(self, message: Message) -> None:
        """The next record."""
        now = max(self.time, message.timestamp()[1])
        self.fire(now)
        self.time = now
        self.end = message.offset() + 1
        value, name = message.value(), message.key()
        if POISON.encode() in value or not value.startswith(b"{"):
            self.failed.append((value, (name, now)))
            return
        number = json.loads(value)["n"]
        key = self.keys.setdefault(name, Key())
        key.records += 1
        key.breaks += number != key.last + 1
        key.last = number
        key.seen = now
        if key.due == 0:
            key.due = now + 1_500 + number % 7 * 100
            heapq.heappush(self.timers, (key.due, name))
        elif number % 20 == 0:
            self.timers.remove((key.due, name))
            heapq.heapify(self.timers)
            key.due = 0
        key.since = None if number % 50 == 0 else (key.since or 0) + 1
        answer = {"n": number, "count": key.records, "since": key.since or 0}
        place = f"{message.partition()}:{message.offset()}".encode()
        headers = [("at", place)] if number % 2 else []
        self.answers.append(((name, number), (name, answer, headers, now)))

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

    def state(self, version: str) -> Iterator[tuple[bytes, object]]:
        """Keys and values of the changelog as workers of a version leave them."""
        for name, key in self.keys.items():
            added = [key.seen] if version == NEXT_VERSION else []
            yield b"k" + name, [key.records, key.last, key.breaks, key.due, *added]
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
    version: str = "1",
) -> Verdict:
    """Compare changelog and outputs with the source; `all_timers` have fired by now, or only those
    that a record came after. `version` is that of the workers that handled the last of every key.
    """
    verdict = Verdict()
    for number in partitions_of(bootstrap, names.source):
        partition = Partition()
        for message in read(bootstrap, names.source, isolation, [number]):
            verdict.messages += 1
            partition.take(message)
        if all_timers:
            partition.fire(float("inf"))
        reader = partial(read, bootstrap, isolation=isolation, partitions=[number])
        _compare_outputs(verdict, reader, names, number, partition)
        _compare_state(verdict, reader, names, number, partition, version)
    return verdict


def _compare_outputs(
    verdict: Verdict, reader: Reader, names: Names, number: int, partition: Partition
) -> None:
    def outputs(topic: str, name: str) -> list[tuple[tuple[bytes, int], Written]]:
        found = []
        for message in reader(topic):
            value = json.loads(message.value())
            written = (message.key(), value, message.headers() or [], message.timestamp()[1])
            found.append(((message.key(), value[name]), written))
        return found

    verdict.compare_sequences(f"answer[{number}]", partition.answers, outputs(names.answers, "n"))
    verdict.compare_sequences(
        f"reminder[{number}]", partition.reminders, outputs(names.reminders, "due")
    )
    failed = [
        (message.value(), (message.key(), message.timestamp()[1]))
        for message in reader(names.failed)
    ]
    verdict.compare_sequences(f"failed[{number}]", partition.failed, failed)


def _compare_state(
    verdict: Verdict,
    reader: Reader,
    names: Names,
    number: int,
    partition: Partition,
    version: str,
) -> None:
    state: dict[bytes, object] = {}
    position: list[object] = []
    for message in reader(names.changelog):
        key, value = message.key(), message.value()
        if key == POSITION:
            position = msgspec.msgpack.decode(value)
        elif value is None:
            state.pop(key, None)
        else:
            state[key] = msgspec.msgpack.decode(value) if key.startswith(b"k") else value
    verdict.compare_states(f"state[{number}]", dict(partition.state(version)), state)
    if partition.end and position[:2] != [{names.source: partition.end}, partition.time]:
        expected = [partition.end, partition.time]
        verdict.fault("wrong", f"position[{number}]: {position}, not {expected}")
