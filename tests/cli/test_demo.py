"""`baton demo` in simulated time: what it is meant to show is what it shows."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.kinds import AGENTS
from tests.cli.test_commands import baton

LIFE = re.compile(
    r"anomaly payments: .*: 40 accounts, first report ([0-9:]{8}), opened ([0-9:]{8}),"
    r" (\d+) records, resolved [0-9:]{8} with (\d+) accounts and \d+ tickets to be told"
)


def test_forty_minutes_of_the_demo_have_one_anomaly_that_opens_grows_and_ends_and_nothing_else(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Whatever is set for a broker of one's own.
    monkeypatch.setenv("BATON_SECURITY_PROTOCOL", "sasl_ssl")
    monkeypatch.setenv("BATON_TOPIC_PREFIX", "acme.")
    # Faster, and what a busy machine holds up for seconds would be too many minutes late.
    code, said, complaint = baton(capfd, "demo", "--seconds", "80", "--speed", "30")
    assert code == 0, complaint
    life, last = said
    told = LIFE.fullmatch(life)
    assert told is not None, life
    reported, opened = map(_seconds, told.groups()[:2])
    assert 0 < opened - reported < 180
    assert int(told[3]) >= 3
    # Where a busy machine has the partitions minutes apart, earlier reports of others are taken for
    # its own: up to three of them were seen.
    assert 40 <= int(told[4]) <= 45, (life, last)
    summary = json.loads(last)
    assert summary["anomalies"] == 1
    assert summary["messages"] >= summary["decisions"] > 1_000
    assert sum(summary["escalations"].values()) > 10
    assert summary["dead_letters"] == 0
    assert summary["p99_ms"] > 0
    assert list(summary) == [
        "messages", "decisions", "escalations", "reviews", "anomalies", "dead_letters", "p99_ms",
    ]  # fmt: skip


@pytest.fixture
def as_in_a_terminal() -> Iterator[None]:
    """What was begun in the background does not hear SIGINT, and what it begins does not either."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("as_in_a_terminal")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_demo_that_is_told_to_end_says_its_summary_and_leaves_nothing(
    tmp_path: Path, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "streams.cli.main", "demo"],
        env=os.environ | {"TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as demo:
        try:
            limit = time.monotonic() + 120
            while not _is_ready(tmp_path):
                assert demo.poll() is None
                assert time.monotonic() < limit
                time.sleep(0.1)
            time.sleep(2)
            demo.send_signal(number)
            said, complaint = demo.communicate(timeout=60)
        finally:
            demo.kill()
    assert demo.returncode == 0, complaint
    assert json.loads(said.splitlines()[-1])["messages"] > 0
    assert list(tmp_path.glob("baton-demo-*")) == []


def _is_ready(folder: Path) -> bool:
    logs = [path.read_text(errors="replace") for path in folder.glob("baton-demo-*/worker.log")]
    return any(log.count(" ready: baton-") == len(AGENTS) for log in logs)


def _seconds(clock: str) -> int:
    hours, minutes, seconds = map(int, clock.split(":"))
    return hours * 3_600 + minutes * 60 + seconds
