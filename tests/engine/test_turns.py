"""Partitions take turns where no more is fetched than there is room for."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from aiokafka.consumer import fetcher
from faust.types import TP

from streams.engine.fetched import Fetched, install
from streams.engine.reader import ReaderThread
from tests.engine.records import source_record


class Waiting:
    """What a fetch brought of a partition."""

    def __init__(self, count: int) -> None:
        self._left = list(map(source_record, range(count)))
        self.next_fetch_offset = 0

    @property
    def exhausted(self) -> bool:
        return not self._left

    def take(self, most: int) -> list[Any]:
        taken, self._left = self._left[:most], self._left[most:]
        self.next_fetch_offset += len(taken)
        return taken


class State:
    """Where aiokafka stands in a partition."""

    paused, position = False, 0

    def consumed_to(self, position: int) -> None:
        self.position = position


def reader(counts: Sequence[int]) -> Any:
    """aiokafka's client, whose fetches have brought so many records of each partition."""
    made: Any = fetcher.Fetcher.__new__(fetcher.Fetcher)
    made._subscriptions = SimpleNamespace(reassignment_in_progress=False, fetch_context=Context)
    made._wait_consume_future, made._closed, made._records = None, False, OrderedDict()
    for number, count in enumerate(counts):
        state = State()
        assignment = SimpleNamespace(active=True, state_value=lambda _, state=state: state)
        made._records[TP("t", number)] = Fetched(
            TP("t", number), assignment=assignment, partition_records=Waiting(count), backoff=0
        )
    return SimpleNamespace(_fetcher=made, _closed=False)


class Context:
    """Nothing to enter."""

    def __enter__(self) -> None:
        """Nothing."""

    def __exit__(self, *_: object) -> None:
        """Nothing."""


def test_a_partition_with_much_to_read_lets_the_others_have_their_turn() -> None:
    install()
    thread: Any = ReaderThread.__new__(ReaderThread)
    thread.consumer = SimpleNamespace(flow_active=True)
    waiting, owned = reader([10, 4, 1]), {TP("t", number) for number in range(3)}
    turns = [
        {tp.partition: len(records) for tp, records in fetched.items()}
        for _ in range(5)
        for fetched in [asyncio.run(thread._fetch_records(waiting, owned, 0, 3))]
    ]
    assert turns == [{0: 3}, {1: 3}, {2: 1, 0: 2}, {1: 1, 0: 2}, {0: 3}]
