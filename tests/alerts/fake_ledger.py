"""A ledger in memory: what a forwarder has committed is what a restarted one begins with."""

import math
from collections.abc import Callable

from schemas.codec import Codec
from schemas.records import Alert, Record
from schemas.topics import topic_of
from streams.alerts.ledger import Abandoned
from streams.engine import SourceRecord


class FakeClock:
    """Milliseconds that pass only when told."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


class FakeLedger:
    """One partition of all topics."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.told: dict[str, Alert] = {}
        self.records: list[SourceRecord] = []
        self.committed = 0
        self.letters: list[tuple[str, str]] = []
        self.on_pause: Callable[[], None] = lambda: None
        self.commits_fail = False
        self.restart()

    def restart(self) -> None:
        """Forget what was not committed."""
        self._next = self.handled = self.committed
        self._changes: dict[str, Alert | None] = {}
        self._letters: list[tuple[str, str]] = []

    def add(self, *records: Record | SourceRecord) -> None:
        for record in records:
            if isinstance(record, Record):
                encoded = Codec().encode(record)
                assert encoded.topic == topic_of(record)
                offset, now = len(self.records), self.clock.now
                record = SourceRecord(encoded.topic, 0, offset, now, encoded.key, encoded.value, ())
            self.records.append(record)

    def take(self) -> SourceRecord | None:
        if self._next == len(self.records):
            self.commit()
            return None
        self._next += 1
        return self.records[self._next - 1]

    def pause(self, seconds: float) -> None:
        self.clock.now += math.ceil(seconds * 1000)
        self.on_pause()

    def done(self, record: SourceRecord) -> None:
        self.handled = self._next

    def keep(self, record: SourceRecord, key: str, told: Alert | None) -> None:
        self._changes[key] = told

    def bury(self, record: SourceRecord, code: str, sentence: str, now: int) -> str:
        self._letters.append((code, sentence))
        return f"{record.topic}/{record.partition}/{record.offset}/x"

    def commit(self) -> None:
        if self.commits_fail:
            raise Abandoned
        self.committed = self.handled
        self.told |= {key: told for key, told in self._changes.items() if told is not None}
        for key, told in self._changes.items():
            if told is None:
                self.told.pop(key, None)
        self.letters += self._letters
        self._changes, self._letters = {}, []
