"""What is done in each drill, in its full length and in a short one."""

import time

from tests.chaos import faults
from tests.chaos.drill import Drill
from tests.chaos.names import NEXT_VERSION
from tests.chaos.overlapping import Overlapping

KILLS = 10
KILL_EVERY = 8.0
SHORT_KILL_EVERY = 3.5
WIPE_EVERY = 3
PAUSES = 4
PAUSE = 9.0
"""Seconds, past the session timeout of 6 s."""
MIX = 300.0
"""Seconds of all at once."""


def kills(drill: Drill) -> None:
    """A random worker dies every 8 s, ten times; after the fifth there are three workers."""
    for number in range(1, KILLS + 1):
        faults.kill(drill, drill.any_worker(), wipe=number % WIPE_EVERY == 0)
        time.sleep(KILL_EVERY)
        if number == KILLS // 2:
            faults.join(drill, "C")
            time.sleep(KILL_EVERY)


def short_kills(drill: Drill) -> None:
    """Each of two workers dies, and each dies again without its disk."""
    for wipe in (False, True):
        for worker in drill.group.names:
            faults.kill(drill, worker, wipe=wipe)
            time.sleep(SHORT_KILL_EVERY)


def rolling(drill: Drill) -> None:
    """Three times over, each worker is told to stop, one after the other."""
    for worker in drill.group.names * 3:
        faults.terminate(drill, worker)
        time.sleep(KILL_EVERY)


def upgrade(drill: Drill) -> None:
    """Workers become the next version one after the other, all go back, and forth again."""
    for version in (NEXT_VERSION, "1", NEXT_VERSION):
        for worker in drill.group.names:
            faults.change(drill, worker, version)
            time.sleep(KILL_EVERY)


def short_upgrade(drill: Drill) -> None:
    """Workers become the next version one after the other, each once the last one works."""
    for worker in drill.group.names:
        lives = drill.group.times_ready(worker)
        faults.change(drill, worker, NEXT_VERSION)
        drill.wait_until_ready(worker, lives + 1)
        time.sleep(1.0)


def pauses(drill: Drill) -> None:
    """A random worker is stopped for longer than its session lives, four times."""
    for _ in range(PAUSES):
        faults.pause(drill, drill.any_worker(), PAUSE)
        time.sleep(KILL_EVERY)


def broker(drill: Drill) -> None:
    """The broker dies three times and is away for a moment, for some, and for many seconds."""
    for seconds in (0.0, 5.0, 15.0):
        faults.restart_broker(drill, seconds)
        time.sleep(15.0)


def disk(drill: Drill) -> None:
    """The disk of a random worker is full for 10 s, three times."""
    for _ in range(3):
        faults.fill_disk(drill, drill.any_worker(), 10.0)
        time.sleep(KILL_EVERY)


def mix(drill: Drill) -> None:
    """Everything at once for five minutes, in random order and overlapping."""
    chooser = drill.chooser
    faults.join(drill, "C")
    end = time.monotonic() + MIX
    # One place a kind: a worker is paused while another one's disk is full and the broker is away.
    with Overlapping() as overlapping:
        while time.monotonic() < end:
            time.sleep(chooser.uniform(1.0, 8.0))
            worker, chance = drill.any_worker(), chooser.random()
            if chance < 0.45:
                faults.kill(drill, worker, wipe=chooser.random() < 1 / WIPE_EVERY)
            elif chance < 0.6:
                faults.terminate(drill, worker)
            elif chance < 0.75:
                overlapping.begin(faults.pause, drill, worker, chooser.uniform(1.0, 10.0))
            elif chance < 0.9:
                overlapping.begin(faults.fill_disk, drill, worker, chooser.uniform(1.0, 5.0))
            else:
                overlapping.begin(faults.restart_broker, drill, chooser.uniform(0.0, 5.0))


def trickle(drill: Drill) -> None:
    """Workers come and go while so little comes in that fetches are mostly waiting."""
    for _ in range(6):
        faults.terminate(drill, "B")
        time.sleep(3.5)


def tickets(drill: Drill) -> None:
    """Each fault, with two workers and then three."""
    faults.kill(drill, "A")
    time.sleep(KILL_EVERY)
    faults.kill(drill, "B", wipe=True)
    time.sleep(KILL_EVERY)
    faults.join(drill, "C")
    time.sleep(KILL_EVERY)
    for worker in drill.group.names:
        faults.terminate(drill, worker)
        time.sleep(KILL_EVERY)
    faults.pause(drill, "A", PAUSE)
    time.sleep(KILL_EVERY)
    faults.restart_broker(drill, 2.0)
    time.sleep(KILL_EVERY)
    faults.fill_disk(drill, "B", 5.0)
    time.sleep(KILL_EVERY)
    faults.kill(drill, "C", wipe=True)
    time.sleep(KILL_EVERY)


def short_tickets(drill: Drill) -> None:
    """A lost disk and a paused worker, with a session of 2 s."""
    faults.kill(drill, "A", wipe=True)
    time.sleep(3.0)
    faults.pause(drill, "B", 2.5)
    time.sleep(1.5)


def short_mix(drill: Drill) -> None:
    """Everything once, with a session of 2 s."""
    faults.kill(drill, "A", wipe=True)
    time.sleep(3.5)
    faults.pause(drill, "B", 2.5)
    time.sleep(1.0)
    faults.terminate(drill, "A")
    time.sleep(2.0)
    faults.restart_broker(drill, 0.0)
    time.sleep(3.0)
    faults.fill_disk(drill, "A", 2.0)
    time.sleep(1.0)
