"""A worker as a process, for as long as it is needed."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from streams.cli.worker import NAMES

START_TIMEOUT = 180.0
READY = re.compile(rb"ready: (\S+)")
"""What an agent says, by its group."""


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
    with path.open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", module, "worker", *options],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        limit = time.monotonic() + START_TIMEOUT
        while len(set(READY.findall(path.read_bytes()))) < agents:
            assert running.poll() is None, path.read_text()
            assert time.monotonic() < limit, path.read_text()
            time.sleep(0.05)
        yield
        running.terminate()
        assert running.wait(30) == 0, path.read_text()
    finally:
        running.kill()
        running.wait()
