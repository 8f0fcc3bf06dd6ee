"""A real Kafka for as long as it is needed."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.patience import PATIENCE

SCRIPTS = Path(__file__).parents[1] / "deploy" / "kafka"
LIBS = SCRIPTS / "target" / "libs"
JAVA = ("java", f"-XX:SharedArchiveFile={LIBS.with_name('classes.jsa')}", "-cp", f"{LIBS}/*")
"""Kafka's own programs, with the classes that `deploy/kafka/start` has left for the next."""


class Kafka:
    """A real Kafka with its data in a folder. Started again, it has its data and its port.

    Clients are told to find it where it is, or at `advertised`, a host and port.
    """

    def __init__(self, folder: Path, advertised: str = "") -> None:
        self.folder = folder
        self.bootstrap = ""
        self._environment = {**os.environ, "KAFKA_ADVERTISED": advertised}

    def start(self) -> None:
        """Start it and wait until it answers. One that was begun is stopped where that is broken
        off.
        """
        runs = (self.folder / "pid").exists()
        try:
            self._start()
        except BaseException:
            if not runs:
                self.stop()
            raise

    def _start(self) -> None:
        port = self.bootstrap.partition(":")[2]
        command = [str(SCRIPTS / "start"), str(self.folder), *([port] if port else [])]
        started = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
            env=self._environment,
        )
        assert started.returncode == 0, started.stderr
        self.bootstrap = started.stdout.strip().removeprefix("bootstrap=")

    def stop(self) -> None:
        """End it with SIGTERM."""
        subprocess.run([str(SCRIPTS / "stop"), str(self.folder)], check=True, timeout=PATIENCE)

    def kill(self) -> None:
        """End it with SIGKILL, and wait until it is gone."""
        file = self.folder / "pid"
        pid = int(file.read_text())
        os.kill(pid, signal.SIGKILL)
        while _runs(pid):
            time.sleep(0.02)
        file.unlink()


@contextmanager
def running_kafka(folder: Path) -> Iterator[str]:
    """Start Kafka with its data in a folder, give its bootstrap address, stop it at the end, also
    at that by SIGTERM.
    """
    kafka = Kafka(folder)
    before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        kafka.start()
        try:
            yield kafka.bootstrap
        finally:
            kafka.stop()
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def shared_kafka(folder: Path) -> Iterator[Kafka]:
    """One Kafka for all processes that name this folder: the first starts it, the last stops it."""
    folder.mkdir(parents=True, exist_ok=True)
    kafka = Kafka(folder)
    with (folder / "users").open("w") as users, (folder / "starting").open("w") as starting:
        fcntl.flock(users, fcntl.LOCK_SH)
        fcntl.flock(starting, fcntl.LOCK_EX)
        kafka.start()
        fcntl.flock(starting, fcntl.LOCK_UN)
        try:
            yield kafka
        finally:
            with suppress(BlockingIOError):
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                kafka.stop()


def _runs(pid: int) -> bool:
    try:
        # A killed process that nobody has waited for is in state Z.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
