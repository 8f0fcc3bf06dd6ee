"""What the engine costs the broker at low rates, where a transaction holds only a few records."""

import time
from dataclasses import dataclass
from pathlib import Path

from tests.bench.broker import Broker, OpenBroker
from tests.bench.contenders import BATON, Work, new_run
from tests.bench.feed import Feed, fill
from tests.bench.load import Load
from tests.bench.report import say
from tests.bench.results import Result

WARM_UP = 2.0
EMPTY = Feed(0, 100_000, partitions=64)
WORK = Work(state_bytes=500)


@dataclass(frozen=True)
class Sizes:
    """Records a second that come in, and for how long."""

    rates: tuple[int, ...]
    seconds: float
    rounds: int


FULL = Sizes((10, 100, 1_000), 20.0, 3)
QUICK = Sizes((100,), 2.0, 1)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Every rate again and again."""
    found: dict[int, list[tuple[float, float]]] = {rate: [] for rate in sizes.rates}
    with open_broker() as broker:
        for number in range(sizes.rounds):
            for rate in sizes.rates:
                topic = f"cost-{rate}-{number}"
                found[rate].append(_once(broker, topic, rate, sizes.seconds, folder))
    return [
        Result("cost", f"broker, 64 partitions, {rate} messages/s in", values, unit)
        for rate, runs in found.items()
        for unit, values in zip(("records/s", "bytes/s"), zip(*runs, strict=True), strict=True)
    ]


def _once(
    broker: Broker, topic: str, rate: int, seconds: float, folder: Path
) -> tuple[float, float]:
    """Records and bytes a second that all topics grow by, the source and Kafka's own too."""
    source = fill(broker, topic, EMPTY)
    with new_run(BATON, source, WORK, folder) as run, run.workers() as workers:
        run.await_joined(workers)
        load = Load(source, rate)
        _send(load, WARM_UP)
        records, size, started = broker.ends(), broker.log_bytes(), time.monotonic()
        _send(load, seconds)
        passed = time.monotonic() - started
        grown = broker.ends() - records, broker.log_bytes() - size
        workers[0].check()
        load.finish()
    broker.remove(topic)
    say(f"cost: {rate} messages/s in: {grown[0] / passed:,.0f} records/s on the broker")
    return grown[0] / passed, grown[1] / passed


def _send(load: Load, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        load.send()
        time.sleep(0.001)
