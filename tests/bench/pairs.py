"""Baton and its peers in turns, so that what slows the machine slows both of a pair."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tests.bench.contenders import BATON, OFTEN_SAVED, TWO_BATONS, Contender, Work, new_run
from tests.bench.feed import Source, outputs_of
from tests.bench.measure import Span, measure
from tests.bench.report import say
from tests.bench.results import Result, ratios

Spans = Mapping[Contender, Sequence[Span]]
"""The runs of each contender, in the order of the rounds."""

OURS = (BATON, OFTEN_SAVED, TWO_BATONS)


def compare(
    bench: str,
    source: Source,
    work: Work,
    line: Mapping[Contender, int],
    rounds: int,
    folder: Path,
) -> Spans:
    """Run the contenders in their order, the other way round every other time.

    Each is stopped at the number of records given with it.
    """
    spans: dict[Contender, list[Span]] = {contender: [] for contender in line}
    for number in range(rounds):
        for contender in list(line)[:: 1 if number % 2 == 0 else -1]:
            span = once(contender, source, work, line[contender], folder)
            say(f"{bench}: {contender.name}: {span.rate:,.0f} messages/s")
            spans[contender].append(span)
    return spans


def once(contender: Contender, source: Source, work: Work, stop: int, folder: Path) -> Span:
    """One run. Who has read all must have made the right number of outputs."""
    with new_run(contender, source, work, folder) as run:
        with run.workers() as workers:
            span = measure(run, workers, stop)
        if stop == source.feed.total:
            made = source.broker.count_committed(run.output)
            right = outputs_of(source.feed, work.every) * work.outputs
            if made != right:
                raise RuntimeError(f"{contender.name} made {made} outputs, {right} are right")
    return span


def results_of(bench: str, groups: Sequence[Spans]) -> list[Result]:
    """Rates, CPU and commits of each contender; the ratio of our rate to that of each peer.

    Several workers are set against peers with as many threads.
    """
    runs: dict[Contender, list[Span]] = {}
    for spans in groups:
        for contender in spans:
            runs.setdefault(contender, []).extend(spans[contender])
    made = [result for contender in runs for result in _results(bench, contender, runs[contender])]
    for spans in groups:
        for our in (one for one in OURS if one in spans):
            for peer in spans:
                if peer not in OURS and our.processes <= peer.threads:
                    ratio = ratios(_rates(spans[our]), _rates(spans[peer]))
                    made.append(Result(bench, f"{our.name} / {peer.name}", ratio, "ratio"))
    return made


def _results(bench: str, contender: Contender, spans: Sequence[Span]) -> Iterator[Result]:
    cpu = tuple(span.cpu_per_million for span in spans)
    commits = tuple(span.commits_per_second for span in spans)
    yield Result(bench, contender.name, _rates(spans), "messages/s")
    yield Result(bench, contender.name, cpu, "CPU-s/million")
    yield Result(bench, contender.name, commits, "commits/s")


def _rates(spans: Sequence[Span]) -> tuple[float, ...]:
    return tuple(span.rate for span in spans)
