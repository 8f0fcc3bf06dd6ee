"""A real Alertmanager for as long as it is needed."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.patience import PATIENCE
from tests.ports import free_port

PROGRAMS = ("prometheus-alertmanager", "alertmanager")
"""Debian's name of it, and its own."""

CONFIG = """
route:
  receiver: none
  group_by: [alertname, component]
  group_wait: 100ms
  group_interval: 500ms
receivers:
  - name: none
"""


class RunningAlertmanager:
    """One that listens on a port of loopback."""

    def __init__(self, url: str) -> None:
        self.url = url

    def get(self, path: str) -> Any:
        with urlopen(f"{self.url}/api/v2/{path}", timeout=10) as answer:
            return json.load(answer)

    def alerts(self) -> dict[str, dict[str, Any]]:
        """The active alerts by their dedup key and severity."""
        return {
            f"{one['annotations']['dedup_key']} {one['labels']['severity']}": one
            for one in self.get("alerts")
        }


def program() -> str:
    """Where it is. In CI it must be there."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is not None:
        return found
    reason = "a real Alertmanager needs the Debian package prometheus-alertmanager"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def running_alertmanager(folder: Path, port: int = 0) -> Iterator[RunningAlertmanager]:
    """Start one with its data in a folder, wait until it answers, end it at the end."""
    binary = program()
    (folder / "alertmanager.yml").write_text(CONFIG)
    port = port or free_port()
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                binary,
                f"--config.file={folder / 'alertmanager.yml'}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            stdout=log,
            stderr=log,
        )
    running = RunningAlertmanager(f"http://127.0.0.1:{port}")
    try:
        _wait(running, process, folder / "log")
        yield running
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _wait(running: RunningAlertmanager, process: "subprocess.Popen[bytes]", log: Path) -> None:
    limit = time.monotonic() + PATIENCE
    while True:
        try:
            running.get("status")
            return
        except OSError:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.05)
