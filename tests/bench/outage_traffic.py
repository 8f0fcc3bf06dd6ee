"""Invented problem reports: a desk's days and weeks, bursts that mean nothing, and outages."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from schemas.records import ProblemReport

MINUTE, HOUR = 60_000, 3_600_000
START = 1_767_571_200_000
"""Monday 2026-01-05T00:00:00Z."""
ACCOUNTS, PROBLEMS = 3_000, 400
WARM_UP_DAYS = 3
"""Days before the first outage; alerts of that time do not count."""
OUTAGE_MINUTES = 3.0
"""An outage's accounts report within about this time."""


@dataclass(frozen=True)
class Traffic:
    """Ordinary reports an hour on average, and how much their rate swings (0 is Poisson)."""

    per_hour: float
    noise: float
    days: int
    seed: int = 1


@dataclass(frozen=True)
class Outage:
    """So many accounts report one cause, from `at` on."""

    at: int
    accounts: int


def outages(traffic: Traffic, sizes: tuple[int, ...]) -> list[Outage]:
    """Two a day at random hours, the sizes by turns."""
    chance = np.random.default_rng(traffic.seed)
    halves = range(2 * WARM_UP_DAYS, 2 * traffic.days)
    return [
        Outage(START + half * 12 * HOUR + int(chance.integers(0, 11 * HOUR)), sizes[n % len(sizes)])
        for n, half in enumerate(halves)
    ]


def reports(traffic: Traffic, planned: list[Outage]) -> Iterator[ProblemReport]:
    """All reports by time; those of an outage have a ticket id that begins with `outage-`."""
    parts = [_ordinary(traffic), *(_reports_of(one) for one in planned)]
    return heapq.merge(*parts, key=lambda report: report.occurred_at)


def _season(hour: int) -> float:
    day, of_day = divmod(hour, 24)
    open_hours = (
        0.2 + 1.6 * max(0.0, np.sin(np.pi * (of_day - 6) / 14)) if 6 <= of_day < 20 else 0.2
    )
    return float(open_hours * (0.35 if day % 7 >= 5 else 1.0))


def _ordinary(traffic: Traffic) -> Iterator[ProblemReport]:
    chance = np.random.default_rng(traffic.seed + 1_000)
    weights = 1 / np.arange(1, PROBLEMS + 1)
    weights /= weights.sum()
    mean = sum(_season(hour) for hour in range(7 * 24)) / (7 * 24)
    for hour in range(traffic.days * 24):
        rate = traffic.per_hour * _season(hour) / mean
        if traffic.noise:
            rate *= chance.gamma(1 / traffic.noise, traffic.noise)
        times = np.sort(chance.integers(0, HOUR, chance.poisson(rate)))
        problems = chance.choice(PROBLEMS, len(times), p=weights)
        accounts = chance.integers(0, ACCOUNTS, len(times))
        for n, (at, problem, account) in enumerate(zip(times, problems, accounts, strict=True)):
            yield _report(
                START + hour * HOUR + int(at),
                f"usual-{hour}-{n}",
                f"account-{account}",
                f"problem-{problem}",
                f"part-{problem % 20}",
            )


def _reports_of(outage: Outage) -> Iterator[ProblemReport]:
    chance = np.random.default_rng(outage.at % 2**32)
    accounts = chance.choice(ACCOUNTS, outage.accounts, replace=False)
    for n, at in enumerate(np.sort(chance.uniform(0, OUTAGE_MINUTES * MINUTE, outage.accounts))):
        text = int(chance.choice(3, p=(0.6, 0.3, 0.1)))
        yield _report(
            outage.at + int(at),
            f"outage-{outage.at}-{n}",
            f"account-{accounts[n]}",
            f"outage-{outage.at}-{text}",
            f"part-of-{outage.at}" if chance.random() < 0.8 else None,
        )


def _report(
    at: int, ticket: str, account: str, fingerprint: str, component: str | None
) -> ProblemReport:
    return ProblemReport(
        report_id=ticket,
        ticket_id=ticket,
        message_id=ticket,
        fingerprint=fingerprint,
        fingerprint_version=1,
        category="technical",
        occurred_at=at,
        source_partition=0,
        source_watermark=at,
        account_id=account,
        component=component,
    )
