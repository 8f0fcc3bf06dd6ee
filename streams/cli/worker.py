"""`baton worker`: runs agents until told to stop."""

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import click

from streams.security import connection_of, reach
from streams.settings import load_settings

NAMES = ("tickets", "anomalies", "accounts")
GRACE = 15.0
"""Seconds a process has for its last checkpoint before it is killed."""
STDIN = 0


@click.command(epilog="Example: baton worker --agents tickets")
@click.option(
    "--agents",
    "names",
    type=click.Choice(NAMES),
    multiple=True,
    help="Run only these agents; may be repeated.  [default: all]",
)
@click.option("--supervised", is_flag=True, hidden=True, help="End when stdin does.")
def command(names: tuple[str, ...], supervised: bool) -> None:
    """Run the agents: one process each, a consumer group each.

    Ends on SIGTERM or Ctrl-C with a last checkpoint, and when one of the agents fails; a supervisor
    then starts it again and it restores itself. Start more of them on other machines to share the
    partitions; each needs a BATON_DATA_DIR and so a name of its own.
    """
    wanted = tuple(dict.fromkeys(names)) or NAMES
    if supervised:
        threading.Thread(target=end_with_supervisor, daemon=True).start()
    if len(wanted) == 1:
        _run(wanted[0])
    else:
        # What no agent could do without is looked at once, and said once.
        settings = load_settings()
        settings.worker_name()
        reach(connection_of(settings))
        sys.exit(supervise([supervised_worker(name) for name in wanted]))


def _run(name: str) -> None:
    from streams.app import build
    from streams.engine import EngineError, run

    settings = load_settings()
    try:
        app = build(name, settings)
    except EngineError as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(error.exit_code)
    run(app, logging.getLevelName(settings.log_level.upper()))


def supervised_worker(name: str) -> list[str]:
    """The command that runs an agent until its `lifeline` ends."""
    return [sys.executable, "-m", "streams.cli.main", "worker", "--supervised", "--agents", name]


def supervise(commands: Sequence[Sequence[str]]) -> int:
    """Run the commands until one ends or we are told to stop, then end them all.

    Returns 0 when told to stop, else the exit code of the one that ended first.
    """
    told: list[int] = []

    def tell(number: int, frame: FrameType | None) -> None:
        told.append(number)

    signal.signal(signal.SIGTERM, tell)
    signal.signal(signal.SIGINT, tell)
    code = 0
    with lifeline() as stdin:
        children = [
            subprocess.Popen(command, stdin=stdin, start_new_session=True) for command in commands
        ]
        while not told:
            ended = [child.returncode for child in children if child.poll() is not None]
            if ended:
                code = ended[0] or 1
                break
            time.sleep(0.1)
        end(children)
    return code


@contextmanager
def lifeline() -> Iterator[int]:
    """A stdin for supervised workers that only we can write to.

    It ends when we do, however that comes about.
    """
    read, write = os.pipe()
    try:
        yield read
    finally:
        os.close(read)
        os.close(write)


def end_with_supervisor(grace: float = GRACE) -> None:
    """Wait until stdin ends, then end this process as `end` would have done."""
    while os.read(STDIN, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(grace)
    os.kill(os.getpid(), signal.SIGKILL)


def end(children: Sequence[subprocess.Popen[bytes]], grace: float = GRACE) -> None:
    """End processes with SIGTERM, and with SIGKILL what is left after `grace` seconds."""
    for child in children:
        if child.poll() is None:
            child.terminate()
    limit = time.monotonic() + grace
    for child in children:
        try:
            child.wait(max(0.0, limit - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
