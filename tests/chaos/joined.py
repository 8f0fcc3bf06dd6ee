"""Workers over two co-partitioned topics as the workload of a drill, and their verifier.

Nobody can say in which order the records of two topics are handled. But the answers do: each must
have seen exactly what the answers before it have, in the order of either topic.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from confluent_kafka.admin import NewTopic

from tests.chaos.feed import Fed, numbered
from tests.chaos.on_engine import KEYS, PARTITIONS, OnEngine
from tests.chaos.reading import read
from tests.chaos.verdict import Verdict
from tests.chaos.verify import POSITION

WORKER = Path(__file__).with_name("joined_worker.py")

Id = tuple[bytes, int]
"""Key and number of a record on its topic."""


class Joined(OnEngine):
    """See `joined_worker.py` for what they do."""

    arguments: Sequence[str] = (str(WORKER),)

    def __init__(self, bootstrap: str, group: str, rate: int, **extra: str) -> None:
        super().__init__(bootstrap, group, rate, **extra)
        self.sources: Sequence[str] = self.names.sides

    def prepare(self) -> None:
        topics = (*self.sources, self.names.answers)
        self._create([NewTopic(topic, PARTITIONS, 1) for topic in topics])

    def records(self) -> Iterator[Fed]:
        chooser, sides = random.Random(5), [numbered(KEYS, seed) for seed in (7, 8)]
        while True:
            side = chooser.randrange(2)
            yield next(sides[side])._replace(topic=side)

    def settled(self) -> bool:
        return True  # it sets no timers

    def verify(self) -> Verdict:
        verdict = Verdict()
        for number in range(PARTITIONS):
            self._verify(verdict, number)
        return verdict

    def _verify(self, verdict: Verdict, number: int) -> None:
        ends: dict[str, int] = {}
        counts: dict[bytes, list[int]] = {}
        asked: list[list[tuple[Id, object]]] = [[], []]
        for side, topic in enumerate(self.sources):
            for message in read(self._bootstrap, topic, partitions=[number]):
                verdict.messages += 1
                key = message.key()
                counts.setdefault(key, [0, 0])[side] += 1
                asked[side].append(((key, json.loads(message.value())["n"]), counts[key][side]))
                ends[topic] = message.offset() + 1
        answered = self._answers(verdict, number)
        for side in range(2):
            verdict.compare_sequences(f"answer[{number}, {side}]", asked[side], answered[side])
        self._compare_state(verdict, number, counts, ends)

    def _answers(self, verdict: Verdict, number: int) -> list[list[tuple[Id, object]]]:
        found: list[list[tuple[Id, object]]] = [[], []]
        seen: dict[bytes, list[int]] = {}
        for message in read(self._bootstrap, self.names.answers, partitions=[number]):
            key, answer = message.key(), json.loads(message.value())
            side, so_far = answer["side"], seen.setdefault(key, [0, 0])
            so_far[side] += 1
            if answer["seen"] != so_far:
                verdict.fault("wrong", f"answer[{number}] {key}: {answer}, not {so_far}")
            found[side].append(((key, answer["n"]), answer["seen"][side]))
        return found

    def _compare_state(
        self,
        verdict: Verdict,
        number: int,
        counts: Mapping[bytes, list[int]],
        ends: Mapping[str, int],
    ) -> None:
        state: dict[bytes, bytes] = {}
        for message in read(self._bootstrap, self.names.changelog, partitions=[number]):
            state[message.key()] = message.value()
        position = msgspec.msgpack.decode(state.pop(POSITION, b"\x90"))
        found = {key: json.loads(value) for key, value in state.items()}
        verdict.compare_states(f"state[{number}]", counts, found)
        if ends and position[:1] != [dict(ends)]:
            verdict.fault("wrong", f"position[{number}]: {position}, not {ends}")
