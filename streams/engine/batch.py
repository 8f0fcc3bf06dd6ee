"""What an agent gets: records of one partition, and what it does with them."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from streams.engine.position import FIRST_FREE_KEY
from streams.engine.record import Headers, Output, SourceRecord
from streams.engine.timers import NEW, SET, Timer, timer_key

if TYPE_CHECKING:
    from streams.engine.partition import Partition

SHOWN_BYTES = 100
"""What an error shows of a key."""
TIMER_WORK = 5
"""The work of a timer that changes nothing. Each key changed is 1, each output 1 and its KiB."""


class Full(BaseException):
    """Timers have done what they may in a batch's name. No failure: no handler is to answer it."""


class OutputTooLarge(ValueError):
    """Key and value are larger than the broker takes: what they came from cannot be handled."""


class Undo(NamedTuple):
    """A point of a batch that it can be rolled back to."""

    changes: Mapping[bytes, bytes | None]
    timer_changes: Mapping[bytes, bytes | None]
    outputs: int
    time: int
    before: int | None
    stamp: int | None
    work: int


class Batch:
    """Up to `batch_size` records of one source partition, or a tick without any.

    A tick says that what was stamped before `tick` (in ms) has been read, by all that can be known.
    Reads see this batch's writes and those of every earlier batch. Nothing takes effect before the
    agent asks for the next batch and the checkpoint that follows has been committed; then all of
    it does, with the position behind the last record.
    """

    __slots__ = (
        "_before",
        "_stamp",
        "changes",
        "done",
        "end_time",
        "limit",
        "outputs",
        "owner",
        "queued_at",
        "records",
        "room",
        "size",
        "tick",
        "timer_changes",
        "topic",
        "under_way",
        "work",
    )

    def __init__(
        self,
        owner: "Partition",
        topic: str,
        records: Sequence[SourceRecord],
        tick: int | None = None,
        room: Callable[[], int] | None = None,
    ) -> None:
        self.owner = owner
        self.topic = topic  # as the broker calls it
        self.records = records
        self.tick = tick
        self.size = sum(map(len, filter(None, [record.value for record in records])))
        self.done = False
        self.queued_at = time.perf_counter()
        self.end_time = 0
        self.changes: dict[bytes, bytes | None] = {}
        self.timer_changes: dict[bytes, bytes | None] = {}
        self.outputs: list[Output] = []
        # The partition's time before the record under way, and that of the timer under way.
        self._before: int | None = None
        self._stamp: int | None = None
        # The record that was last asked for its time.
        self.under_way: SourceRecord | None = None
        # What timers have done, and may do; and how much of that, in records, there is room for.
        self.work = 0
        self.limit: int | None = None
        self.room = room

    def __len__(self) -> int:
        return len(self.records)

    @property
    def weight(self) -> int:
        """What it is for a checkpoint, in records: what timers do makes it longer, too."""
        return len(self.records) + self.work // TIMER_WORK

    @property
    def partition(self) -> int:
        """The number of the partition that every record of the batch comes from."""
        return self.owner.number

    @property
    def partitions(self) -> int:
        """How many partitions the source topics have."""
        return self.owner.partitions

    def finish(self) -> None:
        """The agent has asked for the next batch: this one counts."""
        self.done = True
        self.end_time = self.owner.time

    def settle(self, count: int) -> None:
        """What was done so far counts, with the first `count` records: the rest is a batch anew."""
        part = Batch(self.owner, self.topic, self.records[:count])
        part.changes, part.timer_changes = self.changes, self.timer_changes
        part.outputs, part.work = self.outputs, self.work
        part.finish()
        self.owner.queue_first(part)
        self.records, self.size = self.records[count:], self.size - part.size
        self.changes, self.timer_changes, self.outputs, self.work = {}, {}, [], 0

    def give_up(self) -> None:
        """Nothing more is done of it: whoever gets the partition goes on from what was settled."""
        self.records, self.size = (), 0

    def now(self, record: SourceRecord) -> int:
        """The record's time: its broker time stamp, never below the partition's latest."""
        self.under_way = record
        if record.timestamp > self.owner.time:
            self._before, self.owner.time = self.owner.time, record.timestamp
        return self.owner.time

    @property
    def stamp(self) -> int:
        """What is emitted now is stamped with: the partition's time in milliseconds.

        While `due` gives a timer it is the timer's, whether a record or the clock made it fire. So
        event time goes on from agent to agent, also when a history is played faster than it
        happened.
        """
        return self.owner.time if self._stamp is None else self._stamp

    def get_many(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of the keys, in their order, None where there is none."""
        return self.owner.get_many(keys, self.changes)

    def get(self, key: bytes) -> bytes | None:
        """The value of a key; `get_many` is cheaper a key."""
        return self.get_many((key,))[0]

    def scan(self, start: bytes, end: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The keys with start <= key < end and their values, in key order.

        Looks at every change since the last checkpoint: for agents that want it now and then, not
        for each record. Write only after the last pair has been taken.
        """
        return self.owner.scan(start, end, self.changes)

    def put(self, key: bytes, value: bytes | None) -> None:
        """Set a key, or delete it with None. Keys begin with a byte of 2 or more.

        Raises `ValueError` for other keys, `OutputTooLarge` when the broker would not take the
        change.
        """
        if key < FIRST_FREE_KEY:
            raise ValueError(f"the key {key[:SHOWN_BYTES]!r} is of those that the engine has")
        size = len(key) if value is None else len(key) + len(value)
        if size > self.owner.max_bytes:
            raise self._too_large(size, "the state of", key)
        self.changes[key] = value

    def emit(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: Headers = (),
        partition: int | None = None,
        stamp: int | None = None,
    ) -> None:
        """Produce a record with the checkpoint, with a stamp or the batch's present one.

        Raises `OutputTooLarge`.
        """
        size = (0 if key is None else len(key)) + (0 if value is None else len(value))
        if size > self.owner.max_bytes:
            raise self._too_large(size, f"a record for {topic} of", key)
        if stamp is None:
            stamp = self.stamp
        self.outputs.append(Output(topic, key, value, headers, partition, stamp))

    def set_timer(self, timer: Timer, *, new: bool = False) -> None:
        """Have `due` give the timer once its time has come. Setting it again changes nothing.

        One that is `new`, known not to be set, is written only when the batch leaves it set.
        """
        key = timer_key(timer)
        self.timer_changes[key] = NEW if new and key not in self.timer_changes else SET
        self.owner.timers.add(timer)

    def clear_timer(self, timer: Timer) -> None:
        """Take a timer back."""
        key = timer_key(timer)
        if self.timer_changes.get(key) == NEW:
            del self.timer_changes[key]
        else:
            self.timer_changes[key] = None
        self.owner.timers.remove(timer)

    def due(self, now: int) -> Iterator[Timer]:
        """The timers before `now` in time order, each cleared as it is given.

        Timers set meanwhile are given too when they are due. The partition's time follows. Raises
        `Full` instead of the next one where timers have done the work of the batch's `limit`.
        """
        stamp = self.owner.time if self._before is None else self._before
        while (timer := self.owner.timers.first_before(now)) is not None:
            if self.limit is not None and self.work >= self.limit:
                raise Full
            self.clear_timer(timer)
            self.owner.time = max(self.owner.time, timer.due)
            self._stamp = stamp = max(stamp, timer.due)
            changes, outputs = len(self.changes), len(self.outputs)
            yield timer
            self.work += TIMER_WORK + len(self.changes) - changes
            self.work += sum(map(_work_of, self.outputs[outputs:]))
        self._before = self._stamp = None

    def mark(self) -> Undo:
        """A point to `rollback` to."""
        changes, timers, time = dict(self.changes), dict(self.timer_changes), self.owner.time
        outputs = len(self.outputs)
        return Undo(changes, timers, outputs, time, self._before, self._stamp, self.work)

    def rollback(self, undo: Undo) -> None:
        """Forget every write, output and timer since the mark."""
        self.changes, self.timer_changes = dict(undo.changes), dict(undo.timer_changes)
        del self.outputs[undo.outputs :]
        self.owner.time, self._before, self._stamp = undo.time, undo.before, undo.stamp
        self.work = undo.work
        self.owner.timers.reset()

    def _too_large(self, size: int, what: str, key: bytes | None) -> OutputTooLarge:
        shown = None if key is None else key[:SHOWN_BYTES]
        return OutputTooLarge(
            f"{what} {shown!r} has {size} bytes, {self.owner.max_bytes} are allowed"
        )


def _work_of(output: Output) -> int:
    return 1 + (0 if output.value is None else len(output.value) >> 10)
