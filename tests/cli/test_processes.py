"""The processes of one command end together, with the code of the first."""

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
