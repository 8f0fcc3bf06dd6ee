"""What can happen to workers and broker."""

import time

from tests.chaos import disk
from tests.chaos.drill import Drill
from tests.chaos.mutations import STRIKE


def kill(drill: Drill, worker: str, *, wipe: bool = False) -> None:
    """A worker dies; with `wipe` its disk does too."""
    drill.stroke("kill and wipe" if wipe else "kill", worker)
    drill.group.kill(worker, wipe=wipe)


def terminate(drill: Drill, worker: str) -> None:
    """A worker is told to stop, as in a rolling restart."""
    drill.stroke("SIGTERM", worker)
    code = drill.group.terminate(worker)
    if code != 0:
        drill.say(f"{worker} ended with {code}")


def change(drill: Drill, worker: str, version: str) -> None:
    """A worker is replaced by one of another version."""
    drill.stroke(f"version {version}", worker)
    code = drill.group.replace(worker, VERSION=version)
    if code != 0:
        drill.say(f"{worker} ended with {code}")


def pause(drill: Drill, worker: str, seconds: float) -> None:
    """A worker stands still, then goes on as if nothing had happened."""
    drill.stroke(f"SIGSTOP for {seconds:.0f} s", worker)
    drill.group.pause(worker)
    time.sleep(seconds)
    drill.group.resume(worker)


def strike(drill: Drill, worker: str) -> None:
    """A worker stops, or dies when it is a broken one, at its weakest moment."""
    drill.stroke("strike", worker)
    drill.group.send(worker, STRIKE)


def join(drill: Drill, worker: str) -> None:
    """One more worker comes."""
    drill.stroke(f"{worker} joins")
    drill.group.start(worker)


def restart_broker(drill: Drill, seconds: float) -> None:
    """The broker dies and is started again after a while."""
    drill.stroke(f"kill the broker, back after {seconds:.0f} s")
    drill.kafka.kill()
    time.sleep(seconds)
    drill.kafka.start()


def fill_disk(drill: Drill, worker: str, seconds: float) -> None:
    """A worker's disk is full for a while."""
    drill.stroke(f"disk full for {seconds:.0f} s", worker)
    folder = drill.group.data_of(worker)
    disk.fill(folder)
    time.sleep(seconds)
    disk.free(folder)
