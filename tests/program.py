"""Python programs as processes, begun as copies of one that has imported what they need.

To import the engine and to load the detectors' model is most of what a worker does in a test. That
`baton worker` begins as a program of its own is tried in `cli/test_worker.py`.
"""

import os
import runpy
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from multiprocessing import current_process, get_context
from multiprocessing.connection import wait
from pathlib import Path

ROOT = Path(__file__).parents[1]
_COPIES = get_context("forkserver")
_COPIES.set_forkserver_preload(["tests.warm"])
_LOCK = threading.Lock()
"""How a process ended can be read once, and every start looks after all that were begun."""


class Program:
    """A Python program that runs; it is used as a `subprocess.Popen`."""

    def __init__(
        self, arguments: Sequence[str], environment: Mapping[str, str], output: Path
    ) -> None:
        """Begin what `python *arguments` would; all it says is appended to a file.

        The arguments begin with a path, or with `-m` and a module.
        """
        output.touch()
        self._process = _COPIES.Process(
            target=_run, args=([*arguments], dict(environment), str(output)), daemon=True
        )
        with _LOCK:
            self._process.start()
        assert self._process.pid is not None
        self.pid: int = self._process.pid

    def poll(self) -> int | None:
        """How it ended, a signal negative; None while it runs."""
        with _LOCK:
            return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int:
        """Wait until it has ended. Raises `TimeoutExpired`."""
        if not wait([self._process.sentinel], timeout):
            raise subprocess.TimeoutExpired(self._process.name, timeout or 0.0)
        code = self.poll()
        assert code is not None
        return code

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it runs."""
        if self.poll() is None:
            # Its end is known a moment after it.
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        """End it with SIGTERM."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it with SIGKILL."""
        self.send_signal(signal.SIGKILL)


def on_its_own(
    arguments: Sequence[str], environment: Mapping[str, str], output: Path
) -> "subprocess.Popen[bytes]":
    """Begin the same as no copy: it imports for itself, as it must where its start is measured."""
    with output.open("ab") as said:
        return subprocess.Popen(
            [sys.executable, *arguments],
            env={**environment, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT,
        )  # fmt: skip


def _run(arguments: list[str], environment: dict[str, str], output: str) -> None:
    # It is to end with us, but may have processes of its own.
    current_process().daemon = False
    os.environ.clear()
    os.environ.update(environment)
    said = os.open(output, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.dup2(said, 1)
    os.dup2(said, 2)
    os.close(said)
    path, *others = arguments
    if path == "-m":
        name, *others = others
        found = find_spec(name)
        path = str(found and found.origin)
    sys.argv = [path, *others]
    runpy.run_path(path, run_name="__main__")
