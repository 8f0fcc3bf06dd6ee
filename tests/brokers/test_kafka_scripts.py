"""What the scripts of `deploy/kafka` leave alone; the fixture `kafka_bootstrap` uses them."""

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.kafka import SCRIPTS, Kafka, running_kafka
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


def with_programs(folder: Path, **programs: str) -> dict[str, str]:
    """The scripts, copied to the folder, and an environment in which these programs are found."""
    for name in ("start", "jars", "server.properties", "pom.xml"):
        shutil.copy(SCRIPTS / name, folder)
    for name, does in programs.items():
        program = folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\n{does}\n")
        program.chmod(0o755)
    return {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}


def jar(folder: Path) -> Path:
    """The one that is told by its name which Kafka has been brought."""
    [version] = re.findall("<kafka.version>(.*)</kafka.version>", (SCRIPTS / "pom.xml").read_text())
    return folder / "target" / "libs" / f"kafka_2.13-{version}.jar"


def test_jars_are_brought_once_by_who_starts_at_the_same_moment(tmp_path: Path) -> None:
    told, made = tmp_path / "told", jar(tmp_path)
    brings = f"echo came >> {told}; sleep 1; mkdir -p {made.parent}; touch {made}"
    path = with_programs(tmp_path, mvn=brings, java="exit 1", ps="exit 1")
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


def test_another_version_is_brought_in_the_place_of_the_former(tmp_path: Path) -> None:
    made = jar(tmp_path)
    path = with_programs(tmp_path, mvn=f"mkdir -p {made.parent}; touch {made}")
    former = made.with_name("kafka_2.13-3.0.0.jar")
    made.parent.mkdir(parents=True)
    for name in (former, made.with_name(".complete")):
        name.touch()
    subprocess.run([tmp_path / "jars"], check=True, env=path, timeout=PATIENCE)
    assert made.exists()
    assert not former.exists()


def test_who_starts_what_another_has_begun_waits_and_is_told_where_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "broker"
    folder.mkdir()
    path = with_programs(tmp_path, java="exit 1", ps=f"echo {folder}/server.properties")
    listeners = "listeners=PLAINTEXT://127.0.0.1:4321,CONTROLLER://127.0.0.1:1\n"
    (folder / "server.properties").write_text(listeners)
    (folder / "bootstrap").write_text("bootstrap=127.0.0.1:1234\n")
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as broker:
        (folder / "pid").write_text(str(broker.pid))
        again = subprocess.Popen(
            [tmp_path / "start", folder], env=path, stdout=subprocess.PIPE, text=True
        )
        with pytest.raises(subprocess.TimeoutExpired):
            again.wait(1)
        (folder / "kafka.log").write_text("Kafka Server started\n")
        assert again.communicate(timeout=PATIENCE)[0] == "bootstrap=127.0.0.1:4321\n"
        broker.communicate(b"\n")


def test_a_broker_that_starts_again_is_waited_for_whatever_its_last_log_says(
    tmp_path: Path,
) -> None:
    folder, made = tmp_path / "broker", jar(tmp_path)
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "meta.properties").touch()
    (folder / "kafka.log").write_text("Kafka Server started\n")
    path = with_programs(
        tmp_path,
        mvn=f"mkdir -p {made.parent}; touch {made}",
        java="echo Refused; exit 1",
        ps="exit 1",
    )

    def started() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [tmp_path / "start", folder, "4321"],
            check=False,
            capture_output=True,
            env=path,
            text=True,
            timeout=PATIENCE,
        )

    refused = started()
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "Refused" in refused.stderr
    (tmp_path / "bin" / "java").write_text("#!/bin/sh\necho Kafka Server started\n")
    told = started()
    assert (told.returncode, told.stdout) == (0, "bootstrap=127.0.0.1:4321\n")


def test_a_kafka_whose_start_is_broken_off_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, begun = subprocess.run, list[subprocess.Popen[bytes]]()

    def broken_off(command: list[str], **how: Any) -> object:
        if not command[0].endswith("start"):
            return run(command, **how)
        program = [sys.executable, "-c", "input()", str(tmp_path / "server.properties")]
        begun.append(subprocess.Popen(program, stdin=subprocess.PIPE))
        (tmp_path / "pid").write_text(str(begun[0].pid))
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", broken_off)
    with pytest.raises(KeyboardInterrupt):
        Kafka(tmp_path).start()
    with begun[0] as broker:
        assert broker.wait(PATIENCE) == -signal.SIGTERM


def test_who_is_told_to_end_takes_its_kafka_along(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped: list[Path] = []
    monkeypatch.setattr(Kafka, "start", lambda kafka: None)
    monkeypatch.setattr(Kafka, "stop", lambda kafka: stopped.append(kafka.folder))
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(SystemExit) as end, running_kafka(tmp_path):
        signal.raise_signal(signal.SIGTERM)
    assert (end.value.code, stopped) == (128 + signal.SIGTERM, [tmp_path])
    assert signal.getsignal(signal.SIGTERM) == before
