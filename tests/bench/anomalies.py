"""How many problem reports a core takes in, what a flood of them costs, and how soon one alerts.

Ordinary reports and a storm from one cause: the anomalies core alone at its default policy, states
in memory, in CPU time. The flood: the whole agent under distinct fingerprints, see `flood`. The
alert: all agents on a real Kafka, from the third account's message to the alert's being readable.
"""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from statistics import median

from schemas.records import ProblemReport
from tests.bench.broker import OpenBroker
from tests.bench.flood import run_flood
from tests.bench.outage_traffic import START, Outage, Traffic, reports
from tests.bench.outage_watchers import Baton
from tests.bench.report import say
from tests.bench.results import Result
from tests.integration.test_anomaly_loop import third_account_to_alert

DAYS = 30
PER_HOUR, NOISE = 300.0, 0.5


@dataclass(frozen=True)
class Sizes:
    """Reports in each part, and how many alerts are waited for.

    Each of the storm is of another account, each of the flood has another fingerprint.
    """

    calm: int
    storm: int
    flood: int
    alerts: int


FULL = Sizes(20_000, 2_500, 1_000_000, 20)
QUICK = Sizes(4_000, 1_000, 20_000, 5)


def run(open_broker: OpenBroker, folder: Path, sizes: Sizes) -> list[Result]:
    """Reports a second on one core, the flood's figures, seconds to an alert."""
    nothing = Traffic(0.0, 0.0, 0)
    calm = islice(reports(Traffic(PER_HOUR, NOISE, DAYS), []), sizes.calm)
    storm = reports(nothing, [Outage(START, sizes.storm)])
    results = [_rate("calm", calm), _rate("storm", storm)]
    results += run_flood(folder / "flood", sizes.flood)
    with open_broker() as broker:
        place = folder / "alert"
        place.mkdir()
        took = third_account_to_alert(broker.bootstrap, "bench-anomalies", place, sizes.alerts)
    say(f"anomalies: {len(took)} alerts: p50 {median(took):.2f} s, longest {max(took):.2f} s")
    return [*results, Result("anomalies", "third account to alert", tuple(took), "s")]


def _rate(where: str, some: Iterable[ProblemReport]) -> Result:
    ready, baton = list(some), Baton()
    began = time.process_time()
    for report in ready:
        baton.see(report)
    rate = len(ready) / (time.process_time() - began)
    say(f"anomalies: {rate:,.0f} reports/s, {where}")
    return Result("anomalies", where, (rate,), "reports/s")
