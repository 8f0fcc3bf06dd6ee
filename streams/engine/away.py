"""What a worker asks and says while its brokers are away: both seldom, for that may be long."""

import logging
import time
from asyncio import sleep
from typing import Any, Final

from aiokafka import client
from aiokafka.cluster import ClusterMetadata
from aiokafka.consumer import consumer, fetcher, group_coordinator

FIRST_PAUSE: Final = 0.05
LONGEST_PAUSE: Final = 1.0
"""Seconds between two tries; so much later at most it is seen that a broker has come back."""
SAME_LINE: Final = 10.0
"""Seconds until a line is told again."""
FORGOTTEN: Final = 60.0
"""Seconds after which a line need not be known any more: there may be ever new ones."""


class Client(client.AIOKafkaClient):
    """Tries less and less often as long as no broker can be reached, and where it began, too.

    aiokafka would ten times a second, in each of its loops; and where all brokers have come back at
    other places than they had, for ever at those.
    """

    _in_vain = 0

    async def _metadata_update(self, cluster: Any, topics: Any) -> Any:
        if await super()._metadata_update(cluster, topics):
            return True
        first = ClusterMetadata(bootstrap_servers=self._bootstrap_servers)._bootstrap_brokers
        self.cluster._bootstrap_brokers = first
        for node_id in first:
            connection = await super()._get_conn(node_id)
            if connection is not None:
                # By its name there the next update asks it, and closes it then.
                self._conns["bootstrap", client.ConnectionGroup.DEFAULT] = connection
                break
        return False

    async def _get_conn(self, node_id: Any, **options: Any) -> Any:
        connection = await super()._get_conn(node_id, **options)
        if connection is not None:
            self._in_vain = 0
            return connection
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0 ** min(self._in_vain, 10))
        self._in_vain += 1
        await sleep(pause)
        return None


class Seldom(logging.Filter):
    """Lets the same warning or error through once in a while, with how often it was left out."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether a line is told; one with a traceback always is."""
        if record.levelno < logging.WARNING or record.exc_info:
            return True
        line, now = record.getMessage(), time.monotonic()
        since, left_out = self._told.get(line, (now - SAME_LINE, 0))
        if now - since < SAME_LINE:
            self._told[line] = since, left_out + 1
            return False
        self._told = {one: told for one, told in self._told.items() if now - told[0] < FORGOTTEN}
        self._told[line] = now, 0
        if left_out:
            record.msg = f"{line} (and {left_out} times more in {now - since:.0f} s)"
            record.args = ()
        return True


def ask_and_tell_seldom() -> None:
    """Have aiokafka do so."""
    consumer.AIOKafkaClient = Client
    seldom = Seldom()
    for module in (client, fetcher, group_coordinator):
        module.log.addFilter(seldom)
