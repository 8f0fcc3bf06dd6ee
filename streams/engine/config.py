"""What an engine needs to know before it starts."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from streams.engine.connection import Connection
from streams.engine.observer import Observer

log = logging.getLogger(__package__)

Clock = Callable[[], int]
"""Gives the present in milliseconds since 1970-01-01T00:00:00Z."""


def wall_clock() -> int:
    """The machine's clock, in milliseconds."""
    return time.time_ns() // 1_000_000


class Guarantee(StrEnum):
    """How often a record counts. Only a real broker can give `exactly_once`."""

    EXACTLY_ONCE = "exactly_once"
    AT_LEAST_ONCE = "at_least_once"


@dataclass(frozen=True)
class EngineConfig:
    """Durations are in milliseconds.

    `sources` are co-partitioned: partition n of all of them belongs to one worker and one store.
    `outputs` are the topics that the agent writes, `replicated` those it has a `Replica` of. All
    names are the broker's; what an agent sees and emits is without the connection's prefix.
    `queued_records` is how many of a partition may wait for the agent. `checkpoint_target` is how
    long a checkpoint is to take at most: what is handled waits for it.
    `worker_id` names the transactional producer and the store's folder: stable over restarts and
    unique among the workers of the group.
    `timer_grace` is how long after its time a timer fires by the clock: the broker stamps a record
    before anybody can read it, and copies it meanwhile, and its clock is not ours.
    """

    connection: Connection
    group: str
    sources: tuple[str, ...]
    store: str
    data_dir: Path
    worker_id: str
    outputs: tuple[str, ...] = ()
    replicated: tuple[str, ...] = ()
    guarantee: Guarantee = Guarantee.EXACTLY_ONCE
    partitioner: str = "murmur2_random"
    batch_size: int = 2_000
    queued_records: int = 16_000
    queued_bytes: int = 64 << 20
    fetch_bytes: int = 2 << 20
    checkpoint_target: int = 1_000
    commit_interval: int = 100
    commit_pause: int = 10
    transaction_timeout: int = 5_000
    fetch_wait: int = 500
    session_timeout: int = 6_000
    heartbeat_interval: int = 1_000
    restore_timeout: int = 60_000
    broker_timeout: int = 60_000
    timer_grace: int = 1_000
    max_failures_in_a_row: int = 100
    max_bytes: int = 1_000_000
    create_changelog: bool = True
    replication: int = 1
    clock: Clock = wall_clock
    observer: Observer = field(default_factory=Observer)

    @property
    def exactly_once(self) -> bool:
        """Whether checkpoints are Kafka transactions."""
        return self.guarantee is Guarantee.EXACTLY_ONCE

    @property
    def changelog(self) -> str:
        """The topic that holds every change of state, partition by partition."""
        return self.connection.topic(f"{self.group}-{self.store}-changelog")

    @property
    def transactional_ids(self) -> str:
        """What the transactional ids of all workers begin with."""
        return f"{self.group}-{self.store}-"

    def librdkafka(self) -> dict[str, Any]:
        """What every librdkafka client of this engine is configured with.

        What it logs while it is polled goes to the engine's log: it would write to stderr itself.
        """
        return {**self.connection.librdkafka(), "log_level": 3, "logger": log}
