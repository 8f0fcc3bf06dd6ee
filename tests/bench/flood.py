"""What a flood of fingerprints does to the anomalies agent: each report of an hour has its own.

The agent as it runs, with its store on disk, over one partition without a broker. What it forgets:
a fingerprint that a single account reported, after the policy's `forget_single`; new ones past
`tracked_fingerprints`, which count for their category only; texts that are not met again, from the
groups of error texts.
"""

import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from detectors.fingerprint import VERSION
from schemas.codec import Codec
from schemas.records import ProblemReport
from streams.agents.anomalies import AnomaliesAgent
from streams.core.anomalies import AnomalyPolicy
from tests.agents.harness import START, Harness, decoded
from tests.bench.report import say
from tests.bench.results import Result

REPORTS, ACTIONS = AnomaliesAgent.sources
HOUR, MINUTE = 3_600_000, 60_000
ACCOUNTS = 3_000
BATCH = 500
TOLD = 100_000
"""Reports after which it is said how far the flood has come."""
AFTER = 30
"""Minutes after which all of them are forgotten."""
PRIMES = (1, 7_919, 104_729)
_RESIDENT: Final = re.compile(r"VmRSS:\s+(\d+) kB")


def run_flood(folder: Path, fingerprints: int) -> list[Result]:
    """So many distinct fingerprints in an hour of event time."""
    counts, highest, tracked, opened = Counter[str](), 0.0, 0, 0
    agent = Harness(
        AnomaliesAgent(
            Codec(), AnomalyPolicy(), count=lambda what, times: counts.update({what: times})
        ),
        folder,
        REPORTS,
        ACTIONS,
    )
    before, took = resident(), 0.0
    for first in range(0, fingerprints, BATCH):
        numbers = range(first, min(first + BATCH, fingerprints))
        ready = list(reports(numbers, fingerprints))
        began = time.process_time()
        outputs = agent.feed(REPORTS, *ready)
        took += time.process_time() - began
        opened += len(decoded(outputs, "support.anomalies"))
        highest = max(highest, resident() - before)
        if first % TOLD == 0:
            say(f"anomalies: {first:,} of {fingerprints:,} fingerprints")
        tracked = max(tracked, first + len(numbers) - counts["untracked"] - counts["fingerprint"])
    _forget(agent, counts)
    where = f"{fingerprints:,} fingerprints an hour"
    say(f"anomalies: {where}: {highest:.0f} MiB more at the highest, {opened} anomalies")
    figures: list[tuple[str, float, str]] = [
        ("memory more than at the start", highest, "MiB"),
        ("store", agent.partition.store.size() / 2**20, "MiB"),
        ("known at once", tracked, "fingerprints"),
        ("forgotten after half an hour", counts["fingerprint"], "fingerprints"),
        ("not given a state", counts["untracked"], "reports"),
        ("forgotten", counts["text"], "texts"),
        ("opened", opened, "anomalies"),
        ("taken in", fingerprints / took, "reports/s"),
    ]
    return [
        Result("anomalies", f"{where}, {what}", (value,), unit) for what, value, unit in figures
    ]


def _forget(agent: Harness, counts: Counter[str]) -> None:
    """Let the time come to forget. A batch takes so many timers, and no more."""
    forgotten = -1
    while counts["fingerprint"] > forgotten:
        forgotten = counts["fingerprint"]
        agent.tick(REPORTS, START + HOUR + AFTER * MINUTE)


def reports(numbers: range, in_an_hour: int) -> Iterator[ProblemReport]:
    """Reports with an error text that nobody else has."""
    for number in numbers:
        words = (letters(number * prime) for prime in PRIMES)
        text = "error: {} {} {}".format(*words)  # of one in a thousand a word would be masked
        at = START + number * HOUR // in_an_hour
        name = f"report-{number}"
        yield ProblemReport(
            report_id=name,
            ticket_id=name,
            message_id=name,
            fingerprint=f"{number:016x}",
            fingerprint_version=VERSION,
            category="technical",
            occurred_at=at,
            source_partition=0,
            source_watermark=at,
            account_id=f"account-{number * PRIMES[-1] % ACCOUNTS}",
            template=text,
            error_text=text,
        )


def letters(number: int) -> str:
    """A word of five letters, another for each number below 26^5."""
    found = ""
    for _ in range(5):
        number, letter = divmod(number, 26)
        found += chr(ord("a") + letter)
    return found


def resident() -> float:
    """Memory of this process, MiB."""
    found = _RESIDENT.search(Path("/proc/self/status").read_text())
    return int(found[1]) / 1024 if found else 0.0
