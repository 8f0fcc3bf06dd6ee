"""Measures Baton on a real Kafka beside its peers; `make bench` prepares and runs it.

    python -m tests.bench [--quick] [--before FILE] [--page FILE] [BENCH ...]

Prints one JSON line a figure; progress and a table go to standard error, a plot to build/bench.
"""

import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import click

from tests.bench import (
    anomalies,
    cost,
    count,
    decide,
    growth,
    latency,
    memory,
    metrics,
    outages,
    pipeline,
    shape,
    timers,
)
from tests.bench.broker import Broker, OpenBroker
from tests.bench.contenders import MADE
from tests.bench.goals import missed
from tests.bench.page import here, write_page
from tests.bench.report import print_lines, print_table, say, write_plot
from tests.bench.results import Result, read_lines
from tests.kafka import running_kafka

BENCHES: dict[str, Any] = {
    "count": count,
    "shape": shape,
    "growth": growth,
    "cost": cost,
    "latency": latency,
    "metrics": metrics,
    "memory": memory,
    "pipeline": pipeline,
    "decide": decide,
    "outages": outages,
    "anomalies": anomalies,
    "timers": timers,
}
"""Modules with `run(open_broker, folder, sizes)` and two `sizes`: FULL and QUICK."""

SHORT = ("count", "latency", "memory", "pipeline", "decide", "timers")
"""Those whose QUICK sizes take less than a minute together."""


@contextmanager
def fresh_broker() -> Iterator[Broker]:
    """A Kafka of its own, gone with all its data at the end: so little is on disk at any time."""
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as name:
        folder = Path(name)
        with running_kafka(folder) as bootstrap:
            yield Broker(bootstrap, folder)


def shared(broker: Broker) -> OpenBroker:
    """The same Kafka every time: to start one takes seconds."""

    def open_broker() -> AbstractContextManager[Broker]:
        return nullcontext(broker)

    return open_broker


def run(bench: str, open_broker: OpenBroker, folder: Path, quick: bool) -> list[Result]:
    """The figures of a bench; says how long it took."""
    module, began = BENCHES[bench], time.monotonic()
    found: list[Result] = module.run(open_broker, folder, module.QUICK if quick else module.FULL)
    say(f"{bench}: {time.monotonic() - began:.0f} s")
    return found


@click.command()
@click.option("--quick", is_flag=True, help="Small sizes and single runs; of some, unless named.")
@click.option(
    "--before",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="The JSON lines of an earlier run, to be shown beside this one.",
)
@click.option(
    "--page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The page of figures, in which the sections of these benches are written anew.",
)
@click.argument("benches", nargs=-1, type=click.Choice(tuple(BENCHES)))
def main(quick: bool, before: Path | None, page: Path | None, benches: tuple[str, ...]) -> None:
    """Run the benches named, by default all, or with --quick some for less than a minute."""
    results: list[Result] = []
    place = here() if page else None
    with tempfile.TemporaryDirectory(prefix="baton-bench-") as name:
        folder = Path(name)
        with fresh_broker() if quick else nullcontext(None) as broker:
            open_broker = fresh_broker if broker is None else shared(broker)
            began = time.monotonic()
            for bench in benches or (SHORT if quick else BENCHES):
                found = run(bench, open_broker, folder, quick)
                print_lines(found)
                if page and place:
                    write_page(found, page, place)
                results += found
            say(f"{time.monotonic() - began:.0f} s once Kafka was there")
    print_table(results, read_lines(before.read_text()) if before else ())
    for line in missed(results):
        say(f"falls short: {line}")
    plot = MADE / ("quick.svg" if quick else "bench.svg")
    write_plot(results, plot)
    say(f"plot: {plot}")


if __name__ == "__main__":
    main()
