"""What the thread that reads asks the brokers."""

import asyncio
from types import SimpleNamespace
from typing import Any

from faust.types import TP

from streams.engine.reader import ENDS_TIMEOUT, ReaderThread

LEADERS = {TP("t", 0): 3, TP("t", 1): -1, TP("t", 2): None}


class Fetcher:
    """Knows where the logs end that it is asked for."""

    _isolation_level = 1

    async def end_offsets(self, tps: list[TP], timeout: int) -> dict[TP, int]:
        assert timeout == ENDS_TIMEOUT
        return dict.fromkeys(tps, 7)


def test_only_logs_that_a_broker_leads_are_asked_for_their_ends() -> None:
    """aiokafka asks again for all until all are known, and nothing else is read meanwhile."""
    cluster = SimpleNamespace(leader_for_partition=LEADERS.__getitem__)
    consumer = SimpleNamespace(_client=SimpleNamespace(cluster=cluster), _fetcher=Fetcher())
    thread: Any = SimpleNamespace(_ensure_consumer=lambda: consumer)
    assert asyncio.run(ReaderThread.ends(thread, list(LEADERS))) == {TP("t", 0): 7}
