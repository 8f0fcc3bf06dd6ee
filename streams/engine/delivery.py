"""Hands what was fetched to the agent: batches of records, and between them the timers' ticks."""

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from aiokafka.errors import KafkaTimeoutError
from faust.types import TP

from streams.engine.batch import Batch
from streams.engine.record import SourceRecord

if TYPE_CHECKING:
    from streams.engine.consumer import BatchConsumer
    from streams.engine.partition import Partition


class Delivery:
    """Decides what is fetched next, and queues it in the order of its times.

    Attributes:
        ticking: Whether timers have fired a moment ago: more may be due when a checkpoint has them.

    """

    def __init__(self, consumer: "BatchConsumer") -> None:
        self._consumer = consumer
        self._engine = consumer.engine
        self.ticking = False

    def wanted(self, owned: Mapping[int, "Partition"]) -> set[TP]:
        """Back-pressure: partitions with a full queue are not fetched.

        And none at all while a checkpoint takes long: what is handled meanwhile makes the next one,
        whose room is still that of quicker ones.
        """
        config = self._engine.config
        for part in owned.values():
            part.fold()
        if self._engine.checkpointing_for() > config.checkpoint_target / 1000:
            return set()
        return {
            TP(topic, number)
            for number, part in owned.items()
            if part.queued_records < config.queued_records
            for topic in part.delivered
        }

    async def deliver(self, tp: TP, part: "Partition | None", records: Any) -> None:
        """Queue the records that a fetch brought of a partition; None when it is no longer ours."""
        if part is None:
            return
        delivered = part.delivered[tp.topic]
        if records[0].offset < delivered:
            records = [record for record in records if record.offset >= delivered]
        # A fetch that a rebalance overtook may bring what lies before all that we want.
        if not records:
            return
        self._rename(tp.topic, records)
        size = self._engine.config.batch_size
        for start in range(0, len(records), size):
            chunk: list[SourceRecord] = records[start : start + size]
            last = chunk[-1].offset
            made = Batch(part, tp.topic, chunk, room=self._engine.left)
            if not await self._hand_over(part, made, tp, last):
                return
            part.delivered[tp.topic] = last + 1

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
        """Fire timers of partitions read to an end that was fetched well after they were due.

        Of one partition no more before a checkpoint has what the last ones did, and each has its
        share of what may be done before that: a million may be overdue.
        """
        config = self._engine.config
        now = config.clock() - config.timer_grace
        waiting = [
            part
            for part in owned.values()
            if self._is_ours(part)
            and not part.pending
            and not part.fired
            and part.timers.first_before(now) is not None
        ]
        # What is left of a tick needs no look at the ends: what is older has been read since then,
        # unless the clock was wrong.
        left = [
            part
            for part in waiting
            if part.read_until <= now and part.timers.first_before(part.read_until) is not None
        ]
        overdue = left + await self._read([part for part in waiting if part not in left], now)
        share = max(1, self._engine.left() // max(1, len(overdue)))
        for part in overdue:
            await self._hand_over_tick(part, lambda: min(share, self._engine.left()))
        handled = any(part.pending or part.fired for part in owned.values())
        self.ticking = bool(overdue) or (self.ticking and handled)

    async def _read(self, parts: list["Partition"], now: int) -> list["Partition"]:
        """Those of the partitions of which all is read that is older than a time."""
        tps = [TP(topic, part.number) for part in parts for topic in part.delivered]
        if not tps:
            return []
        try:
            ends = await self._consumer.ends_now(tps)
        except KafkaTimeoutError:
            return []  # they fire once it is known that nothing older comes
        read = [part for part in parts if not part.pending and self._is_read(part, ends)]
        for part in read:
            part.read_until = now
        return read

    def _is_read(self, part: "Partition", ends: Mapping[TP, int]) -> bool:
        """Whether all logs of a partition are read to their ends; where they are is known."""
        logs = {topic: TP(topic, part.number) for topic in part.delivered}
        return all(
            tp in ends and self._consumer.read_to(topic, part) >= ends[tp]
            for topic, tp in logs.items()
        )

    async def _hand_over_tick(self, part: "Partition", room: Callable[[], int]) -> None:
        part.ticked += 1
        tp = TP(next(iter(part.delivered)), part.number)
        made = Batch(part, tp.topic, (), tick=part.read_until, room=room)
        await self._hand_over(part, made, tp, -part.ticked)

    async def _hand_over(self, part: "Partition", batch: Batch, tp: TP, offset: int) -> bool:
        """Queue a batch for the agent; False when the partition is no longer ours."""
        if not self._consumer.flow_active or not self._is_ours(part):
            return False
        part.queue(batch)
        await self._consumer.hand_over(tp, offset, batch)
        return True
