"""What the scripts of `deploy/kafka` leave alone; the fixture `kafka_bootstrap` uses them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.kafka import SCRIPTS
from tests.patience import PATIENCE


def test_stopping_what_was_never_started_does_no_harm(tmp_path: Path) -> None:
    subprocess.run([SCRIPTS / "stop", tmp_path], check=True, timeout=PATIENCE)


def test_a_pid_that_has_gone_to_another_process_is_not_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        (tmp_path / "pid").write_text(str(other.pid))
        subprocess.run([SCRIPTS / "stop", tmp_path], check=True, timeout=PATIENCE)
        assert other.poll() is None
        assert not (tmp_path / "pid").exists()
        other.communicate(b"\n")
    assert other.returncode == 0


def test_jars_are_brought_once_by_who_starts_at_the_same_moment(tmp_path: Path) -> None:
    for name in ("start", "jars", "server.properties"):
        shutil.copy(SCRIPTS / name, tmp_path)
    told = tmp_path / "told"
    programs = {
        "mvn": f"echo came >> {told}; sleep 1; mkdir -p {tmp_path}/target/libs",
        "java": "exit 1",
        "ps": "exit 1",
    }
    for name, does in programs.items():
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
    path = {**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"}
    both = [
        subprocess.Popen(
            [tmp_path / "start", tmp_path / name], env=path, stderr=subprocess.PIPE, text=True
        )
        for name in ("one", "two")
    ]
    for one in both:
        _, said = one.communicate(timeout=PATIENCE)
        assert "cannot format the data folder" in said
    assert told.read_text() == "came\n"
