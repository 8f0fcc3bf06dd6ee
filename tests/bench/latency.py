"""From produce to the output's being readable (read_committed) at steady rates."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from confluent_kafka import Consumer, TopicPartition

from tests.bench.broker import OpenBroker
from tests.bench.contenders import BATON, Contender, Run, Work, kafka_streams, new_run
from tests.bench.feed import Feed, Source, fill
from tests.bench.load import STAMP_BYTES, Load, stamp_of
from tests.bench.processes import Worker
from tests.bench.report import say
from tests.bench.results import Result, percentile

WORK = Work(every=1, output_bytes=STAMP_BYTES)
EMPTY = Feed(0, 5_000)
START = 60.0
"""Seconds until the first output must be there."""

LATE = 30.0
"""Seconds after the end until the last one must be there."""


@dataclass(frozen=True)
class Sizes:
    """Records a second, and how long after how much of a warm-up."""

    contenders: tuple[Contender, ...]
    rates: tuple[int, ...]
    warm_up: float
    seconds: float
    rounds: int


FULL = Sizes((BATON, kafka_streams(1)), (500, 2_000, 10_000), 5.0, 20.0, 3)
QUICK = Sizes((BATON,), (2_000,), 2.0, 3.0, 1)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Every rate and contender in turn, again and again.

    The first run is the broker's warm-up: it is a JVM too, and who came first would pay for it.
    """
    ages: dict[tuple[str, int], list[list[float]]] = {}
    turns = [(rate, one) for rate in sizes.rates for one in sizes.contenders]
    turns = [turns[0], *turns * sizes.rounds]
    with open_broker() as broker:
        for number, (rate, contender) in enumerate(turns):
            source = fill(broker, f"latency-{number}", EMPTY)
            found = once(contender, source, rate, sizes, folder)
            broker.remove(source.topic)
            say(f"latency: {contender.name}, {rate}/s: {percentile(found, 50):.0f} ms")
            if number:
                ages.setdefault((contender.name, rate), []).append(found)
    return [result for (name, rate), runs in ages.items() for result in _results(name, rate, runs)]


def once(
    contender: Contender, source: Source, rate: int, sizes: Sizes, folder: Path
) -> list[float]:
    """The ages in milliseconds of all outputs that came after the warm-up."""
    with (
        new_run(contender, source, WORK, folder) as run,
        _outputs(run) as outputs,
        run.workers() as workers,
    ):
        _await_first(source, outputs, workers[0])
        return _ages(Load(source, rate), outputs, sizes)


def _ages(load: Load, outputs: Consumer, sizes: Sizes) -> list[float]:
    """Send and read in turns of a millisecond, in one thread: two would wait for each other.

    Every record has one output, and the late ones count too.
    """
    found: list[float] = []
    received = 0
    begin = time.monotonic() + sizes.warm_up
    end = begin + sizes.seconds
    while (now := time.monotonic()) < end or received < load.sent:
        if now < end:
            load.send()
        elif now > end + LATE:
            raise TimeoutError(f"{load.sent - received} outputs are missing after {LATE:.0f} s")
        messages = outputs.consume(1_000, 0.001)
        received += len(messages)
        seen = time.monotonic()
        made = [stamp_of(message.value()) for message in messages]
        found += [1_000 * (seen - at) for at in made if at >= begin]
    return found


def _await_first(source: Source, outputs: Consumer, worker: Worker) -> None:
    load = Load(source, 1)
    load.send()
    limit = time.monotonic() + START
    while not outputs.consume(1, 0.1):
        worker.check()
        if time.monotonic() > limit:
            raise TimeoutError(f"no output after {START:.0f} s, see {worker.log}")
    load.finish()


@contextmanager
def _outputs(run: Run) -> Iterator[Consumer]:
    consumer = Consumer(
        {
            **run.source.broker.client(),
            "group.id": f"{run.group}-reader",
            "enable.auto.commit": False,
            "isolation.level": "read_committed",
        }
    )
    partitions = range(run.source.feed.partitions)
    consumer.assign([TopicPartition(run.output, number, 0) for number in partitions])
    try:
        yield consumer
    finally:
        consumer.close()


def _results(name: str, rate: int, runs: list[list[float]]) -> list[Result]:
    figures = {"p50": 50.0, "p99": 99.0, "max": 100.0}
    return [
        Result(
            "latency",
            f"{name}, {rate} messages/s, {figure}",
            tuple(percentile(ages, percent) for ages in runs),
            "ms",
        )
        for figure, percent in figures.items()
    ]
