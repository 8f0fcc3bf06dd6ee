"""Memory of a worker with many keys, and how soon it is back with and without its store."""

import re
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.broker import OpenBroker
from tests.bench.contenders import BATON, Run, Work, new_run
from tests.bench.disk import mebibytes
from tests.bench.feed import Feed, fill
from tests.bench.measure import measure
from tests.bench.report import say
from tests.bench.results import Result

WORK = Work(state_bytes=500)
READY = b"ready: "
RESTORED = re.compile(rb"restored partitions .*: (\d+) changelog records in ([\d.]+) s")
"""What the engine logs before it is ready."""

START = 300.0


@dataclass(frozen=True)
class Sizes:
    """How many keys, how many records on top of one each, and how many restarts of each kind."""

    keys: tuple[int, ...]
    records: int
    rounds: int


FULL = Sizes((1_000_000, 5_000_000), 400_000, 3)
QUICK = Sizes((50_000,), 10_000, 1)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Each number of keys on a broker of its own."""
    results: list[Result] = []
    for keys in sizes.keys:
        feed = Feed(sizes.records, keys, every_key_first=True)
        with open_broker() as broker:
            source = fill(broker, f"memory-{keys}", feed)
            with new_run(BATON, source, WORK, folder) as group:
                results += _of(group, sizes.rounds)
            broker.remove(source.topic)
    return results


@dataclass(frozen=True)
class Start:
    """Seconds from the start of the process to its being ready; its memory at the highest, MiB."""

    seconds: float
    highest: float
    restored: int
    restore_seconds: float


def _of(run: Run, rounds: int) -> list[Result]:
    now, highest, rate = _fill_state(run)
    disk = mebibytes(run.source.broker.folder, run.folder)
    restarts = [_start(run) for _ in range(rounds)]
    restores = []
    for _ in range(rounds):
        shutil.rmtree(run.folder / "worker-0")
        restores.append(_start(run))
    restore_rates = tuple(one.restored / one.restore_seconds for one in restores)
    figures: list[tuple[str, tuple[float, ...], str]] = [
        ("at the end", (now,), "MiB"),
        ("at its highest", (highest,), "MiB"),
        ("highest in a restore", tuple(one.highest for one in restores), "MiB"),
        ("on disk", (disk,), "MiB"),
        ("first counts", (rate,), "messages/s"),
        ("restore", restore_rates, "records/s"),
        ("start, store there", tuple(one.seconds for one in restarts), "s"),
        ("start, store gone", tuple(one.seconds for one in restores), "s"),
    ]
    keys = f"{run.source.feed.keys:,} keys"
    return [
        Result("memory", f"Baton, {keys}, {what}", values, unit) for what, values, unit in figures
    ]


def _fill_state(run: Run) -> tuple[float, float, float]:
    """Memory at the end and at its highest in MiB, and the rate."""
    with run.workers() as (worker,):
        span = measure(run, [worker], run.source.feed.total, timeout=1_200)
        now, highest = worker.memory()
        worker.stop()
    say(f"memory: {run.source.feed.keys:,} keys: {highest:.0f} MiB at the highest")
    return now, highest, span.rate


def _start(run: Run) -> Start:
    began = time.monotonic()
    with run.workers() as (worker,):
        while READY not in (log := worker.log.read_bytes()):
            worker.check()
            if time.monotonic() > began + START:
                raise TimeoutError(f"not ready after {START:.0f} s, see {worker.log}")
            time.sleep(0.01)
        seconds = time.monotonic() - began
        highest = worker.memory()[1]
        worker.stop()
    if (found := RESTORED.search(log)) is None:
        raise RuntimeError(f"nothing is said of a restore in {worker.log}")
    say(f"memory: {run.source.feed.keys:,} keys: ready after {seconds:.1f} s")
    return Start(seconds, highest, int(found[1]), float(found[2]))
