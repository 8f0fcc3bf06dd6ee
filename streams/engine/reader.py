"""The thread that reads: aiokafka's client as the engine wants it, and our place in the group."""

import asyncio
from collections.abc import Awaitable, Iterable, Mapping
from copy import copy
from typing import TYPE_CHECKING, Any, Final, cast

from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import OffsetResetStrategy
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaError,
    OffsetOutOfRangeError,
    TopicAuthorizationFailedError,
)
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.engine.access import Contact
from streams.engine.connection import Connection
from streams.engine.errors import BrokerFailed, TopicMismatch
from streams.engine.producer import Member

if TYPE_CHECKING:
    from streams.engine.engine import Engine

METADATA_AGE = 2_000
"""Milliseconds after which topics are looked at again."""
ENDS_TIMEOUT = 5_000
"""Milliseconds a broker has to say how long its logs are; nothing else is read meanwhile."""
NOBODY: Final = (None, -1)
"""The leader of a partition, where aiokafka knows of none and where there is none."""
FORBIDDEN: Final = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)


def engine_of(app: Any) -> "Engine":
    """The engine that was made for a Faust app."""
    return cast("Engine", app.engine)


def failure(what: str, error: Exception, connection: Connection) -> Exception:
    """What aiokafka's error means for a worker."""
    if isinstance(error, FORBIDDEN):
        return Contact(connection).forbidden(f"read: {error}")
    if isinstance(error, OffsetOutOfRangeError):
        return TopicMismatch(
            f"what is to be read next is not there: {error}. It was deleted before it was handled, "
            "or the topic was made anew; start again, and it is told which"
        )
    if isinstance(error, KafkaError):
        return BrokerFailed(f"{what}: {error}. Mend that, start again.")
    return error


async def begun(app: Any, client: Awaitable[None]) -> None:
    """Wait until a client of aiokafka's has begun; the worker ends where no broker answers it."""
    try:
        await client
    except KafkaError as error:
        engine = engine_of(app)
        engine.fail(failure("cannot begin", error, engine.config.connection))
        raise


class RebalanceListener(driver.ConsumerRebalanceListener):
    """Notes who we are in the group, in its own callback: a heartbeat may reset it later."""

    _member_id = ""

    async def on_partitions_assigned(self, assigned: Iterable[Any]) -> None:
        """Faust's callback for a new assignment.

        A member that takes its earlier life's place gets what that had, and is not told that it
        leads. Where not all partitions have somebody, as that did not know of them, nobody would
        look again: so who is new asks, once. A leader that lives sees what comes by itself.
        """
        coordinator = self._thread._ensure_consumer()._coordinator
        engine_of(self._thread.app).member = Member(coordinator.generation, coordinator.member_id)
        is_new = coordinator.member_id != self._member_id
        self._member_id = coordinator.member_id
        if is_new and self._unassigned():
            coordinator.request_rejoin()
        await super().on_partitions_assigned(assigned)

    def _unassigned(self) -> set[TP]:
        """What no member of the group was given: its leader tells each of all of them."""
        app = self._thread.app
        given = {
            TP(topic, number)
            for topics in app.router.external_topics_metadata().values()
            for topic, numbers in topics.items()
            for number in numbers
        }
        return engine_of(app).source_partitions - given

    async def on_partitions_revoked(self, revoked: Iterable[Any]) -> None:
        """Faust's callback for the end of an assignment."""
        cast(ReaderThread, self._thread).skip_what_is_gone(True)
        await super().on_partitions_revoked(revoked)


class ReaderThread(driver.AIOKafkaConsumerThread):
    """Faust's thread around aiokafka, reading committed records only in exactly once."""

    async def on_start(self) -> None:
        """Connect; Faust would say it in eight tracebacks when the broker has gone since `run`."""
        await begun(self.app, super().on_start())

    def _create_worker_consumer(self, transport: Any) -> Any:
        config = engine_of(self.app).config
        self.consumer.in_transaction = config.exactly_once
        try:
            consumer = super()._create_worker_consumer(transport)
        finally:
            self.consumer.in_transaction = False
        # Faust asks brokers to hold a fetch for 1.5 s. A real one answers as soon as there is a
        # record; the mock cluster does not.
        consumer._fetch_max_wait_ms = config.fetch_wait
        # A broker that has just come back may not know our topics yet: the group's leader then
        # assigns nothing to anyone, until its next look; aiokafka's own is after five minutes.
        consumer._client._metadata_max_age_ms = METADATA_AGE
        return consumer

    def hold_fetches(self, least: int, wait: int) -> None:
        """Brokers hold further fetches for `least` bytes, at most `wait` milliseconds."""
        reader = self._ensure_consumer()._fetcher
        reader._fetch_min_bytes, reader._fetch_max_wait_ms = least, wait

    def fetch_at_most(self, records: int) -> None:
        """Further fetches give no more records than that; what is there besides waits."""
        consumer = self._ensure_consumer()
        consumer._max_poll_records = min(records, engine_of(self.app).config.queued_records)

    async def _fetch_records(self, consumer: Any, *arguments: Any, **options: Any) -> Any:
        """Take of what has come; partitions take turns.

        aiokafka takes of the first until nothing is left of what came of that: with little room the
        others would wait for all of it.
        """
        fetched = await super()._fetch_records(consumer, *arguments, **options)
        waiting = consumer._fetcher._records
        for tp in fetched:
            if tp in waiting:
                waiting.move_to_end(tp)
        return fetched

    def skip_what_is_gone(self, skip: bool) -> None:
        """Whether reading goes on at a partition's first record where an offset is not there.

        Before a new assignment is sought that is any offset; at work it would be a silent loss.
        """
        strategy = OffsetResetStrategy.EARLIEST if skip else OffsetResetStrategy.NONE
        self._ensure_consumer()._fetcher._default_reset_strategy = strategy

    async def ends(self, tps: list[TP]) -> Mapping[TP, int]:
        """The ends of these logs as they are now, records of open transactions included.

        The consumer's own are before the first open transaction, which may hold records older than
        a timer that is due. Of a log that no broker leads nothing is said: the others would wait
        for it.
        """
        consumer = self._ensure_consumer()
        leader_of = consumer._client.cluster.leader_for_partition
        reader = copy(consumer._fetcher)
        reader._isolation_level = fetcher.READ_UNCOMMITTED
        led = [tp for tp in tps if leader_of(tp) not in NOBODY]
        ends: Mapping[TP, int] = await reader.end_offsets(led, ENDS_TIMEOUT)
        return ends

    async def on_thread_stop(self) -> None:
        """Leave the group at once; a member with a name would be waited for.

        A fetcher of aiokafka's that waits to ask again passes on that it is cancelled: this thread
        would end without a word to who waits for it.
        """
        consumer = self._consumer
        if consumer is not None:
            consumer._coordinator._group_instance_id = None
        try:
            await super().on_thread_stop()
        except asyncio.CancelledError:
            await cast(Any, consumer)._client.close()
