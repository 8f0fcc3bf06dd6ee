"""How well outages are found in simulated reports, beside a fixed threshold and an EWMA z-score.

For each size of outage, amount of traffic and noise: the share of outages found within a quarter of
an hour, the time to it, alerts about the same outage, and false alerts a week.
"""

import statistics
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tests.bench.broker import OpenBroker
from tests.bench.contenders import MADE
from tests.bench.outage_plot import write_outage_plot
from tests.bench.outage_traffic import START, WARM_UP_DAYS, Outage, Traffic, outages, reports
from tests.bench.outage_watchers import WATCHERS, Alert, alerts
from tests.bench.report import say
from tests.bench.results import Result

DAY = 86_400_000
IN_TIME = 900_000


@dataclass(frozen=True)
class Sizes:
    """What is swept."""

    accounts: tuple[int, ...]
    per_hour: tuple[float, ...]
    noise: tuple[float, ...]
    days: int


FULL = Sizes((3, 5, 10, 20, 40), (10.0, 60.0, 300.0), (0.0, 0.5), 24)
QUICK = Sizes((3, 5, 10, 40), (60.0,), (0.5,), 12)


@dataclass(frozen=True)
class Found:
    """What one watcher made of one traffic."""

    watcher: str
    traffic: Traffic
    detected: dict[int, float]
    """Share of the outages found, by their number of accounts."""
    seconds: dict[int, list[float]]
    alerts_each: float
    false_a_week: float


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Every watcher over the same reports; no broker is needed."""
    found: list[Found] = []
    for per_hour in sizes.per_hour:
        for noise in sizes.noise:
            traffic = Traffic(per_hour, noise, sizes.days)
            planned = outages(traffic, sizes.accounts)
            for name, watcher in WATCHERS.items():
                made = alerts(watcher(), reports(traffic, planned))
                found.append(judge(name, traffic, planned, made))
                say(f"outages: {_line(found[-1])}")
    plot = MADE / "outages.png"
    write_outage_plot(found, plot)
    say(f"plot: {plot}")
    return [result for one in found for result in _results(one)]


def judge(watcher: str, traffic: Traffic, planned: list[Outage], made: list[Alert]) -> Found:
    """What alerts are worth. One is right when it is about an outage that began lately."""
    first: dict[int, int] = {}
    right: dict[int, int] = defaultdict(int)
    false = 0
    for at, report in made:
        mark = report.ticket_id.split("-")
        outage = int(mark[1]) if mark[0] == "outage" else None
        if outage is None:
            false += at >= START + WARM_UP_DAYS * DAY
        elif at - outage <= IN_TIME:
            first.setdefault(outage, at)
            right[outage] += 1
    by_size: dict[int, list[Outage]] = defaultdict(list)
    for one in planned:
        by_size[one.accounts].append(one)
    return Found(
        watcher,
        traffic,
        {size: sum(one.at in first for one in ones) / len(ones) for size, ones in by_size.items()},
        {
            size: [(first[one.at] - one.at) / 1_000 for one in ones if one.at in first]
            for size, ones in by_size.items()
        },
        sum(right.values()) / max(1, len(right)),
        false / (traffic.days - WARM_UP_DAYS) * 7,
    )


def _line(found: Found) -> str:
    rates = ", ".join(f"{size}: {rate:.0%}" for size, rate in sorted(found.detected.items()))
    return (
        f"{found.watcher} at {found.traffic.per_hour:.0f} reports/h, noise {found.traffic.noise}: "
        f"found {rates}; {found.false_a_week:.1f} false/week; {found.alerts_each:.1f} an outage"
    )


def _results(found: Found) -> list[Result]:
    where = f"{found.watcher}, {found.traffic.per_hour:.0f}/h, noise {found.traffic.noise}"
    results = [
        Result("outages", where, (found.false_a_week,), "false alerts/week"),
        Result("outages", where, (found.alerts_each,), "alerts/outage"),
    ]
    for size, rate in sorted(found.detected.items()):
        of_size = f"{where}, {size} accounts"
        results.append(Result("outages", of_size, (100 * rate,), "% found"))
        if found.seconds[size]:
            median = statistics.median(found.seconds[size])
            results.append(Result("outages", of_size, (median,), "s to detect"))
    return results
