"""A worker as a process, for as long as it is needed."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

START_TIMEOUT = 60.0


@contextmanager
def running_worker(folder: Path, environment: Mapping[str, str], *options: str) -> Iterator[None]:
    """`baton worker`, ready; it must end well. Its log lies in the folder."""
    path = folder / f"worker-{time.monotonic_ns()}.log"
    with path.open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, "-m", "streams.cli.main", "worker", *options],
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        limit = time.monotonic() + START_TIMEOUT
        while b"ready: " not in path.read_bytes():
            assert running.poll() is None, path.read_text()
            assert time.monotonic() < limit, path.read_text()
            time.sleep(0.05)
        yield
        running.terminate()
        assert running.wait(30) == 0, path.read_text()
    finally:
        running.kill()
        running.wait()
