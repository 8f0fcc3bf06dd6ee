"""The engine: exactly-once micro-batches with state inside a Faust app."""

import asyncio
import logging
import os
import threading
import time
from collections.abc import Awaitable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, cast

import faust
from faust.types import TP

from streams.engine.app import BatchSchema
from streams.engine.assigned import whole
from streams.engine.checkpoint import Checkpointer
from streams.engine.config import EngineConfig
from streams.engine.errors import Aborted, AgentFailed, EngineError, StoreFailed
from streams.engine.partition import Cut, Partition
from streams.engine.producer import NOT_A_MEMBER, Member
from streams.engine.replica import Replica
from streams.engine.restore import Restorer
from streams.engine.topic_watch import TopicWatch
from streams.engine.topics import Prepared, prepare_topics

log = logging.getLogger(__name__)


class Engine:
    """Runs one agent of a Faust app over co-partitioned topics.

        app = make_app(config)
        engine = Engine(app, config)

        @app.agent(engine.channel)
        async def count(batches):
            async for batch in batches:          # records of one partition
                ...                              # batch.get_many, put, emit, set_timer

    The app comes from `make_app`. The engine owns the partitions it was assigned
    from the end of their restore until they are revoked; `replicas` are complete before that. It is
    crash-only: see `errors`.
    """

    def __init__(
        self, app: faust.App, config: EngineConfig, replicas: Sequence[Replica[Any]] = ()
    ) -> None:
        self.app = app
        self.config = config
        self.channel = app.topic(*config.sources, schema=BatchSchema())
        self.replicas = replicas
        self.partitions: dict[int, Partition] = {}
        self.member: Member = NOT_A_MEMBER
        self._owner: Member = NOT_A_MEMBER
        self._pool = ThreadPoolExecutor(1, "engine")
        self._abort = threading.Event()
        self._restorer = Restorer(config, self._abort)
        self._checkpointer = Checkpointer(
            config,
            self._pool,
            lambda: self.partitions,
            lambda: self._owner,
            self.fail,
            self._commit_offsets,
        )
        self._loops: asyncio.Future[Any] | None = None
        self._topics: Prepared | None = None
        self._watch: TopicWatch | None = None
        self._ready = False
        self._paused_at: float | None = None
        cast(Any, app).engine = self
        app.on_rebalance_complete.connect(self._restore_assigned, weak=False)
        app.on_before_shutdown.connect(self._on_shutdown, weak=False)

    @property
    def ready(self) -> bool:
        """Whether the assigned partitions are restored and worked on."""
        return self._ready

    @property
    def source_partitions(self) -> set[TP]:
        """All partitions of all sources, as of the last look at the topics."""
        count = 0 if self._topics is None else self._topics.partitions
        return {TP(topic, number) for topic in self.config.sources for number in range(count)}

    def lag(self) -> dict[tuple[str, int], int]:
        """Records behind the end that no checkpoint covers yet, by topic and partition.

        As of the last fetch; partitions that have not been fetched are missing. Commit records of
        a transactional producer count. May be called from any thread.
        """
        if not self.partitions:
            return {}  # nor may there be a consumer yet
        ends = cast(Any, self.app.consumer).ends
        return {
            (topic, number): max(0, end - offset)
            for number, partition in list(self.partitions.items())
            for topic, offset in partition.committed_offsets.items()
            if (end := ends(topic, number)) is not None
        }

    def prepare(self) -> None:
        """Check the topics, make the changelog, and connect the producer. Blocks.

        Raises `BrokerFailed` when the broker does not answer, `AccessDenied` when it refuses us,
        `TopicMismatch` when topics are not as needed.
        """
        self._topics = prepare_topics(self.config)
        if self.config.exactly_once:  # the embedded broker deletes no topics
            self._watch = TopicWatch(self.config)
        # In exactly once this ends transactions that an earlier life of this worker left open.
        self._checkpointer.start_producer()

    def room(self) -> int:
        """How many records the agent may be given; 0 until the next checkpoint has begun."""
        return self._checkpointer.room()

    def left(self) -> int:
        """How much more may be done before the next checkpoint begins, in records."""
        return self._checkpointer.left()

    def checkpointing_for(self) -> float:
        """Seconds since the checkpoint under way began, 0 when there is none."""
        return self._checkpointer.busy_for()

    def refresh_at_rest(self) -> None:
        """Take over what the replicas have read when no batch is there that would.

        Else a replica stopped reading, and the batch after a silence would see it as it was then.
        """
        if self._ready and not any(part.pending for part in self.partitions.values()):
            for replica in self.replicas:
                replica.refresh()

    async def checkpoint(self) -> None:
        """Make everything that finished batches did take effect."""
        await self._checkpointer.checkpoint()

    def pause(self) -> None:
        """A rebalance begins: the partitions being restored are no longer ours."""
        self._ready = False
        self._paused_at = time.monotonic()
        self.member = NOT_A_MEMBER
        self._abort.set()

    async def release(self) -> None:
        """Checkpoint, then give up all partitions and close their stores."""
        self._abort.set()
        self.leave()
        await self.checkpoint()
        partitions, self.partitions = self.partitions, {}
        await self._close(partitions)

    def leave(self) -> None:
        """The partitions are about to be given up: a batch in parts ends with the one under way."""
        for partition in self.partitions.values():
            partition.leaving = True

    def fail(self, error: BaseException) -> None:
        """End the process. What is not committed dies with it; a restart restores."""
        if not isinstance(error, EngineError):
            error = AgentFailed(f"{type(error).__name__}: {error}").with_traceback(
                error.__traceback__
            )
        # The engine's own errors say it all; what an agent raised is found by its traceback.
        trace = error if isinstance(error, AgentFailed) else None
        log.critical("%s: %s", type(error).__name__, error, exc_info=trace)
        logging.shutdown()
        os._exit(error.exit_code)

    async def _restore_assigned(self, app: Any, /, *_: Any, **__: Any) -> None:
        """Runs before Faust lets streams go on; heartbeats continue meanwhile."""
        try:
            await self._restore()
        except asyncio.CancelledError:
            self._abort.set()
            raise
        except BaseException as error:
            self.fail(error)
            raise

    async def _restore(self) -> None:
        await self.release()
        self._watch_agents()
        member = self.member
        partitions = await self._restored(member)
        if partitions is None:
            await self._wait_for_next_assignment(member)
            return
        # They are committed as who got them, whoever we have become since.
        self.partitions, self._owner = partitions, member
        if self._loops is None:
            watching = [] if self._watch is None else [self._watch.run(self.fail)]
            loops = map(self._endless, (self._checkpointer.run(), *watching))
            self._loops = asyncio.gather(*loops)
        self._ready = True
        if self._paused_at is not None:
            self.config.observer.rebalanced(time.monotonic() - self._paused_at)
        log.info("ready: %s", self.config.group)

    async def _restored(self, member: Member) -> dict[int, Partition] | None:
        """The partitions that a member is to work on; None when a rebalance has taken them away."""
        if member is NOT_A_MEMBER:
            return None  # it began before this: to restore them would keep the group waiting
        numbers = whole(self.app.consumer.assignment(), self.config.sources)
        self._abort.clear()
        try:
            partitions = await self._in_pool(self._prepare_and_restore, numbers)
        except Aborted:
            return None
        except EngineError as error:
            if not self._abort.is_set():
                raise
            log.warning("a restore that was in vain anyway: %s", error)
            return None
        if self._abort.is_set():
            await self._close(partitions)
            return None
        return cast(dict[int, Partition], partitions)

    async def _endless(self, loop: Awaitable[None]) -> None:
        # Without it a worker would go on, and commit nothing or not see what becomes of its topics.
        try:
            await loop
        except Exception as error:
            self.fail(error)

    def _prepare_and_restore(self, numbers: set[int]) -> dict[int, Partition]:
        # A number beyond the count is of a partition that was added meanwhile.
        if self._topics is None or max(numbers, default=0) >= self._topics.partitions:
            self.prepare()
        assert self._topics is not None
        for replica in self.replicas:
            replica.start(self.fail)
        partitions = self._restorer.restore(numbers, self._topics)
        try:
            for replica in self.replicas:
                replica.wait_complete(self.config.restore_timeout / 1000, self._abort)
        except BaseException:
            _close(partitions)
            raise
        return partitions

    async def _commit_offsets(self, cuts: list[Cut]) -> None:
        offsets = {
            TP(topic, cut.owner.number): offset
            for cut in cuts
            for topic, offset in cut.position.offsets.items()
        }
        await cast(Any, self.app.consumer)._commit(offsets)

    async def _wait_for_next_assignment(self, member: Member) -> None:
        # Returning would let Faust resume streams in the middle of a rebalance. Not by generation:
        # a member that only joins again may get the one it had.
        while self.member is member or self.member is NOT_A_MEMBER:
            if self.app.should_stop:
                return
            await asyncio.sleep(0.02)

    def _watch_agents(self) -> None:
        async def on_error(agent: Any, error: BaseException) -> None:
            self.fail(error)

        for agent in self.app.agents.values():
            cast(Any, agent)._on_error = on_error

    async def _on_shutdown(self, app: Any, /, *_: Any, **__: Any) -> None:
        self._ready = False
        if self._loops is not None:
            self._loops.cancel()
        await self.release()
        # Each may wait for a broker that is away.
        await asyncio.gather(*(asyncio.to_thread(replica.stop) for replica in self.replicas))

    async def _close(self, partitions: dict[int, Partition]) -> None:
        try:
            await self._in_pool(_close, partitions)
        except StoreFailed as error:
            # aiokafka, who may have called, would only log it.
            self.fail(error)

    async def _in_pool(self, call: Any, *arguments: Any) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._pool, call, *arguments)


def _close(partitions: dict[int, Partition]) -> None:
    for partition in partitions.values():
        partition.store.close()
