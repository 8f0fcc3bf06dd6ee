"""Runs drills on a Kafka of their own and prints what came of them.

    python -m tests.chaos                     all of them, in full length
    python -m tests.chaos kills all           some of them
    python -m tests.chaos --quick             everything once, in less than a minute
    python -m tests.chaos --quick upgrade     the short form of one

Progress and, at the end, a table go to standard error, a JSON line a drill to standard output. Ends
with 1 when anything was lost, doubled or wrong, or a planted fault was not found.
"""

import logging
import signal
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path

import click
import msgspec

from tests.chaos.disk import CannotMount
from tests.chaos.plans import FULL, LANES, QUICK, Plan, run
from tests.chaos.planted import run_all
from tests.chaos.result import Result
from tests.chaos.table import table
from tests.kafka import Kafka

PLANTED = "planted"
LONGEST_EXAMPLE = 400


@click.command()
@click.argument("names", nargs=-1, type=click.Choice([*FULL, PLANTED]))
@click.option("--quick", is_flag=True, help="Short forms: everything once.")
@click.option("--seed", type=int, default=1, show_default=True, help="What chance is made of.")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep logs, stores and topics in this folder.",
)
def main(names: tuple[str, ...], quick: bool, seed: int, keep: Path | None) -> None:
    """Run the drills NAMES, or all."""
    # Ended early, it still takes its workers, its Kafka and its mounts with it.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    # A broker that is away is part of it.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    known = QUICK if quick else FULL
    unknown = set(names) - {*known, PLANTED}
    if unknown:
        raise click.UsageError(f"there is no short form of {', '.join(sorted(unknown))}")
    lanes = [names] if names else LANES if quick else [(*known, PLANTED)]
    with tempfile.TemporaryDirectory(prefix="baton-chaos-") as made:
        results = run_lanes(lanes, known, keep or Path(made), seed)
    click.echo(table(results), err=True)
    sys.exit(0 if all(result.passed for result in results) else 1)


def run_lanes(
    lanes: Sequence[Sequence[str]], plans: Mapping[str, Plan], folder: Path, seed: int
) -> list[Result]:
    """Run the drills of a lane one after the other, the lanes beside each other."""

    def run_lane(names: Sequence[str], kafka: Kafka) -> list[Result]:
        return list(run_drills(names, kafka, plans, folder, seed))

    with ExitStack() as stack:
        kafkas = [
            stack.enter_context(started(folder / f"kafka-{number}")) for number in range(len(lanes))
        ]
        began = time.monotonic()
        try:
            if len(lanes) == 1:
                # Not in a thread of its own, for a signal to end it at once.
                results = run_lane(lanes[0], kafkas[0])
            else:
                pool = stack.enter_context(ThreadPoolExecutor(len(lanes)))
                results = list(chain.from_iterable(pool.map(run_lane, lanes, kafkas)))
        except CannotMount as error:
            raise click.ClickException(str(error)) from error
        click.echo(f"{time.monotonic() - began:.0f} s once Kafka was there", err=True)
    return results


def run_drills(
    names: Iterable[str], kafka: Kafka, plans: Mapping[str, Plan], folder: Path, seed: int
) -> Iterator[Result]:
    """Run drills one after the other; prints a line for each. Raises `CannotMount`."""
    for name in names:
        if name == PLANTED:
            found = run_all(kafka, folder / name)
        else:
            found = [run(plans[name], kafka, folder / name, seed)]
        for result in found:
            click.echo(msgspec.json.encode(result.line()).decode())
            for example in result.verdict.examples:
                click.echo(f"  {example[:LONGEST_EXAMPLE]}", err=True)
        yield from found


@contextmanager
def started(folder: Path) -> Iterator[Kafka]:
    """A Kafka that a lane may do anything to."""
    kafka = Kafka(folder)
    kafka.start()
    try:
        yield kafka
    finally:
        kafka.stop()


if __name__ == "__main__":
    main()
