"""How many problem reports a core takes in: ordinary ones, a storm from one cause, and a flood.

The first two are the anomalies core alone at its default policy, states in memory, in CPU time. The
third is the whole agent under distinct fingerprints: see `flood`.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from schemas.records import ProblemReport
from tests.bench.broker import OpenBroker
from tests.bench.flood import run_flood
from tests.bench.outage_traffic import START, Outage, Traffic, reports
from tests.bench.outage_watchers import Baton
from tests.bench.report import say
from tests.bench.results import Result

DAYS = 30
PER_HOUR, NOISE = 300.0, 0.5


@dataclass(frozen=True)
class Sizes:
    """Reports in each part.

    Each of the storm is of another account, each of the flood has another fingerprint.
    """

    calm: int
    storm: int
    flood: int


FULL = Sizes(20_000, 2_500, 1_000_000)
QUICK = Sizes(4_000, 1_000, 20_000)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Reports a second on one core; no broker is needed."""
    nothing = Traffic(0.0, 0.0, 0)
    calm = islice(reports(Traffic(PER_HOUR, NOISE, DAYS), []), sizes.calm)
    storm = reports(nothing, [Outage(START, sizes.storm)])
    rates = [_rate("calm", calm), _rate("storm", storm)]
    return rates + run_flood(folder / "flood", sizes.flood)


def _rate(where: str, some: Iterable[ProblemReport]) -> Result:
    ready, baton = list(some), Baton()
    began = time.process_time()
    for report in ready:
        baton.see(report)
    rate = len(ready) / (time.process_time() - began)
    say(f"anomalies: {rate:,.0f} reports/s, {where}")
    return Result("anomalies", where, (rate,), "reports/s")
