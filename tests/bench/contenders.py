"""Who is measured, and the work they all do."""

import itertools
import os
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.feed import Source
from tests.bench.processes import ROOT, Worker, running

HERE = Path(__file__).parent
METRICS = "--metrics"
"""Has Baton's worker count what it does, as in production."""
OFTEN = "--often"
"""Has Baton's worker make checkpoints of at most a quarter of a second, instead of a second."""
MADE = ROOT / "build" / "bench"
"""Where `make bench` puts the environments of the others, and its results."""


@dataclass(frozen=True)
class Work:
    """Count records per key and say so now and then; every worker program does it the same way.

    A record of key k raises the count of k. The state of k is written `writes` times, under k and
    a byte, each the count (8 bytes, big-endian) filled up to `state_bytes`. Every `every` records
    of k, `outputs` records of key k are produced: the count and the first `output_bytes` of the
    source's value, with two headers when there is more than one output.
    All commit every 100 ms.
    """

    every: int = 20
    state_bytes: int = 8
    writes: int = 1
    outputs: int = 1
    output_bytes: int = 8

    def environment(self) -> dict[str, str]:
        """How the worker programs are told."""
        return {
            "EVERY": str(self.every),
            "STATE_BYTES": str(self.state_bytes),
            "WRITES": str(self.writes),
            "OUTPUTS": str(self.outputs),
            "OUTPUT_BYTES": str(self.output_bytes),
        }


@dataclass(frozen=True)
class Contender:
    """A worker program."""

    name: str
    command: tuple[str, ...]
    threads: int = 1
    processes: int = 1


BATON = Contender("Baton", (sys.executable, str(HERE / "baton_worker.py")))
MEASURED = Contender("Baton with metrics", (*BATON.command, METRICS))
OFTEN_SAVED = Contender("Baton, checkpoints of 0.25 s", (*BATON.command, OFTEN))
TWO_BATONS = Contender("Baton, 2 workers", BATON.command, processes=2)
FAUST = Contender("stock Faust", (sys.executable, str(HERE / "faust_worker.py")))
QUIX = Contender(
    "Quix Streams", (str(MADE / "quix" / "bin" / "python"), str(HERE / "quix_worker.py"))
)


def kafka_streams(threads: int) -> Contender:
    """Kafka Streams with so many stream threads. The JVM's settings are its defaults."""
    return Contender(
        f"Kafka Streams, {threads} thread{'s' if threads > 1 else ''}",
        (
            "java",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            f"{MADE}/streams/bench.jar:{MADE}/streams/libs/*",
            "baton.Bench",
        ),
        threads=threads,
    )


_runs = itertools.count(1)


@dataclass(frozen=True)
class Run:
    """One group of one contender over a source topic."""

    contender: Contender
    source: Source
    work: Work
    folder: Path
    group: str

    @property
    def output(self) -> str:
        """Where its outputs go."""
        return f"{self.group}-output"

    @contextmanager
    def workers(self) -> Iterator[list[Worker]]:
        """Start its processes; what they leave on disk is there for the next start."""
        with ExitStack() as stack:
            yield [
                stack.enter_context(
                    running(
                        self.contender.command,
                        self.environment(number),
                        self.folder / f"worker-{number}.log",
                    )
                )
                for number in range(self.contender.processes)
            ]

    def await_joined(self, workers: Sequence[Worker], timeout: float = 60.0) -> None:
        """Wait until every process is in the group."""
        limit = time.monotonic() + timeout
        while self.source.broker.members(self.group) < self.contender.processes:
            for worker in workers:
                worker.check()
            if time.monotonic() > limit:
                raise TimeoutError(f"{self.contender.name} has not joined, see {workers[0].log}")
            time.sleep(0.05)

    def environment(self, number: int) -> dict[str, str]:
        """What a worker program is told."""
        return {
            "BOOTSTRAP": self.source.broker.bootstrap,
            "GROUP": self.group,
            "SOURCE": self.source.topic,
            "OUTPUT": self.output,
            "PARTITIONS": str(self.source.feed.partitions),
            "DATA": str(self.folder / f"worker-{number}"),
            "THREADS": str(self.contender.threads),
            **self.work.environment(),
        }


@contextmanager
def new_run(contender: Contender, source: Source, work: Work, folder: Path) -> Iterator[Run]:
    """A group that has never run, with an output topic of its own; both go when it is done."""
    group = f"run-{os.getpid()}-{next(_runs)}"
    run = Run(contender, source, work, folder / group, group)
    for number in range(contender.processes):
        (run.folder / f"worker-{number}").mkdir(parents=True)
    source.broker.make(source.feed.partitions, run.output)
    yield run
    source.broker.remove(group)
    shutil.rmtree(run.folder)
