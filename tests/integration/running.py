"""A worker as a process, for as long as it is needed."""

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from streams.admin.topics import wanted_topics
from streams.cli.worker import NAMES
from streams.core.policy import default_policy
from streams.engine import Connection
from streams.policies.local import route_names
from tests.conftest import Broker
from tests.patience import PATIENCE
from tests.program import Program

START_TIMEOUT = 180.0
READY = re.compile(rb"ready: (\S+)")
"""What an agent says, by its group."""


def environment_of(broker: Broker, unique: str, folder: Path) -> dict[str, str]:
    """What a worker and commands read, under a prefix and in a group of their own."""
    return {
        "BATON_BOOTSTRAP_SERVERS": broker.bootstrap,
        "BATON_TOPIC_PREFIX": f"{unique}.",
        "BATON_GROUP": unique,
        "BATON_DATA_DIR": str(folder / "data"),
        "BATON_WORKER_ID": "one",
        "BATON_REPLICATION": "1",
    }


def make_topics(broker: Broker, connection: Connection) -> list[str]:
    """Make all topics, of one partition each; their names without the prefix."""
    names = [topic.name for topic in wanted_topics(route_names(default_policy()), dev=True)]
    broker.create_all(list(map(connection.topic, names)), 1)
    return names


def children(process: int) -> list[int]:
    """The processes that a process has begun, the first first."""
    return [*map(int, Path(f"/proc/{process}/task/{process}/children").read_text().split())]


@contextmanager
def running_worker(
    folder: Path,
    environment: Mapping[str, str],
    *options: str,
    module: str = "streams.cli.main",
) -> Iterator[None]:
    """`baton worker`, each of its agents ready; it must end well. Its log lies in the folder.

    `module` is what is run as `baton`.
    """
    agents = options.count("--agents") or len(NAMES)
    path = folder / f"worker-{time.monotonic_ns()}.log"
    running = Program(["-m", module, "worker", *options], environment, path)
    try:
        limit = time.monotonic() + START_TIMEOUT
        while len(set(READY.findall(path.read_bytes()))) < agents:
            assert running.poll() is None, path.read_text()
            assert time.monotonic() < limit, path.read_text()
            time.sleep(0.05)
        yield
        running.terminate()
        assert running.wait(PATIENCE) == 0, path.read_text()
    finally:
        running.kill()
        running.wait()
