"""What `deploy/kafka/stop` leaves alone; the fixture `kafka_bootstrap` checks that it stops."""

import subprocess
import sys
from pathlib import Path

from tests.kafka import SCRIPTS


def test_stopping_what_was_never_started_does_no_harm(tmp_path: Path) -> None:
    subprocess.run([SCRIPTS / "stop", tmp_path], check=True, timeout=30)


def test_a_pid_that_has_gone_to_another_process_is_not_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (tmp_path / "pid").write_text(str(other.pid))
        subprocess.run([SCRIPTS / "stop", tmp_path], check=True, timeout=30)
        assert other.poll() is None
        assert not (tmp_path / "pid").exists()
        other.communicate(b"\n")
    assert other.returncode == 0
