"""An agent that sees across tickets as the workload of a drill.

Records come at a steady rate by the wall clock while their own time runs as fast as the rate makes
it, and timers fire by the records' times. What the workers wrote, and the state they left, is
compared with the agent by itself (`alone.py`), and checked against what was planted.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from schemas.codec import Codec
from schemas.records import Millis, Record
from schemas.topics import find_topic, partition_of
from streams.admin.topics import Topics, Wanted, wanted_topics
from streams.agents.private import PrivateCodec
from streams.core.policy import default_policy
from streams.engine import Connection, Handler, SourceRecord
from streams.engine.topics import CHANGELOG_SETTINGS
from streams.kinds import AGENTS, engine_config, outputs
from streams.settings import Settings
from tests.chaos.alone import SET, Alone, Written, by_topic
from tests.chaos.feed import Fed
from tests.chaos.reading import read
from tests.chaos.verdict import Verdict
from tests.chaos.verify import POSITION, TIMER

PARTITIONS = 6


@dataclass(frozen=True)
class Load:
    """What an agent is given.

    Attributes:
        agent: Its name.
        handler: Makes it, with the codec it writes with.
        records: What it reads, with the time each is recorded at.
        written: The topic to compare record by record.
        check: Compares what it was given with what it wrote there, by other means than the agent.

    """

    agent: str
    handler: Callable[[Codec], Handler]
    records: Callable[[], Iterator[tuple[Millis, Record]]]
    written: str
    check: Callable[[Verdict, Sequence[Record], Sequence[Record]], None]


class Across:
    """Workers of one agent, with topics and a group of their own."""

    def __init__(self, bootstrap: str, group: str, rate: int, load: Load, **extra: str) -> None:
        settings = Settings(bootstrap_servers=bootstrap, topic_prefix=f"{group}.", group=group)
        self._config = engine_config(load.agent, settings)
        self._settings = settings
        self._load = load
        self._extra = extra
        self._codec = PrivateCodec(Codec(), lambda _now: default_policy().privacy)
        self._connection = Connection(bootstrap, topic_prefix=settings.topic_prefix)
        self._read = AGENTS[load.agent].sources[0]
        self.arguments: Sequence[str] = (
            *("-m", "streams.cli.main", "worker", "--agents"),
            load.agent,
        )
        self.group = self._config.group
        self.sources: Sequence[str] = (self._connection.topic(self._read),)
        self.watched = self._config.changelog
        self.rate = rate

    def prepare(self) -> None:
        changelog = self.watched.removeprefix(self._settings.topic_prefix)
        wanted = wanted_topics((), dev=True, partitions=PARTITIONS)
        wanted.append(Wanted(changelog, PARTITIONS, 1, dict(CHANGELOG_SETTINGS)))
        topics = Topics(self._connection)
        topics.apply(topics.plan(wanted))

    def environment(self, worker: str, data: Path) -> Mapping[str, str]:
        return {
            "BATON_BOOTSTRAP_SERVERS": self._settings.bootstrap_servers,
            "BATON_TOPIC_PREFIX": self._settings.topic_prefix,
            "BATON_GROUP": self._settings.group,
            "BATON_DATA_DIR": str(data),
            "BATON_WORKER_ID": worker,
            "BATON_REPLICATION": "1",
            "BATON_CLOCK": "records",
            **self._extra,
        }

    def records(self) -> Iterator[Fed]:
        for at, record in self._load.records():
            encoded = self._codec.encode(record)
            yield Fed(encoded.key, encoded.value or b"", encoded.headers, at)

    def settled(self) -> bool:
        return True  # only records make timers fire

    def verify(self) -> Verdict:
        verdict, given = Verdict(), list[Record]()
        partitions = []
        for number in range(PARTITIONS):
            alone = Alone(self._load.handler(self._codec), number, PARTITIONS)
            alone.run(self._sources(number, verdict, given))
            verdict.compare_states(f"state[{number}]", alone.state, self._state(number))
            partitions.append(alone)
        expected = by_topic(partitions)
        for topic in {*outputs(self._load.agent, self._settings)} - {self._read}:
            self._compare(verdict, topic, expected[topic])
        wrote = [self._decoded(self._load.written, one) for one in self._found(self._load.written)]
        self._load.check(verdict, given, [one for one in wrote if one is not None])
        return verdict

    def _sources(
        self, number: int, verdict: Verdict, given: list[Record]
    ) -> Iterator[SourceRecord]:
        for message in read(self._connection.bootstrap, self.sources[0], partitions=[number]):
            at, headers = message.timestamp()[1], message.headers() or ()
            verdict.messages += 1
            given.append(self._codec.decode(self._read, message.value(), headers, at))
            key, value = message.key(), message.value()
            yield SourceRecord(self._read, number, message.offset(), at, key, value, headers)

    def _state(self, number: int) -> dict[bytes, bytes]:
        """What the changelog holds of a partition."""
        state: dict[bytes, bytes] = {}
        for message in read(self._connection.bootstrap, self.watched, partitions=[number]):
            key, value = message.key(), message.value()
            if value is None:
                state.pop(key, None)
            elif key != POSITION:
                # A timer is its key; the value says only whether its batch knew it to be new.
                state[key] = SET if key.startswith(TIMER) else value
        return state

    def _compare(self, verdict: Verdict, topic: str, expected: Sequence[Written]) -> None:
        theirs, ours = self._by_key(topic, expected), self._by_key(topic, self._found(topic))
        described = find_topic(topic)
        if described is not None and described.compacted:
            # Only the last value of a key is sure to be there still.
            verdict.compare_states(topic, _last(theirs), _last(ours))
            return
        for key in theirs.keys() | ours.keys():
            verdict.compare_values(f"{topic} of {key!r}", theirs.get(key, []), ours.get(key, []))

    def _found(self, topic: str) -> Iterator[Written]:
        for message in read(self._connection.bootstrap, self._connection.topic(topic)):
            yield Written(topic, message.key(), message.value())

    def _by_key(self, topic: str, written: Iterable[Written]) -> dict[bytes, list[str | None]]:
        found: dict[bytes, list[str | None]] = {}
        for one in written:
            record = self._decoded(topic, one)
            found.setdefault(one.key or b"", []).append(None if record is None else repr(record))
        return found

    def _decoded(self, topic: str, written: Written) -> Record | None:
        return None if written.value is None else self._codec.decode(topic, written.value)


def spread(kind: str, each: int) -> list[str]:
    """Keys of a kind, so many on every partition."""
    places: dict[int, list[str]] = {number: [] for number in range(PARTITIONS)}
    for number in count():
        name = f"{kind}-{number}"
        place = places[partition_of(name.encode(), PARTITIONS)]
        if len(place) < each:
            place.append(name)
        if all(len(place) == each for place in places.values()):
            break
    return [name for place in places.values() for name in place]


def _last(found: Mapping[bytes, list[str | None]]) -> dict[bytes, str]:
    last = {key: values[-1] for key, values in found.items()}
    return {key: value for key, value in last.items() if value is not None}
