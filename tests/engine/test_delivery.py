"""What a fetch brings that a rebalance has overtaken."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from faust.types import TP

from streams.engine import Connection, EngineConfig
from streams.engine.consumer import BatchConsumer
from streams.engine.partition import Partition
from tests.engine.records import TOPIC, Record, partition

SOURCE = TP(TOPIC, 0)


class Consumer(BatchConsumer):
    """The real loop over a made-up engine, broker and agent."""

    flow_active = True
    consumer_stopped_errors = (RuntimeError,)

    def __init__(self, owned: Partition, taken_over: Partition) -> None:
        config = EngineConfig(Connection(""), "g", (TOPIC,), "s", Path(), "A", clock=lambda: 0)
        self._engine = SimpleNamespace(
            config=config, partitions={0: owned}, checkpointing_for=lambda: 0.0
        )
        made: Any = self
        made._stopped = asyncio.Event()
        made._thread = SimpleNamespace(seek_wait=self._stand_at)
        made.app = SimpleNamespace(consumer_generation_id=1)
        self.handed_over: list[int] = []
        self._taken_over = taken_over
        self._log = [Record(0), Record(1)]
        self._at = 0
        self._fetches = 0

    @property
    def engine(self):  # type: ignore[no-untyped-def]
        return self._engine

    async def callback(self, message: Any) -> None:
        self.handed_over += [record.offset for record in message.value.records]
        self._stopped.set()

    async def _stand_at(self, offsets: dict[TP, int]) -> None:
        self._at = offsets[SOURCE]

    async def _getmany(self, wanted: Any, timeout: float) -> dict[TP, list[Record]]:
        self._fetches += 1
        assert self._fetches < 5, "the records do not come again"
        if self._fetches == 1:
            # While it waits, the partition goes and comes back, and only then there are records.
            self._engine.partitions = {0: self._taken_over}
            await self.perform_seek()
        records, self._at = self._log[self._at :], len(self._log)
        return {SOURCE: records} if records else {}


def test_records_fetched_across_a_rebalance_are_read_again(tmp_path: Path) -> None:
    async def drain() -> list[int]:
        owned = partition(tmp_path / "before")
        owned.readable = True
        consumer = Consumer(owned, partition(tmp_path / "after"))
        await consumer._drain(SimpleNamespace(_stopped=asyncio.Event()))
        return consumer.handed_over

    assert asyncio.run(drain()) == [0, 1]
