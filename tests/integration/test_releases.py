"""A worker of one release takes over from a worker of another."""

import os
import subprocess
import sys
from pathlib import Path

from schemas.codec import Codec
from streams.core.tickets.codec import VERSION
from streams.engine import NewerRelease
from streams.reading import Follower
from tests.conftest import Broker
from tests.integration.running import running_worker
from tests.integration.test_policies import Desk

NEWER = "tests.integration.newer_worker"
LETTERS = "support.dead-letters"
AGENT = ("--agents", "tickets")


def test_an_older_worker_that_takes_over_from_a_newer_one_ends_and_the_newer_goes_on(
    kafka: Broker, unique: str, tmp_path: Path
) -> None:
    desk = Desk(kafka, unique, tmp_path)
    environment = os.environ | desk.environment
    with running_worker(tmp_path, environment, *AGENT, module=NEWER):
        assert desk.ask().sequence == 1
    desk.say("T1", 2, "And how do I import one?")
    older = subprocess.run(
        [sys.executable, "-m", "streams.cli.main", "worker", *AGENT],
        env={**environment, "BATON_WORKER_ID": "two", "BATON_DATA_DIR": str(tmp_path / "two")},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    said = older.stdout + older.stderr
    assert older.returncode == NewerRelease.exit_code, said
    [line] = [line for line in said.splitlines() if "NewerRelease" in line]
    newer, known = VERSION[0] + 1, VERSION[0]
    assert f"state is of version {newer:02x}, known is {known:02x}. A newer release" in line
    assert "Traceback" not in said
    with running_worker(tmp_path, environment, *AGENT, module=NEWER):
        assert [one.sequence for one in desk.decisions("T1", 2)] == [1, 2]
    with Follower(desk.connection, Codec(), [LETTERS], from_start=True) as follower:
        assert list(follower.to_end()) == []
