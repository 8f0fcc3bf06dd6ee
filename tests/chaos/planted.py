"""Drills with broken engines: each must be found out. And the same with a sound one.

Each is struck at the moment at which its fault shows; the sound engine is struck there too.
"""

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from tests.chaos import faults
from tests.chaos.counting import Counting
from tests.chaos.drill import Drill
from tests.chaos.result import Result
from tests.kafka import Kafka
from tests.patience import PATIENCE

RATE = 1_000
SESSION = {"SESSION_TIMEOUT": "1500", "HEARTBEAT": "300"}
BROKEN_PATIENCE = 6.0
"""Seconds after which a broken worker has read all it ever will."""


@dataclass(frozen=True)
class Planted:
    """A fault of the engine by its name in `mutations`, None for the sound one, and its drill."""

    fault: str | None
    script: Callable[[Drill], None]

    @property
    def name(self) -> str:
        """What it is called in results."""
        return self.fault or "sound"


def lose_the_disk(drill: Drill) -> None:
    """A worker comes back with nothing but the changelog."""
    faults.kill(drill, "A", wipe=True)
    time.sleep(3.0)


def strike(drill: Drill) -> None:
    """A worker dies at its weakest moment."""
    faults.strike(drill, "A")
    time.sleep(3.0)


def wake_late(drill: Drill) -> None:
    """A worker stops just before it publishes a checkpoint, and goes on when it is replaced."""
    group = drill.group
    owned, lives = group.owned("A"), group.times_ready("B")
    faults.strike(drill, "A")
    drill.wait_until(
        lambda: group.times_ready("B") > lives and group.owned("B") >= owned, "B has not taken over"
    )
    before = drill.committed()
    drill.wait_until(
        lambda: all(end > before[number] for number, end in drill.committed().items()),
        "B does not go on",
    )
    group.resume("A")
    time.sleep(2.0)


def sound(drill: Drill) -> None:
    """What finds the broken ones out does no harm to a sound one."""
    lives = drill.group.times_ready("A")
    lose_the_disk(drill)
    drill.wait_until_ready("A", lives + 1)
    wake_late(drill)


PLANTED = (
    Planted(None, sound),
    Planted("skip-marker", lose_the_disk),
    Planted("commit-before-flush", strike),
    Planted("ignore-generation", wake_late),
)


def run_all(kafka: Kafka, folder: Path) -> list[Result]:
    """Run all of them beside each other."""
    with ThreadPoolExecutor(len(PLANTED)) as pool:
        return list(pool.map(lambda planted: run(planted, kafka, folder / planted.name), PLANTED))


def run(planted: Planted, kafka: Kafka, folder: Path) -> Result:
    """Run one of them."""
    group = f"{planted.name}-{os.getpid()}"
    environment = SESSION | ({"FAULT": planted.fault} if planted.fault else {})
    workload = Counting(kafka.bootstrap, group, RATE, **environment)
    drill = Drill(planted.name, kafka, workload, folder)
    result = drill.run(planted.script, patience=BROKEN_PATIENCE if planted.fault else PATIENCE)
    return replace(result, broken=planted.fault is not None)
