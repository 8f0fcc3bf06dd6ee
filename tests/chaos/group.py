"""The workers of a consumer group as processes, under a supervisor as in production."""

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.program import Program

RESTART_DELAY = 1.0
"""Seconds after which the supervisor starts a worker again that has ended."""
STOP_TIMEOUT = 30.0
UNEXPLAINED = 1
"""How Python ends a program that failed without the engine's saying why."""
LAST_LINES = 30
READY = b"ready: "
RESTORED = re.compile(rb"restored partitions \[([0-9, ]*)\]")

Process = Program | subprocess.Popen[bytes]
Begin = Callable[[Sequence[str], Mapping[str, str], Path], Process]
"""Begins a program from its arguments and environment; what it says is appended to a file."""
Environment = Callable[[str, Path], Mapping[str, str]]
"""The environment of a worker by its name and its data folder."""


@dataclass
class _Worker:
    """A worker's process; `held` while somebody waits for its end, down since `ended`."""

    process: Process
    extra: Mapping[str, str]
    held: bool = False
    ended: float | None = None


class Group:
    """Workers by name; each has a data folder and a log of its name in `folder`.

    What ends, by itself or by `kill` and `terminate`, is started again until `stop`. `exits` counts
    how workers ended: exit codes, signals negative; `last_words` are the ends of the logs of those
    that ended with `UNEXPLAINED`.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Environment,
        folder: Path,
        begin: Begin = Program,
    ) -> None:
        self._begin = begin
        self._arguments = arguments
        self._environment = environment
        self._folder = folder
        self._workers: dict[str, _Worker] = {}
        self._lock = threading.RLock()
        self._stopped = threading.Event()
        self._supervisor: threading.Thread | None = None
        self.exits: Counter[int] = Counter()
        self.last_words: list[str] = []

    @property
    def names(self) -> list[str]:
        """Every worker that was started."""
        return sorted(self._workers)

    def data_of(self, worker: str) -> Path:
        """Where a worker keeps its state."""
        return self._folder / worker

    def log_of(self, worker: str) -> Path:
        """What a worker has said in all its lives."""
        return self._folder / f"{worker}.log"

    def owned(self, worker: str) -> frozenset[int]:
        """The partitions that a worker restored last, by its log."""
        found = RESTORED.findall(self.log_of(worker).read_bytes())
        return frozenset(map(int, found[-1].split(b","))) if found and found[-1] else frozenset()

    def times_ready(self, worker: str) -> int:
        """How often a worker has been ready in all its lives, by its log."""
        return self.log_of(worker).read_bytes().count(READY)

    def start(self, worker: str, **extra: str) -> None:
        """Start a worker; what is added to its environment stays when it is started again."""
        with self._lock:
            self._workers[worker] = _Worker(self._process(worker, extra), extra)
        if self._supervisor is None:
            self._stopped.clear()
            self._supervisor = threading.Thread(target=self._supervise, daemon=True)
            self._supervisor.start()

    def kill(self, worker: str, *, wipe: bool = False) -> None:
        """End a worker with SIGKILL; with `wipe` its data is gone before it comes back."""
        self._end(worker, signal.SIGKILL, wipe=wipe)

    def terminate(self, worker: str) -> int:
        """End a worker with SIGTERM; returns its exit code."""
        return self._end(worker, signal.SIGTERM)

    def replace(self, worker: str, **extra: str) -> int:
        """End a worker with SIGTERM; it comes back with this environment. Returns its exit code."""
        self._workers[worker].extra = extra
        return self.terminate(worker)

    def pause(self, worker: str) -> None:
        """Stop a worker with SIGSTOP: it lives, but does nothing."""
        self.send(worker, signal.SIGSTOP)

    def resume(self, worker: str) -> None:
        """Let a paused worker go on."""
        self.send(worker, signal.SIGCONT)

    def send(self, worker: str, number: signal.Signals) -> None:
        """Send a worker a signal."""
        self._workers[worker].process.send_signal(number)

    def pid_of(self, worker: str) -> int:
        """A worker's process."""
        return self._workers[worker].process.pid

    def stop(self) -> list[int]:
        """End all workers with SIGTERM and leave them down; returns their exit codes."""
        self._stopped.set()
        if self._supervisor is not None:
            self._supervisor.join()
            self._supervisor = None
        for worker in self._workers.values():
            worker.process.send_signal(signal.SIGCONT)
            worker.process.terminate()
        codes = [_wait(worker.process) for worker in self._workers.values()]
        self._workers.clear()
        return codes

    def _process(self, worker: str, extra: Mapping[str, str]) -> Process:
        data = self.data_of(worker)
        data.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, **self._environment(worker, data), **extra}
        return self._begin(self._arguments, environment, self.log_of(worker))

    def _end(self, name: str, number: signal.Signals, *, wipe: bool = False) -> int:
        with self._lock:
            worker = self._workers[name]
            worker.held = True
        worker.process.send_signal(number)
        code = _wait(worker.process)
        if wipe:
            empty(self.data_of(name))
        with self._lock:
            self._note_end(name, worker)
            worker.held = False
        return code

    def _note_end(self, name: str, worker: _Worker) -> None:
        if worker.ended is not None:
            return
        worker.ended = time.monotonic()
        code = worker.process.wait()
        self.exits[code] += 1
        if code == UNEXPLAINED:
            lines = self.log_of(name).read_text(errors="replace").splitlines()[-LAST_LINES:]
            self.last_words.append("\n".join([f"{name} ended without a reason:", *lines]))

    def _supervise(self) -> None:
        while not self._stopped.wait(0.1):
            with self._lock:
                for name, worker in self._workers.items():
                    if worker.held or worker.process.poll() is None:
                        continue
                    self._note_end(name, worker)
                    if worker.ended and time.monotonic() > worker.ended + RESTART_DELAY:
                        worker.process = self._process(name, worker.extra)
                        worker.ended = None


def empty(folder: Path) -> None:
    """Delete what is in a folder, but not the folder: it may be a mount."""
    for entry in folder.iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _wait(process: Process) -> int:
    try:
        return process.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
