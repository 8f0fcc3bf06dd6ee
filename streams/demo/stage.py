"""Sets the demo up: embedded broker, clock, and the workers as processes of their own."""

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.admin.topics import wanted_topics
from streams.cli.worker import end, lifeline, supervised_worker
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
READY = b"ready: "


@dataclass(frozen=True)
class Stage:
    """The running demo: where its broker is and what its clock shows."""

    settings: Settings
    clock: ScaledClock
    logs: Path
    workers: list["subprocess.Popen[bytes]"]

    def check(self) -> None:
        """Raise `BatonError` when a worker has ended."""
        for worker, name in zip(self.workers, AGENTS, strict=True):
            if worker.poll() is not None:
                raise BatonError(
                    f"the {name} worker has ended with code {worker.returncode}:\n"
                    f"{_tail(self.logs / f'{name}.log')}"
                )


@contextmanager
def stage(speed: float, health_address: str = "") -> Iterator[Stage]:
    """Broker and workers, ready; all is gone at the end. Raises `BatonError` when they fail."""
    with tempfile.TemporaryDirectory(prefix="baton-demo-") as data:
        settings = Settings(data_dir=Path(data), worker_id="demo")
        routes = route_names(policy_of(settings))
        wanted = wanted_topics(routes, dev=True, partitions=PARTITIONS)
        topics = {topic.name: topic.partitions for topic in wanted}
        topics |= dict.fromkeys(changelogs(settings), PARTITIONS)
        clock = ScaledClock(SYNTHETIC_START, wall_clock(), speed)
        with EmbeddedBroker(topics) as broker, lifeline() as stdin:
            settings = Settings(
                bootstrap_servers=broker.bootstrap,
                data_dir=Path(data),
                worker_id="demo",
                health_address=health_address,
            )
            workers = [_start(name, settings, clock, stdin) for name in AGENTS]
            made = Stage(settings, clock, Path(data), workers)
            try:
                _wait_until_ready(made)
                yield made
            finally:
                end(workers)


def _start(
    name: str, settings: Settings, clock: ScaledClock, stdin: int
) -> "subprocess.Popen[bytes]":
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
    with (settings.data_dir / f"{name}.log").open("wb") as log:
        return subprocess.Popen(
            supervised_worker(name),
            env=environment,
            stdin=stdin,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_until_ready(made: Stage) -> None:
    limit = time.monotonic() + START_TIMEOUT
    waiting = set(AGENTS)
    while waiting:
        made.check()
        waiting = {n for n in waiting if READY not in (made.logs / f"{n}.log").read_bytes()}
        if time.monotonic() > limit:
            raise BatonError(f"these workers are not ready after {START_TIMEOUT:.0f} s: {waiting}")
        time.sleep(0.1)


def _tail(path: Path, lines: int = 15) -> str:
    return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
