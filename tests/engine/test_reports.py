"""Who takes the reports of delivery."""

import asyncio
import threading
from typing import Any, cast

import pytest
from confluent_kafka import Producer

from streams.engine import reports
from tests.patience import PATIENCE


class Client:
    """Its records are delivered; who asks takes the reports of two of them."""

    def __init__(self) -> None:
        self.left = 5
        self.takers: set[threading.Thread] = set()
        self.flushed = threading.Event()
        self.time = 0.0

    def __len__(self) -> int:
        return self.left

    def poll(self, timeout: float) -> None:
        self.left = max(0, self.left - 2)
        self.takers.add(threading.current_thread())

    def flush(self, timeout: float) -> int:
        self.time = timeout
        while self.left:
            self.poll(timeout)
        self.flushed.set()
        return 0


def flush(client: Client, busy: Any = None) -> int:
    """Flush in a thread beside a loop."""

    async def run() -> int:
        loop = asyncio.get_running_loop()
        flushing = asyncio.create_task(
            asyncio.to_thread(reports.flush_with, loop, cast(Producer, client), 60.0)
        )
        if busy is not None:
            await asyncio.sleep(0)
            busy()
        return await flushing

    return asyncio.run(run())


def test_the_loop_takes_all_of_them() -> None:
    client = Client()
    assert flush(client) == 0
    assert client.takers == {threading.current_thread()}


def test_those_that_a_busy_loop_leaves_are_taken_by_who_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reports, "PATIENCE", 0.002)
    client = Client()
    assert flush(client, busy=lambda: client.flushed.wait(PATIENCE)) == 0
    assert threading.current_thread() not in client.takers
    assert client.time == 60.0 - 0.12, "both together wait no longer than they may"
