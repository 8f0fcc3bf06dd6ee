"""Faust's transport with one event per partition and batch instead of one per record.

Faust keeps the app, the agents, group membership and the assignor. This subclass of its aiokafka
driver fetches raw records, hands them over as `Batch`es, seeks to the engine's positions and leaves
commits to the engine. What it overrides is listed in `OVERRIDDEN`, so that a test can tell when a
new release of Faust or aiokafka no longer has it.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from aiokafka import TopicPartition
from aiokafka.consumer import fetcher
from aiokafka.errors import GroupAuthorizationFailedError, TopicAuthorizationFailedError
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode import Service

from streams.engine.access import Contact
from streams.engine.batch import Batch, SourceRecord
from streams.engine.errors import BrokerFailed
from streams.engine.fetched import install
from streams.engine.processing import TIMERS_AT_ONCE
from streams.engine.reader import ReaderThread, RebalanceListener, engine_of

if TYPE_CHECKING:
    from streams.engine.engine import Engine
    from streams.engine.partition import Partition

SCHEME = "baton"
IDLE_WAIT = 0.2
"""Seconds a fetch waits for records when all partitions want some; also the timers' resolution."""
BUSY_WAIT = 0.01
GATHER_WAIT = 0.01
GATHER_BYTES: Final = 64 << 10
"""Records that come in quick succession are fetched together, whichever is reached first: one by
one, each would cost broker and worker a request and a batch, and wait for the checkpoint anyway."""
HANDLED_WAIT: Final = 0.002
"""Seconds between two looks at whether the agent is done."""
REFUSAL_WAIT: Final = 1.0
"""Seconds between two looks at whether the group refuses us."""
FORBIDDEN: Final = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)

OVERRIDDEN = {
    driver.Consumer: (
        "_new_consumer_thread",
        "_drain_messages",
        "commit",
        "on_buffer_drop",
        "on_buffer_full",
        "on_partitions_revoked",
        "on_task_error",
        "perform_seek",
        "verify_event_path",
    ),
    driver.AIOKafkaConsumerThread: (
        "_create_worker_consumer",
        "_ensure_consumer",
        "on_thread_stop",
    ),
    driver.ConsumerRebalanceListener: ("on_partitions_assigned",),
    fetcher.PartitionRecords: (
        "_consume_aborted_up_to",
        "_contains_abort_marker",
        "_unpack_records",
    ),
    fetcher.FetchResult: ("_update_position", "check_assignment", "getall"),
    fetcher.Fetcher: ("end_offsets",),
}

install()


class BatchMessage(ConsumerMessage):
    """Faust's envelope of a batch, acked when the agent asks for the next: then it counts."""

    def __init__(self, tp: TP, offset: int, batch: Batch, generation: int) -> None:
        self._acked = False
        super().__init__(
            tp.topic, tp.partition, offset, 0.0, 0, None, None, cast(bytes, batch), None, 0, 0, tp,
            generation_id=generation,
        )  # fmt: skip

    @property
    def acked(self) -> bool:
        """Whether the agent is done with the batch."""
        return self._acked

    @acked.setter
    def acked(self, value: bool) -> None:
        self._acked = value
        if value:
            cast(Batch, self.value).finish()


class BatchConsumer(driver.Consumer):
    """Delivers batches of the engine's partitions and nothing else."""

    RebalanceListener = RebalanceListener
    _fetching: "asyncio.Future[Any] | None" = None

    @property
    def engine(self) -> "Engine":
        """The engine of this app."""
        return engine_of(self.app)

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return ReaderThread(self, loop=self.loop, beacon=self.beacon)

    @Service.task
    async def _heed_refusal(self) -> None:
        """End when the group refuses us: aiokafka's member only waits until somebody asks it."""
        while not self.should_stop:
            await self.sleep(REFUSAL_WAIT)
            consumer = self._thread._consumer
            refusal = None if consumer is None else consumer._coordinator._pending_exception
            if refusal is not None:
                self.engine.fail(self._refused(refusal))

    def _refused(self, refusal: Exception) -> Exception:
        if isinstance(refusal, FORBIDDEN):
            return Contact(self.engine.config.connection).forbidden(f"read: {refusal}")
        return BrokerFailed(f"the consumer group refuses us: {refusal}. Mend that, start again.")

    def on_buffer_full(self, tp: TP) -> None:
        """Nothing: the engine limits queued batches itself."""

    def on_buffer_drop(self, tp: TP) -> None:
        """Nothing: the engine limits queued batches itself."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: Faust's livelock detection counts offsets that are not used here."""

    async def commit(self, topics: Any = None, start_new_transaction: bool = True) -> bool:
        """Checkpoint; Faust calls this at its interval, before a rebalance and at the end."""
        await self.engine.checkpoint()
        # The Cython stream fills these without end.
        self._acked.clear()
        self._acked_index.clear()
        return True

    async def perform_seek(self) -> None:
        """Stand where the restored state stands; nothing is read before.

        A fetch from before the rebalance is waited for. Nobody takes what it brings, and it would
        move past records that came after the seek.
        """
        if self._fetching is not None:
            await asyncio.wait([self._fetching])
        parts = dict(self.engine.partitions)
        offsets = {TP(t, n): o for n, part in parts.items() for t, o in part.delivered.items()}
        if offsets:
            await self._thread.seek_wait(offsets)
        for part in parts.values():
            part.readable = True

    def ends(self, topic: str, partition: int) -> int | None:
        """The end of a partition as of its last fetch, None before the first."""
        known = self._state_of(topic, partition)
        if known is None:
            return None
        end = known.lso if self.engine.config.exactly_once else known.highwater
        return None if end is None or end < 0 else int(end)

    def _read_to(self, topic: str, part: "Partition") -> int:
        """How far a partition is read: past the commit record that ends a transaction, too."""
        known, delivered = self._state_of(topic, part.number), part.delivered[topic]
        if known is None or not known.has_valid_position:
            return delivered
        return max(delivered, int(known.position))

    def _state_of(self, topic: str, partition: int) -> Any:
        state = self._thread._ensure_consumer()._subscription.subscription
        tp = TopicPartition(topic, partition)
        if state is None or state.assignment is None or tp not in state.assignment.tps:
            return None
        return state.assignment.state_value(tp)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Finish running batches, checkpoint and give the stores up, before the group goes on."""
        self.engine.pause()
        await super().on_partitions_revoked(revoked)
        await self.engine.release()

    async def on_task_error(self, exc: BaseException) -> None:
        """Stock Faust would ack the batch and go on."""
        self.engine.fail(exc)

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            await self._drain(fetcher)
        except asyncio.CancelledError:
            # Faust's fetcher fails on a cancel during shutdown.
            if not self.app.should_stop:
                raise
        except FORBIDDEN as error:
            # Faust would end in good order, with a traceback and a code that says nothing.
            self.engine.fail(self._refused(error))

    async def _drain(self, fetcher: Any) -> None:
        while not (self._stopped.is_set() or fetcher._stopped.is_set()):
            await asyncio.sleep(0)
            if not self.flow_active:
                await self.wait(cast(Any, self.can_resume_flow))
                continue
            owned = {n: part for n, part in self.engine.partitions.items() if part.readable}
            wanted = self._wanted(owned)
            if not wanted:
                await asyncio.sleep(HANDLED_WAIT if owned else 0.02)
                continue
            all_wanted = len(wanted) == sum(len(part.delivered) for part in owned.values())
            timeout = IDLE_WAIT if all_wanted else BUSY_WAIT
            # It goes on in the consumer's thread even when we are cancelled.
            self._fetching = asyncio.ensure_future(self._getmany(wanted, timeout=timeout))
            started = time.monotonic()
            try:
                fetched = await asyncio.shield(self._fetching)
            except self.consumer_stopped_errors:
                return
            self._gather(bool(fetched) and time.monotonic() - started < 2 * GATHER_WAIT)
            for tp, records in fetched.items():
                await self._deliver(tp, owned.get(tp.partition), records)
            await self._tick(owned)

    def _gather(self, gather: bool) -> None:
        thread = cast(ReaderThread, self._thread)
        if gather:
            thread.hold_fetches(GATHER_BYTES, round(1_000 * GATHER_WAIT))
        else:
            thread.hold_fetches(1, self.engine.config.fetch_wait)

    def _wanted(self, owned: Mapping[int, "Partition"]) -> set[TP]:
        """Back-pressure: what is fetched when, so that memory has a bound.

        Partitions with a full queue are not fetched; when the queued values of all have reached
        their bound, only partitions without a queue; and none at all while a checkpoint takes long,
        for what is handled meanwhile stays in memory until it ends.
        """
        config, wanted = self.engine.config, set[TP]()
        for part in owned.values():
            part.fold()
        if self.engine.checkpointing_for() > config.checkpoint_patience / 1000:
            return wanted
        queued = sum(part.queued_bytes for part in owned.values())
        most = config.queued_records if queued < config.queued_bytes else 1
        for number, part in owned.items():
            if part.queued_records < most:
                wanted.update(TP(topic, number) for topic in part.delivered)
        return wanted

    async def _deliver(self, tp: TP, part: "Partition | None", records: Any) -> None:
        if part is None:
            return
        delivered = part.delivered[tp.topic]
        if records[0].offset < delivered:
            records = [record for record in records if record.offset >= delivered]
        if not await self._fire_overdue(part, tp, records[0].timestamp):
            return
        self._rename(tp.topic, records)
        size = self.engine.config.batch_size
        for start in range(0, len(records), size):
            chunk: list[SourceRecord] = records[start : start + size]
            last = chunk[-1].offset
            if not await self._hand_over(part, Batch(part, tp.topic, chunk), tp, last):
                return
            part.delivered[tp.topic] = last + 1

    async def _fire_overdue(self, part: "Partition", tp: TP, until: int) -> bool:
        """Fire what came due in a long silence before its first record, in portions.

        With the record it would be one batch, and so one transaction. False when the partition is
        no longer ours.
        """
        while (
            self._is_ours(part)
            and not part.pending
            and part.timers.has_more_before(until, TIMERS_AT_ONCE)
        ):
            if not await self._hand_over_tick(part, tp, until):
                return False
            while part.pending:
                await asyncio.sleep(HANDLED_WAIT)
                part.fold()
        return self._is_ours(part)

    def _is_ours(self, part: "Partition") -> bool:
        """Whether no rebalance has taken the partition, and closed its store, since it was read."""
        return self.engine.partitions.get(part.number) is part

    def _rename(self, topic: str, records: Iterable[Any]) -> None:
        """Give records their topic's name without the prefix that it has on the broker."""
        name = self.engine.config.connection.name(topic)
        if name != topic:
            for record in records:
                record.topic = name

    async def _tick(self, owned: Mapping[int, "Partition"]) -> None:
        """Fire timers of partitions that have been read to an end fetched after they were due."""
        now = self.engine.config.clock()
        due = {
            number: part
            for number, part in owned.items()
            if self._is_ours(part)
            and not part.pending
            and part.timers.first_before(now) is not None
        }
        if not due:
            return
        tps = [TP(topic, number) for number, part in due.items() for topic in part.delivered]
        thread = cast(ReaderThread, self._thread)
        ends = await thread.call_thread(thread.ends, tps)
        for number, part in due.items():
            topics = part.delivered
            if not part.pending and all(
                self._read_to(t, part) >= ends[TP(t, number)] for t in topics
            ):
                await self._hand_over_tick(part, TP(next(iter(topics)), number), now)

    async def _hand_over_tick(self, part: "Partition", tp: TP, now: int) -> bool:
        part.ticked += 1
        return await self._hand_over(part, Batch(part, tp.topic, (), tick=now), tp, -part.ticked)

    async def _hand_over(self, part: "Partition", batch: Batch, tp: TP, offset: int) -> bool:
        """Queue a batch for the agent; False when the partition is no longer ours."""
        if not self.flow_active or not self._is_ours(part):
            return False
        message = BatchMessage(tp, offset, batch, self.app.consumer_generation_id)
        part.queue(batch)
        await self.callback(message)
        return True


class Transport(driver.Transport):
    """The broker URL scheme `baton://`."""

    Consumer = BatchConsumer


TRANSPORTS.aliases[SCHEME] = f"{__name__}:Transport"
