"""`baton worker` and the processes of its agents: none outlives the command."""

import json
import os
import select
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.admin.topics import wanted_topics
from streams.clock import ScaledClock
from streams.core.policy import default_policy
from streams.demo.stage import Stage
from streams.engine import NewerRelease, wall_clock
from streams.errors import BatonError
from streams.kinds import AGENTS, changelogs
from streams.policies.local import route_names
from streams.settings import Settings
from tests.conftest import Broker
from tests.integration.running import START_TIMEOUT, children
from tests.patience import PATIENCE

WORKER = [sys.executable, "-W", "error", "-m", "streams.cli.main", "worker"]
DEAF = """
import signal
from streams.cli.processes import end_with
signal.signal(signal.SIGTERM, signal.SIG_IGN)
end_with(0, 0.2)
signal.pause()
"""


DEMO = """
from streams.demo.stage import stage
with stage(1.0) as running:
    print(running.worker.pid, flush=True)
    input()
"""


def settings_of(broker: Broker, folder: Path) -> dict[str, str]:
    """The environment of a worker, whose topics are made."""
    topics = [topic.name for topic in wanted_topics(route_names(default_policy()), dev=True)]
    for name in [*topics, *changelogs(Settings())]:
        broker.create(name, 1)
    return os.environ | {
        "BATON_BOOTSTRAP_SERVERS": broker.bootstrap,
        "BATON_DATA_DIR": str(folder),
        "BATON_WORKER_ID": "one",
        "BATON_GUARANTEE": "at_least_once",
        "BATON_CREATE_CHANGELOGS": "false",
        "BATON_LOG_LEVEL": "info",
    }


def test_agents_end_in_order_when_their_supervisor_is_killed(
    embedded: Broker, tmp_path: Path
) -> None:
    worker = subprocess.Popen(
        WORKER,
        env=settings_of(embedded, tmp_path),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    too_slow = threading.Timer(START_TIMEOUT, worker.kill)
    too_slow.start()
    assert worker.stdout is not None
    ready = 0
    while ready < len(AGENTS) and (line := worker.stdout.readline()):
        ready += "ready: " in line
    too_slow.cancel()
    assert ready == len(AGENTS)
    # One that has threads must not be copied.
    assert len(list(Path(f"/proc/{worker.pid}/task").iterdir())) == 1
    worker.kill()
    # Every agent holds the other end: it closes with the last of them.
    said, _ = worker.communicate(timeout=PATIENCE)
    assert said.count("LeaveGroup request succeeded") == len(AGENTS), said
    assert worker.returncode == -signal.SIGKILL


def test_an_older_worker_beside_a_newer_one_ends_with_a_line_that_says_so(
    embedded: Broker, tmp_path: Path
) -> None:
    environment = settings_of(embedded, tmp_path)
    producer = Producer({"bootstrap.servers": embedded.bootstrap})
    written = {"activity_id": "x", "ticket_id": "T1", "kind": "promised", "account_id": "acme"}
    value = json.dumps(written | {"occurred_at": wall_clock()})
    producer.produce("support.account-activity", value, b"acme", partition=0)
    assert producer.flush(10) == 0
    ended = subprocess.run(
        [*WORKER, "--agents", "accounts"],
        env=environment, capture_output=True, text=True, check=False, timeout=START_TIMEOUT,
    )  # fmt: skip
    assert ended.returncode == NewerRelease.exit_code
    said = ended.stdout + ended.stderr
    [line] = [line for line in said.splitlines() if "NewerRelease" in line]
    assert "support.account-activity/0/0: AccountActivity.kind is 'unknown' or no symbol" in line
    assert "A newer release wrote it: run that one" in line
    assert "Traceback" not in said


def test_a_process_that_does_not_end_in_order_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", DEAF], stdin=subprocess.PIPE) as deaf:
        assert deaf.stdin is not None
        deaf.stdin.close()
        assert deaf.wait(PATIENCE) == -signal.SIGKILL


def test_a_demo_whose_worker_has_failed_says_of_what(tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    log.write_text("baton: out of order\n" + "[12:00:00] [7] [INFO] Stopping...\n" * 100)
    with subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"]) as worker:
        worker.wait()
    running = Stage(Settings(), ScaledClock(0, 0, 1.0), log, worker)
    with pytest.raises(BatonError, match=r"has ended with code 3:\nbaton: out of order$"):
        running.check()


def test_the_workers_of_the_demo_end_when_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", DEMO],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as demo:
        assert demo.stdout is not None
        worker = int(demo.stdout.readline())
        watched = [os.pidfd_open(pid) for pid in (worker, *children(worker))]
        assert len(watched) == 1 + len(AGENTS)
        demo.kill()
    for process in watched:
        assert select.select([process], [], [], PATIENCE)[0], "it ends"
        os.close(process)
