"""Baton and its peers in turns, so that what slows the machine slows both of a pair."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.contenders import BATON, Contender, Work, new_run
from tests.bench.feed import Source, outputs_of
from tests.bench.measure import Span, measure
from tests.bench.report import say
from tests.bench.results import Result, ratios

Spans = Mapping[Contender, Sequence[Span]]
"""The runs of Baton and of each peer, in the order of the rounds."""


def compare(
    bench: str,
    source: Source,
    work: Work,
    peers: Mapping[Contender, int],
    rounds: int,
    folder: Path,
) -> Spans:
    """Run Baton between its (one or two) peers, the other way round every other time.

    A peer is stopped at the number of records given with it; Baton reads all.
    """
    first, *rest = peers
    line = [first, BATON, *rest]
    spans: dict[Contender, list[Span]] = {contender: [] for contender in line}
    for number in range(rounds):
        for contender in line if number % 2 == 0 else reversed(line):
            stop = peers.get(contender, source.feed.total)
            span = once(contender, source, work, stop, folder)
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
    """Rates, CPU and commits of each contender; the ratio of Baton's rate to that of each peer."""
    made: list[Result] = []
    ours = [span for spans in groups for span in spans[BATON]]
    theirs = {peer: runs for spans in groups for peer, runs in spans.items() if peer != BATON}
    for contender, runs in {BATON: ours, **theirs}.items():
        cpu = tuple(span.cpu_per_million for span in runs)
        made.append(Result(bench, contender.name, _rates(runs), "messages/s"))
        made.append(Result(bench, contender.name, cpu, "CPU-s/million"))
        commits = tuple(span.commits_per_second for span in runs)
        made.append(Result(bench, contender.name, commits, "commits/s"))
    for spans in groups:
        for peer in (one for one in spans if one != BATON):
            ratio = ratios(_rates(spans[BATON]), _rates(spans[peer]))
            made.append(Result(bench, f"Baton / {peer.name}", ratio, "ratio"))
    return made


def _rates(spans: Sequence[Span]) -> tuple[float, ...]:
    return tuple(span.rate for span in spans)
