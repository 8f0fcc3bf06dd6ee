"""Fetched records, made a broker's batch at a time.

aiokafka makes them one by one through a chain of generators, which is more than half of what
reading costs. What is here takes the place of two of its classes;
`tests/engine/test_overrides.py` lists what it relies on.
"""

from collections.abc import Iterator
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException

from streams.engine.record import SourceRecord


class FetchedRecords(fetcher.PartitionRecords):
    """What a fetch brought of one partition.

    `next_fetch_offset` is behind all that was taken, and behind what no reader is to see.
    """

    next_fetch_offset: int

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._left: list[SourceRecord] = []
        self._unpacked_to = self.next_fetch_offset
        self.exhausted = False

    def take(self, most: int | None) -> list[SourceRecord]:
        """Up to `most` further records; fewer only when there are no more."""
        records = self._left
        while most is None or len(records) < most:
            more = next(self._records_iterator, None)
            if more is None:
                self.exhausted = True
                break
            records += more
        records, self._left = records[:most], [] if most is None else records[most:]
        self.exhausted = self.exhausted and not self._left
        self.next_fetch_offset = self._left[0].offset if self._left else self._unpacked_to
        return records

    def _unpack_records(self) -> Iterator[list[SourceRecord]]:
        topic, number = self._tp
        while self._records.has_next():
            batch = self._records.next_batch()
            if self._check_crcs and not batch.validate_crc():
                raise CorruptRecordException(f"Invalid CRC - {self._tp}")
            visible = not self._is_aborted(batch) and not batch.is_control_batch
            start, self._unpacked_to = self._unpacked_to, batch.next_offset
            if visible:
                # A compressed or compacted batch may begin before what was asked for.
                yield [
                    SourceRecord(
                        topic, number, r.offset, r.timestamp, r.key, r.value, tuple(r.headers)
                    )
                    for r in batch
                    if r.offset >= start
                ]

    def _is_aborted(self, batch: Any) -> bool:
        if self._isolation_level != fetcher.READ_COMMITTED or batch.producer_id is None:
            return False
        self._consume_aborted_up_to(batch.base_offset)
        if batch.is_control_batch and self._contains_abort_marker(batch):
            self._aborted_producers.discard(batch.producer_id)
        return batch.is_transactional and batch.producer_id in self._aborted_producers


class Fetched(fetcher.FetchResult):
    """The same, as long as nobody has taken the partition away or moved its position."""

    _partition_records: FetchedRecords | None

    def getall(self, max_records: int | None = None) -> list[SourceRecord]:
        """Up to so many records; moves the partition's position behind them."""
        fetched = self._partition_records
        if fetched is None or not self.check_assignment(self._topic_partition):
            return []
        records = fetched.take(max_records)
        self._update_position()
        if fetched.exhausted:
            self._partition_records = None
        return records


def install() -> None:
    """Have aiokafka use these."""
    fetcher.PartitionRecords = FetchedRecords
    fetcher.FetchResult = Fetched
