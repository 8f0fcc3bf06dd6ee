"""Hands what was fetched to the agent: batches of records, and between them the timers' ticks."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

from aiokafka.errors import KafkaTimeoutError
from faust.types import TP

from streams.engine.batch import Batch
from streams.engine.record import SourceRecord

if TYPE_CHECKING:
    from streams.engine.consumer import BatchConsumer
    from streams.engine.partition import Partition

HANDLED_WAIT: Final = 0.002
"""Seconds between two looks at whether the agent is done, or a checkpoint."""


class Delivery:
    """Decides what is fetched next, and queues it in the order of its times."""

    def __init__(self, consumer: "BatchConsumer") -> None:
        self._consumer = consumer
        self._engine = consumer.engine

    def wanted(self, owned: Mapping[int, "Partition"]) -> set[TP]:
        """Back-pressure: what is fetched when, so that memory has a bound.

        Partitions with a full queue are not fetched; when the queued values of all have reached
        their bound, only partitions without a queue.
        """
        config, wanted = self._engine.config, set[TP]()
        for part in owned.values():
            part.fold()
        queued = sum(part.queued_bytes for part in owned.values())
        most = config.queued_records if queued < config.queued_bytes else 1
        for number, part in owned.items():
            if part.queued_records < most:
                wanted.update(TP(topic, number) for topic in part.delivered)
        return wanted

    async def deliver(self, tp: TP, part: "Partition | None", records: Any) -> None:
        """Queue the records that a fetch brought of a partition; None when it is no longer ours.

        As long as the next checkpoint holds what it may, it is waited for: a slow one is not to
        make the next one longer still.
        """
        if part is None:
            return
        delivered = part.delivered[tp.topic]
        if records[0].offset < delivered:
            records = [record for record in records if record.offset >= delivered]
        # A fetch that a rebalance overtook may bring what lies before all that we want.
        if not records:
            return
        self._rename(tp.topic, records)
        while records and (room := await self._room(part)):
            chunk: list[SourceRecord] = records[:room]
            last, records = chunk[-1].offset, records[room:]
            await self._hand_over(part, Batch(part, tp.topic, chunk), tp, last)
            part.delivered[tp.topic] = last + 1

    async def _room(self, part: "Partition") -> int:
        """Wait until a batch may have some records; 0 when the partition is no longer ours."""
        while self._may_hand_over(part):
            if room := self._engine.room():
                return room
            await asyncio.sleep(HANDLED_WAIT)
        return 0

    def _may_hand_over(self, part: "Partition") -> bool:
        return self._consumer.flow_active and self._is_ours(part)

    def _is_ours(self, part: "Partition") -> bool:
        """Whether no rebalance has taken the partition, and closed its store, since it was read."""
        return self._engine.partitions.get(part.number) is part

    def _rename(self, topic: str, records: Iterable[Any]) -> None:
        """Give records their topic's name without the prefix that it has on the broker."""
        name = self._engine.config.connection.name(topic)
        if name != topic:
            for record in records:
                record.topic = name

    async def tick(self, owned: Mapping[int, "Partition"]) -> None:
        """Fire timers of partitions read to an end that was fetched well after they were due."""
        config = self._engine.config
        now = config.clock() - config.timer_grace
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
        try:
            ends = await self._consumer.ends_now(tps)
        except KafkaTimeoutError:
            return  # they fire once it is known that nothing older comes
        for number, part in due.items():
            if not part.pending and self._is_read(part, ends):
                await self._hand_over_tick(part, TP(next(iter(part.delivered)), number), now)

    def _is_read(self, part: "Partition", ends: Mapping[TP, int]) -> bool:
        """Whether all logs of a partition are read to their ends; where they are is known."""
        logs = {topic: TP(topic, part.number) for topic in part.delivered}
        return all(
            tp in ends and self._consumer.read_to(topic, part) >= ends[tp]
            for topic, tp in logs.items()
        )

    async def _hand_over_tick(self, part: "Partition", tp: TP, now: int) -> None:
        if not self._may_hand_over(part):
            return
        part.ticked += 1
        await self._hand_over(part, Batch(part, tp.topic, (), tick=now), tp, -part.ticked)

    async def _hand_over(self, part: "Partition", batch: Batch, tp: TP, offset: int) -> None:
        """Queue a batch for the agent."""
        part.queue(batch)
        await self._consumer.hand_over(tp, offset, batch)
