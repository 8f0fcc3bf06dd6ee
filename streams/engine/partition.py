"""An owned partition: its store, what has changed since, and what the next checkpoint writes."""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice, repeat
from typing import Any

from streams.engine.batch import Batch
from streams.engine.position import Position
from streams.engine.record import Output
from streams.engine.store import Changes, PartitionStore
from streams.engine.timers import Timers

ABSENT: Any = object()


class Cut:
    """A consistent state of a partition at a batch boundary, on its way to Kafka and the store.

    `records` is the weight of the batches it is what came of, in source records. `changelog_next`
    is known once the marker has been delivered.
    """

    __slots__ = ("changelog_next", "changes", "outputs", "owner", "position", "records")

    def __init__(
        self,
        owner: "Partition",
        changes: Changes,
        outputs: list[Output],
        position: Position,
        records: int = 0,
    ) -> None:
        self.owner = owner
        self.changes = changes
        self.outputs = outputs
        self.position = position
        self.records = records
        self.changelog_next: int | None = None


class Partition:
    """Partition `number` of every source topic, with its state.

    The event loop's thread owns it. State is read through layers: the batch under way, finished
    batches (`overlay`), the last checkpoint (`flushed`), the store. The last checkpoint's changes
    stay when they are in the store: who has just changed a key mostly asks for it again soon.
    Changes of timers' keys have such layers of their own, for only timers are looked for there.

    Attributes:
        delivered: The offset behind what was handed to the agent, by source topic.
        readable: Whether the consumer stands where the state does.
        leaving: Whether it is about to be given up: what has not been begun is left.
        done_records: The weight of what finished batches have done since the last cut.
        fired: Whether a tick has done any of that.
        read_until: As of the last tick all is read that is stamped before this time, in ms.

    """

    def __init__(
        self,
        number: int,
        store: PartitionStore,
        position: Position,
        max_bytes: int,
        partitions: int,
    ) -> None:
        self.number = number
        self.store = store
        self.max_bytes = max_bytes
        self.partitions = partitions
        self.time = position.time
        self.delivered = dict(position.offsets)
        self.readable = False
        self.leaving = False
        self.pending: deque[Batch] = deque()
        self.queued_records = 0
        self.queued_bytes = 0
        self.timers = Timers(self._timer_keys)
        self.ticked = 0
        self.fired = False
        self.read_until = 0
        self.done_records = 0
        self._done_bytes = 0
        self._done = position
        self._committed = position
        self._overlay: dict[bytes, bytes | None] = {}
        self._flushed: Changes = {}
        self._timer_overlay: dict[bytes, bytes | None] = {}
        self._timer_flushed: Changes = {}
        self._outputs: list[Output] = []

    def queue(self, batch: Batch) -> None:
        """A batch waits for the agent."""
        self.pending.append(batch)
        self.queued_records += len(batch)
        self.queued_bytes += batch.size

    def queue_first(self, batch: Batch) -> None:
        """What the batch under way has done counts by itself."""
        self.fold()
        self.pending.appendleft(batch)

    def fold(self) -> None:
        """Take over what finished batches did."""
        pending = self.pending
        while pending and pending[0].done:
            batch = pending.popleft()
            self.queued_records -= len(batch)
            self.queued_bytes -= batch.size
            self.done_records += batch.weight
            self.fired = self.fired or (batch.tick is not None and batch.weight > 0)
            self._done_bytes += batch.size
            self._overlay.update(batch.changes)
            self._timer_overlay.update(batch.timer_changes)
            self._outputs += batch.outputs
            offsets = dict(self._done.offsets)
            if batch.records:
                offsets[batch.topic] = batch.records[-1].offset + 1
            self._done = Position(offsets, batch.end_time, self._done.others)

    def get_many(self, keys: Sequence[bytes], changes: Changes) -> list[bytes | None]:
        """Values by key, seen through `changes` of the batch under way."""
        self.fold()
        # Each layer answers where the newer ones do not: the default of a look-up is what the older
        # layers have. All of it runs in C.
        values: Iterable[Any] = repeat(ABSENT)
        for layer in (self._flushed, self._overlay, changes):
            if layer:
                values = map(layer.get, keys, values)
        found: list[Any] = list(islice(values, len(keys)))
        missing = [index for index, value in enumerate(found) if value is ABSENT]
        if missing:
            values = self.store.get_many([keys[index] for index in missing])
            for index, value in zip(missing, values, strict=True):
                found[index] = value
        return found

    def heal(self, changes: Changes) -> None:
        """Write these values again with the next checkpoint."""
        self._overlay.update(changes)

    @property
    def committed_offsets(self) -> Mapping[str, int]:
        """How far the last checkpoint has come, by source topic."""
        return self._committed.offsets

    @property
    def uncut_records(self) -> int:
        """Records that wait for the agent, and the weight of what was done since the last cut."""
        return self.queued_records + self.done_records

    @property
    def uncut_bytes(self) -> int:
        """What their values have."""
        return self.queued_bytes + self._done_bytes

    def has_news(self) -> bool:
        """Whether a checkpoint would write anything."""
        self.fold()
        moved = self._done.offsets != self._committed.offsets
        return moved or bool(self._overlay) or bool(self._timer_overlay) or bool(self._outputs)

    def cut(self) -> Cut | None:
        """What the next checkpoint writes, None when nothing has happened since the last."""
        if not self.has_news():
            return None
        self._flushed, self._overlay = self._overlay, {}
        self._timer_flushed, self._timer_overlay = self._timer_overlay, {}
        outputs, self._outputs = self._outputs, []
        records, self.done_records, self._done_bytes = self.done_records, 0, 0
        self.fired = False
        changes = {**self._flushed, **self._timer_flushed}
        return Cut(self, changes, outputs, self._done, records)

    def committed(self, cut: Cut) -> None:
        """The checkpoint of a cut is complete."""
        self._committed = cut.position

    def scan(self, start: bytes, end: bytes, changes: Changes) -> Iterator[tuple[bytes, bytes]]:
        """Pairs with start <= key < end in key order, seen through `changes`."""
        self.fold()
        return self._scan(start, end, self._flushed, self._overlay, changes)

    def _scan(self, start: bytes, end: bytes, *layers: Changes) -> Iterator[tuple[bytes, bytes]]:
        changed: dict[bytes, bytes | None] = {}
        for layer in layers:
            changed.update((key, layer[key]) for key in layer if start <= key < end)
        stored = (pair for pair in self.store.scan(start, end) if pair[0] not in changed)
        written = sorted((key, value) for key, value in changed.items() if value is not None)
        return heapq.merge(stored, written)

    def _timer_keys(self, start: bytes, end: bytes) -> Iterator[bytes]:
        self.fold()  # the first that is pending then is the one under way
        changes = self.pending[0].timer_changes if self.pending else {}
        layers = (self._timer_flushed, self._timer_overlay, changes)
        return (key for key, _ in self._scan(start, end, *layers))
