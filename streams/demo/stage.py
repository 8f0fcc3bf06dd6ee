"""Sets the demo up: embedded broker, clock, and `baton worker` as a process of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.admin.topics import wanted_topics
from streams.clock import ScaledClock
from streams.embedded import EmbeddedBroker
from streams.engine import Guarantee, wall_clock
from streams.errors import BatonError
from streams.history.files import SYNTHETIC_START
from streams.kinds import AGENTS, changelogs
from streams.policies.local import policy_of, route_names
from streams.settings import PREFIX, Settings

PARTITIONS = 4
START_TIMEOUT = 180.0
INFORMATION = " [INFO] "
WORKER = (sys.executable, "-m", "streams.cli.main", "worker", "--supervised")


@dataclass(frozen=True)
class Stage:
    """The running demo: where its broker is and what its clock shows."""

    settings: Settings
    clock: ScaledClock
    log: Path
    worker: "subprocess.Popen[bytes]"

    def check(self) -> None:
        """Raise `BatonError` when the worker has ended."""
        if self.worker.poll() is not None:
            raise BatonError(
                f"the worker has ended with code {self.worker.returncode}:\n{_tail(self.log)}"
            )


@contextmanager
def stage(speed: float, health_address: str = "") -> Iterator[Stage]:
    """Broker and agents, ready; all is gone at the end. Raises `BatonError` when they fail."""
    with tempfile.TemporaryDirectory(prefix="baton-demo-") as data:
        settings = Settings(data_dir=Path(data), worker_id="demo")
        routes = route_names(policy_of(settings))
        wanted = wanted_topics(routes, dev=True, partitions=PARTITIONS)
        topics = {topic.name: topic.partitions for topic in wanted}
        topics |= dict.fromkeys(changelogs(settings), PARTITIONS)
        clock = ScaledClock(SYNTHETIC_START, wall_clock(), speed)
        with EmbeddedBroker(topics) as broker:
            settings = Settings(
                bootstrap_servers=broker.bootstrap,
                data_dir=Path(data),
                worker_id="demo",
                health_address=health_address,
            )
            log = Path(data) / "worker.log"
            with _start(settings, clock, log) as worker:
                try:
                    made = Stage(settings, clock, log, worker)
                    _wait_until_ready(made)
                    yield made
                finally:
                    worker.terminate()


def _start(settings: Settings, clock: ScaledClock, path: Path) -> "subprocess.Popen[bytes]":
    # What the user has set is for his own broker.
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    environment = others | {
        "BATON_BOOTSTRAP_SERVERS": settings.bootstrap_servers,
        "BATON_DATA_DIR": str(settings.data_dir),
        "BATON_WORKER_ID": settings.worker_id,
        "BATON_HEALTH_ADDRESS": settings.health_address,
        "BATON_GUARANTEE": Guarantee.AT_LEAST_ONCE,
        "BATON_CREATE_CHANGELOGS": "false",
        "BATON_CLOCK": str(clock),
        "BATON_FETCH_WAIT": "10",
        "BATON_LOG_LEVEL": "info",
    }
    with path.open("wb") as log:
        return subprocess.Popen(
            WORKER,
            env=environment,
            # Only we can write to it: it ends when we do, however that comes about.
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_ready(made: Stage) -> None:
    limit = time.monotonic() + START_TIMEOUT
    waited_for = [f"ready: {made.settings.group}-{name}" for name in AGENTS]
    while not all(map(made.log.read_text(errors="replace").__contains__, waited_for)):
        made.check()
        if time.monotonic() > limit:
            raise BatonError(
                f"not all agents are ready after {START_TIMEOUT:.0f} s:\n{_tail(made.log)}"
            )
        time.sleep(0.1)


def _tail(path: Path, lines: int = 40) -> str:
    """What the agents said last. What is only told for information counts where there is nothing
    else: one that fails is followed by all that the others say as they end.
    """
    said = path.read_text(errors="replace").splitlines()
    told = [line for line in said if INFORMATION not in line] or said
    return "\n".join(told[-lines:])
