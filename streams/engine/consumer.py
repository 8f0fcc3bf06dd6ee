"""Faust's transport with one event per partition and batch instead of one per record.

Faust keeps the app, the agents, group membership and the assignor. This subclass of its aiokafka
driver fetches raw records, hands them over as `Batch`es, seeks to the engine's positions and leaves
commits to the engine. What it relies on beyond Faust's public face is in
`tests/engine/test_overrides.py`, which fails when a new release no longer has it.
"""

import asyncio
import time
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, cast

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import TopicAuthorizationFailedError
from faust.transport.drivers import TRANSPORTS
from faust.transport.drivers import aiokafka as driver
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode import Service

from streams.engine.away import ask_and_tell_seldom
from streams.engine.batch import Batch
from streams.engine.delivery import Delivery
from streams.engine.fetched import install
from streams.engine.reader import ReaderThread, RebalanceListener, begun, engine_of, failure

if TYPE_CHECKING:
    from streams.engine.engine import Engine
    from streams.engine.partition import Partition

SCHEME = "baton"
IDLE_WAIT = 0.2
"""Seconds a fetch waits for records when all partitions want some; also the timers' resolution.
Less where a partition has a full queue, or timers have just fired and more may be due."""
BUSY_WAIT = 0.01
GATHER_WAIT = 0.01
GATHER_BYTES: Final = 64 << 10
"""Records that come in quick succession are fetched together, whichever is reached first: one by
one, each would cost broker and worker a request and a batch, and wait for the checkpoint anyway."""
HANDLED_WAIT: Final = 0.002
"""Seconds between two looks at whether the agent is done."""
MEMBER_WAIT: Final = 1.0
"""Seconds between two looks at our place in the group."""

ask_and_tell_seldom()
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

    @cached_property
    def _delivery(self) -> Delivery:
        return Delivery(self)

    def _new_consumer_thread(self) -> driver.AIOKafkaConsumerThread:
        return ReaderThread(self, loop=self.loop, beacon=self.beacon)

    @Service.task
    async def _watch_member(self) -> None:
        while not self.should_stop:
            await self.sleep(MEMBER_WAIT)
            if self._thread._consumer is not None:
                self.see_to_member(self._thread._consumer)

    def see_to_member(self, consumer: AIOKafkaConsumer) -> None:
        """Keep our place in the group, and end the worker that has none.

        aiokafka's member leaves when nothing has been fetched for long, as by a worker that waits
        for a partition: as long as the event loop turns it stays. Where the group refuses it, it
        only waits until somebody asks it; where it cannot make sense of what it was given, it ends
        and nobody hears of it; and from whom a topic is hidden, the group gives none of its
        partitions to anybody. One that has not begun has no place yet.
        """
        if consumer._coordinator is None:
            return
        consumer._subscription._last_fetch_ended = time.monotonic()
        ended = consumer._coordinator._coordination_task
        if ended.done() and not ended.cancelled() and (error := ended.exception()) is not None:
            self._fail("our member of the consumer group has ended", error)
        refusal = consumer._coordinator._pending_exception
        if refusal is not None:
            self._fail("the consumer group refuses us", refusal)
        hidden = consumer._client.cluster.unauthorized_topics
        if hidden:
            self._fail("topics are hidden", TopicAuthorizationFailedError(*sorted(hidden)))

    def _fail(self, what: str, error: Exception) -> None:
        self.engine.fail(failure(what, error, self.engine.config.connection))

    def on_buffer_full(self, tp: TP) -> None:
        """Nothing: the engine limits queued batches itself."""

    def on_buffer_drop(self, tp: TP) -> None:
        """Nothing: the engine limits queued batches itself."""

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Nothing: Faust's livelock detection counts offsets that are not used here."""

    def stop_flow(self) -> None:
        """Faust calls this when a rebalance begins or the worker ends, and waits for the agent."""
        super().stop_flow()
        self.engine.leave()

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
            cast(ReaderThread, self._thread).skip_what_is_gone(not self.engine.config.exactly_once)
        for part in parts.values():
            part.readable = True

    def ends(self, topic: str, partition: int) -> int | None:
        """The end of a partition as of its last fetch, None before the first."""
        known = self._state_of(topic, partition)
        if known is None:
            return None
        end = known.lso if self.engine.config.exactly_once else known.highwater
        return None if end is None or end < 0 else int(end)

    async def ends_now(self, tps: list[TP]) -> Mapping[TP, int]:
        """The ends of these logs as they are now, records of open transactions included.

        Of a log that no broker leads nothing is said. Raises `KafkaTimeoutError` when a broker does
        not say them in time.
        """
        thread = cast(ReaderThread, self._thread)
        ends: Mapping[TP, int] = await thread.call_thread(thread.ends, tps)
        return ends

    async def hand_over(self, tp: TP, offset: int, batch: Batch) -> None:
        """Put a batch into the agent's queue."""
        await self.callback(BatchMessage(tp, offset, batch, self.app.consumer_generation_id))

    def read_to(self, topic: str, part: "Partition") -> int:
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
        try:
            await super().on_partitions_revoked(revoked)
            await self.engine.release()
        except Exception as error:
            # aiokafka would only log it, and the group go on as if we had given them up.
            self.engine.fail(error)

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
        except Exception as error:
            # Faust would end in good order, with a traceback and a code that says nothing.
            if not self.app.should_stop:
                self._fail("cannot read", error)

    async def _drain(self, fetcher: Any) -> None:
        while not (self._stopped.is_set() or fetcher._stopped.is_set()):
            await asyncio.sleep(0)
            if not self.flow_active:
                await self.wait(cast(Any, self.can_resume_flow))
                continue
            owned = {n: part for n, part in self.engine.partitions.items() if part.readable}
            wanted, room = self._delivery.wanted(owned), self.engine.room()
            self.engine.refresh_at_rest()
            if not wanted or not room:
                await asyncio.sleep(HANDLED_WAIT if owned else 0.02)
                continue
            all_wanted = len(wanted) == sum(len(part.delivered) for part in owned.values())
            at_ease = all_wanted and not self._delivery.ticking
            timeout = IDLE_WAIT if at_ease else BUSY_WAIT
            cast(ReaderThread, self._thread).fetch_at_most(room)
            # It goes on in the consumer's thread even when we are cancelled.
            self._fetching = asyncio.ensure_future(self._getmany(wanted, timeout=timeout))
            started = time.monotonic()
            try:
                fetched = await asyncio.shield(self._fetching)
            except self.consumer_stopped_errors:
                return
            self._gather(bool(fetched) and time.monotonic() - started < 2 * GATHER_WAIT)
            for tp, records in fetched.items():
                await self._delivery.deliver(tp, owned.get(tp.partition), records)
            await self._delivery.tick(owned)

    def _gather(self, gather: bool) -> None:
        thread = cast(ReaderThread, self._thread)
        if gather:
            thread.hold_fetches(GATHER_BYTES, round(1_000 * GATHER_WAIT))
        else:
            thread.hold_fetches(1, self.engine.config.fetch_wait)


class Producer(driver.Producer):
    """Faust's own, which has nothing to write here."""

    async def on_start(self) -> None:
        """Connect."""
        await begun(self.app, super().on_start())


class Transport(driver.Transport):
    """The broker URL scheme `baton://`."""

    Consumer = BatchConsumer
    Producer = Producer


TRANSPORTS.aliases[SCHEME] = f"{__name__}:Transport"
