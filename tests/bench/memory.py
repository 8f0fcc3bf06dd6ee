"""Memory of a worker with many keys, and how soon it is back with and without its store."""

import shutil
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.bench.broker import OpenBroker
from tests.bench.contenders import BATON, Run, Work, new_run
from tests.bench.feed import Feed, fill
from tests.bench.measure import measure
from tests.bench.report import say
from tests.bench.results import Result

WORK = Work(state_bytes=500)
READY = b"ready: "
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


def _of(run: Run, rounds: int) -> list[Result]:
    feed = run.source.feed
    now, highest, span = _fill_state(run)
    restarts = [_start(run) for _ in range(rounds)]
    usual = statistics.median(seconds for seconds, _ in restarts)
    restores = []
    for _ in range(rounds):
        shutil.rmtree(run.folder / "worker-0")
        restores.append(_start(run))
    # What a start takes anyhow is no part of the restore.
    rates = tuple(feed.keys / (seconds - usual) for seconds, _ in restores)

    def results() -> Iterator[Result]:
        yield _result(feed, "at the end", (now,), "MiB")
        yield _result(feed, "at its highest", (highest,), "MiB")
        yield _result(feed, "highest in a restore", tuple(most for _, most in restores), "MiB")
        yield _result(feed, "first counts", (span,), "messages/s")
        yield _result(feed, "restore", rates, "records/s")
        yield _result(feed, "start, store there", tuple(s for s, _ in restarts), "s")
        yield _result(feed, "start, store gone", tuple(s for s, _ in restores), "s")

    return list(results())


def _result(feed: Feed, what: str, values: tuple[float, ...], unit: str) -> Result:
    return Result("memory", f"Baton, {feed.keys:,} keys, {what}", values, unit)


def _fill_state(run: Run) -> tuple[float, float, float]:
    """Memory at the end and at its highest in MiB, and the rate."""
    with run.workers() as (worker,):
        span = measure(run, [worker], run.source.feed.total, timeout=1_200)
        now, highest = worker.memory()
        worker.stop()
    say(f"memory: {run.source.feed.keys:,} keys: {highest:.0f} MiB at the highest")
    return now, highest, span.rate


def _start(run: Run) -> tuple[float, float]:
    """Seconds from the start of the process to its being ready, and its highest memory in MiB."""
    started = time.monotonic()
    with run.workers() as (worker,):
        while READY not in worker.log.read_bytes():
            worker.check()
            if time.monotonic() > started + START:
                raise TimeoutError(f"not ready after {START:.0f} s, see {worker.log}")
            time.sleep(0.01)
        seconds = time.monotonic() - started
        highest = worker.memory()[1]
        worker.stop()
    say(f"memory: {run.source.feed.keys:,} keys: ready after {seconds:.1f} s")
    return seconds, highest
