"""Reports of delivery, taken where they cost least."""

import asyncio
import threading
from collections.abc import Callable
from typing import Final

from confluent_kafka import Producer

Flush = Callable[[Producer, float], int]
"""Waits until all that a client has is delivered, so many seconds at most; gives what is left."""

PAUSE: Final = 0.001
"""Seconds between two looks of a loop for reports."""
PATIENCE: Final = 0.2
"""Share of the time that a loop has to take them: it may be busy for longer than there is time."""


def flush(client: Producer, timeout: float) -> int:
    """Take the reports in this thread."""
    left: int = client.flush(timeout)
    return left


def flush_with(loop: asyncio.AbstractEventLoop, client: Producer, timeout: float) -> int:
    """Have a busy loop take the reports while this thread waits.

    librdkafka takes and returns the interpreter's lock for each report. A busy loop has it nearly
    always, and a thread beside it waits for it again and again.
    """
    done = threading.Event()

    def take() -> None:
        # A callback of its own: a coroutine would need several turns, with a batch in each.
        if done.is_set():
            return
        client.poll(0)
        if len(client):
            loop.call_later(PAUSE, take)
        else:
            done.set()

    loop.call_soon_threadsafe(take)
    done.wait(PATIENCE * timeout)
    done.set()
    return flush(client, (1 - PATIENCE) * timeout)
