"""Workers as processes: started, watched from outside through /proc, ended. Linux only."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
ROOT = Path(__file__).parents[2]


class Worker:
    """A running process with its log."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.log = log
        self._name = " ".join(command)
        with log.open("wb") as stream:
            self._process = subprocess.Popen(
                command,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                stdout=stream,
                stderr=subprocess.STDOUT,
            )

    def check(self) -> None:
        """Raise with the end of its log when it has ended by itself."""
        if (code := self._process.poll()) is not None:
            tail = self.log.read_text(errors="replace")[-3_000:]
            raise RuntimeError(f"{self._name} ended with {code}:\n{tail}")

    def cpu_seconds(self) -> float:
        """Processor time that all its threads have used, in user and system."""
        # After the name, which may hold spaces, in brackets: state is field 3, utime 14, stime 15.
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND

    def memory(self) -> tuple[float, float]:
        """Resident memory now and at its highest, in MiB."""
        status = dict(line.split(":", 1) for line in self._proc("status").splitlines())
        now, highest = (int(status[name].split()[0]) for name in ("VmRSS", "VmHWM"))
        return now / 1024, highest / 1024

    def stop(self) -> None:
        """End it as a supervisor would, with SIGTERM; it must end well."""
        self._process.terminate()
        code = self._process.wait(60)
        if code != 0:
            raise RuntimeError(f"{self._name} ended with {code}, see {self.log}")

    def kill(self) -> None:
        """End it at once. Does nothing when it has ended."""
        self._process.kill()
        self._process.wait()

    def _proc(self, name: str) -> str:
        return Path(f"/proc/{self._process.pid}/{name}").read_text()


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[Worker]:
    """A worker for as long as it is needed."""
    worker = Worker(command, environment, log)
    try:
        yield worker
    finally:
        worker.kill()
