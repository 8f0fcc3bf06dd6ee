"""When a checkpoint is made, and its steps in their order."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from confluent_kafka import Producer

from streams.engine.config import EngineConfig
from streams.engine.errors import Fenced, StoreFailed
from streams.engine.pace import LastLife, Pace
from streams.engine.partition import Cut, Partition
from streams.engine.producer import CheckpointProducer, Member
from streams.engine.reports import flush, flush_with

log = logging.getLogger(__name__)

CommitOffsets = Callable[[list[Cut]], Awaitable[None]]
"""Tells the consumer group how far cuts have come."""


class Checkpointer:
    """Makes checkpoints of all owned partitions, one at a time, while work goes on.

    A checkpoint, in this order:

    1. cut every partition at a batch boundary: what finished batches changed and emitted;
    2. produce outputs, one changelog record a changed key and the marker with the source position,
       and flush: state and outputs must not be missing once the offsets are there;
    3. send the offsets with the group's generation into the transaction and commit: from here on
       the checkpoint counts, and a worker that has lost its partitions is refused;
    4. write changes, position and changelog offset to the local stores: last, because a store may
       be behind the changelog, never ahead of it.

    In at least once step 3 is the marker itself; the group's offsets follow by `commit_offsets`,
    for those who measure lag.

    Any failure is handed to `fail`, which ends the process.
    """

    def __init__(
        self,
        config: EngineConfig,
        pool: ThreadPoolExecutor,
        owned: Callable[[], Mapping[int, Partition]],
        member: Callable[[], Member],
        fail: Callable[[BaseException], None],
        commit_offsets: CommitOffsets,
    ) -> None:
        self._config = config
        self._pool = pool
        self._owned = owned
        self._member = member
        self._fail = fail
        self._commit_offsets = commit_offsets
        self._lock = asyncio.Lock()
        self._busy_loop: asyncio.AbstractEventLoop | None = None
        self._producer: CheckpointProducer | None = None
        self._last_start = 0.0
        self._busy = False
        self._full = asyncio.Event()
        self._last_duration = 0.0
        self._last_life = LastLife(config.data_dir / config.group / "checkpoint-failed")
        self._pace = Pace(
            config.checkpoint_target / 1000,
            config.transaction_timeout / 2000,
            self._last_life.least(),
        )

    def start_producer(self) -> None:
        """Connect; in exactly once this ends what an earlier life left open. Blocks."""
        if self._producer is None:
            self._producer = CheckpointProducer(self._config, self._flush)

    async def run(self) -> None:
        """Checkpoint again and again, as soon as there is something and the spacing allows it."""
        while True:
            await self._rest()
            if self._has_news():
                await self.checkpoint()

    def busy_for(self) -> float:
        """Seconds since the one under way began, 0 when there is none."""
        return time.monotonic() - self._last_start if self._busy else 0.0

    def room(self) -> int:
        """How many records more the next one may hold; 0 also where it has enough bytes of them."""
        owned = self._owned().values()
        room = self._pace.allowed - sum(part.uncut_records for part in owned)
        if room <= 0 or sum(part.uncut_bytes for part in owned) >= self._config.queued_bytes:
            self._full.set()
            return 0
        return room

    def left(self) -> int:
        """How much more may be done for the next one, in records, whatever waits; never below 0."""
        owned = self._owned().values()
        for part in owned:
            part.fold()
        left = self._pace.allowed - sum(part.done_records for part in owned)
        if left <= 0:
            self._full.set()
        return max(0, left)

    async def checkpoint(self) -> None:
        """Make one now. Goes on to its end even when the caller is cancelled."""
        await asyncio.shield(asyncio.ensure_future(self._checkpoint()))

    async def _checkpoint(self) -> None:
        async with self._lock:
            cuts = [cut for part in self._owned().values() if (cut := part.cut()) is not None]
            if not cuts:
                return
            self._last_start, self._busy = time.monotonic(), True
            self._full.clear()
            try:
                await self._make(cuts)
            except BaseException as error:
                self._last_life.failed(sum(cut.records for cut in cuts))
                self._fail(error)
                raise
            self._busy = False

    async def _make(self, cuts: list[Cut]) -> None:
        loop = asyncio.get_running_loop()
        self._busy_loop = loop if self._at_full_load() else None
        await loop.run_in_executor(self._pool, self._publish_and_apply, cuts, self._member())
        if not self._config.exactly_once:
            await self._commit_offsets(cuts)
        for cut in cuts:
            cut.owner.committed(cut)
        self._last_duration = time.monotonic() - self._last_start
        self._pace.took(sum(cut.records for cut in cuts), self._last_duration)
        self._tell(cuts)

    def _publish_and_apply(self, cuts: list[Cut], member: Member) -> None:
        if self._producer is None:
            raise Fenced("no producer yet; start again")
        self._producer.publish(cuts, member)
        for cut in cuts:
            if cut.changelog_next is None:
                raise StoreFailed("a checkpoint without its changelog offset")
            cut.owner.store.apply(cut.changes, cut.position, cut.changelog_next)

    def _flush(self, client: Producer, timeout: float) -> int:
        if self._busy_loop is None:
            return flush(client, timeout)
        return flush_with(self._busy_loop, client, timeout)

    def _has_news(self) -> bool:
        return any(part.has_news() for part in self._owned().values())

    def _at_full_load(self) -> bool:
        most = self._config.batch_size
        return any(part.queued_records > most for part in self._owned().values())

    async def _rest(self) -> None:
        """Pause; at ease no longer than something can come into the next one."""
        pause = self._pause()
        least = pause if self._at_full_load() else self._config.commit_pause / 1000
        await asyncio.sleep(least)
        if pause > least:
            with suppress(TimeoutError):
                async with asyncio.timeout(pause - least):
                    await self._full.wait()

    def _pause(self) -> float:
        """Seconds until the next one may start.

        A transaction costs the broker and us some milliseconds whatever is in it: at low rates
        half its duration lies between two of them, so that a slow broker rests a third of the
        time. At full load it is the commit interval from start to start, however long one took:
        what waits makes the next one longer.
        """
        config = self._config
        pause = config.commit_pause / 1000
        if self._at_full_load():
            since = time.monotonic() - self._last_start
            return max(pause, config.commit_interval / 1000 - since)
        return max(pause, min(self._last_duration, config.checkpoint_target / 1000) / 2)

    def _tell(self, cuts: list[Cut]) -> None:
        observer, now = self._config.observer, self._config.clock()
        outputs = Counter(output.topic for cut in cuts for output in cut.outputs)
        observer.checkpoint(self._last_duration, sum(len(cut.changes) for cut in cuts), outputs)
        for cut in cuts:
            observer.age((now - cut.position.time) / 1000)
