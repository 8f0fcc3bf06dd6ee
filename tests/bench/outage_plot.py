"""The plot of the outages found: size against detection and time, and what it costs in alerts."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib as mpl

if TYPE_CHECKING:
    from tests.bench.outages import Found

COLOURS = ("#2f6f9f", "#b08030", "#808080")


def write_outage_plot(found: Sequence["Found"], path: Path) -> None:
    """Three panels as PNG: means over all traffics."""
    mpl.use("Agg")
    from matplotlib import pyplot

    by_watcher: dict[str, list[Found]] = defaultdict(list)
    for one in found:
        by_watcher[one.watcher].append(one)
    figure, (rate, speed, false) = pyplot.subplots(1, 3, figsize=(13, 4))
    swept = sorted({size for one in found for size in one.detected})
    for (name, ones), colour in zip(by_watcher.items(), COLOURS, strict=True):
        sizes = sorted(ones[0].detected)
        rates = [100 * statistics.mean(one.detected[size] for one in ones) for size in sizes]
        rate.plot(sizes, rates, "o-", label=name, color=colour)
        times = [[s for one in ones for s in one.seconds[size]] for size in sizes]
        seen = [
            (size, statistics.median(all_)) for size, all_ in zip(sizes, times, strict=True) if all_
        ]
        speed.plot(*zip(*seen, strict=True), "o-", color=colour)
        false.bar(
            name.replace(" ", "\n", 1),
            statistics.mean(one.false_a_week for one in ones),
            color=colour,
        )
    rate.set(title="outages found", xlabel="accounts", ylabel="%", xscale="log", ylim=(-3, 103))
    speed.set(title="time to detect", xlabel="accounts", ylabel="s (median)", xscale="log")
    false.set(title="false alerts a week (mean)")
    for panel in (rate, speed):
        panel.set_xticks(swept, labels=map(str, swept))
        panel.minorticks_off()
    rate.legend()
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
