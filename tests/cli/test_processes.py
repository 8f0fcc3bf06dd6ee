"""The processes of one command end together, with the code of the first."""

import os
import signal
import subprocess
import sys

import pytest

from tests.patience import PATIENCE

TWO = """
import os, signal, sys
from streams.cli.processes import begun

waiting, ready = os.pipe()

def run(name):
    if name == "first":
        os.read(waiting, 1)
        {first}
    signal.signal(signal.SIGTERM, lambda *_: (print(name, "ends", flush=True), os._exit(0)))
    os.write(ready, b".")
    signal.pause()

with begun(run, ("first", "second")) as both:
    sys.exit(both.supervise())
"""


@pytest.mark.parametrize(
    ("first", "code", "told"),
    [
        ("os._exit(75)", 75, ""),
        ("os.kill(os.getpid(), 9)", 128 + 9, "first was killed (SIGKILL): the others end, too\n"),
        ("os._exit(0)", 1, "first was told to end: the others end, too\n"),
    ],
)
def test_when_one_ends_the_others_do_and_the_command_with_its_code(
    first: str, code: int, told: str
) -> None:
    """One that was killed could not say so itself."""
    ended = subprocess.run(
        [sys.executable, "-c", TWO.format(first=first)],
        capture_output=True, text=True, check=False, timeout=PATIENCE,
    )  # fmt: skip
    assert (ended.returncode, ended.stderr) == (code, told)
    assert ended.stdout == "second ends\n"


WAITING = """
import os, signal, sys, time
from streams.cli import processes

processes.GRACE = {grace}

def run(name):
    signal.signal(signal.SIGTERM, {at_the_end})
    os.write(1, f"{{name}} {{os.getpid()}} {{os.getpgid(0) == os.getpid()}}\\n".encode())
    while True:
        time.sleep(1)

with processes.begun(run, ("first", "second")) as both:
    sys.exit(both.supervise())
"""
ENDS, FAILS, STAYS = "lambda *_: os._exit(0)", "lambda *_: os._exit(69)", "signal.SIG_IGN"


@pytest.mark.parametrize(
    ("told", "grace", "at_the_end", "code"),
    [
        (signal.SIGTERM, PATIENCE, ENDS, 0),
        (signal.SIGINT, PATIENCE, ENDS, 0),
        (signal.SIGTERM, PATIENCE, "signal.SIG_DFL", 0),
        (signal.SIGTERM, PATIENCE, FAILS, 69),
        (signal.SIGTERM, 0.1, STAYS, 128 + 9),
    ],
)
def test_when_the_command_is_told_to_end_all_do_in_order_or_are_killed(
    told: signal.Signals, grace: float, at_the_end: str, code: int
) -> None:
    """A Ctrl-C of the terminal reaches none of them but through the command."""
    program = WAITING.format(grace=grace, at_the_end=at_the_end)
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as command:
        assert command.stdout is not None
        begun = sorted(command.stdout.readline().split() for _ in range(2))
        command.send_signal(told)
        assert command.wait(PATIENCE) == code
    assert [(name, alone) for name, _, alone in begun] == [
        (b"first", b"True"),
        (b"second", b"True"),
    ]
    for _, pid, _ in begun:
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


@pytest.mark.parametrize("at_the_end", [ENDS, STAYS])
def test_when_the_command_is_killed_all_end_in_order_or_are_killed(at_the_end: str) -> None:
    program = WAITING.format(grace=PATIENCE, at_the_end=at_the_end)
    program = program.replace("def run", "processes.end_with.__defaults__ = (0.1,)\n\ndef run")
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as command:
        assert command.stdout is not None
        for _ in range(2):
            command.stdout.readline()
        command.kill()
        assert command.stdout.read() == b"", "the pipe ends with the last of them"
