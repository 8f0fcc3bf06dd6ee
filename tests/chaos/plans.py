"""The drills by name: what runs, and what is done to it."""

import os
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import activities, outages, scripts
from tests.chaos.across import Across
from tests.chaos.counting import Counting
from tests.chaos.disk import small_disks
from tests.chaos.drill import WORKERS, Drill, Workload
from tests.chaos.feed import Feed, TransactionalFeed
from tests.chaos.joined import Joined
from tests.chaos.names import NEXT_VERSION
from tests.chaos.result import Result
from tests.chaos.tickets import Tickets
from tests.kafka import Kafka

RATE = 3_000
SHORT_RATE = 1_000
TRICKLE_RATE = 60
TICKETS_RATE = 600
LEAST = 300_000
DISK_MEGABYTES = 96

SHORT_SESSION = {"SESSION_TIMEOUT": "2000", "HEARTBEAT": "300"}
SHORT_SESSIONS = {"BATON_SESSION_TIMEOUT": "2000", "BATON_HEARTBEAT_INTERVAL": "300"}
"""The same for Baton's workers."""
ACROSS_LEAST = 20_000
SHORT_ACROSS_LEAST = 6_000


@dataclass(frozen=True)
class Plan:
    """A drill: its workload on a broker by the name of its group, its script, its least records."""

    name: str
    workload: Callable[[str, str], Workload]
    script: Callable[[Drill], None]
    least: int = 0
    small_disks: bool = False
    feed_by: type[Feed] = Feed


def counting(bootstrap: str, group: str) -> Workload:
    """Counting workers as in production."""
    return Counting(bootstrap, group, RATE)


def short_counting(bootstrap: str, group: str) -> Workload:
    """Counting workers whose sessions end soon."""
    return Counting(bootstrap, group, SHORT_RATE, **SHORT_SESSION)


def upgraded(bootstrap: str, group: str) -> Workload:
    """Counting workers that are of the next version in the end."""
    return Counting(bootstrap, group, RATE, ends_as=NEXT_VERSION)


def short_upgraded(bootstrap: str, group: str) -> Workload:
    """The same, whose sessions end soon."""
    return Counting(bootstrap, group, SHORT_RATE, ends_as=NEXT_VERSION, **SHORT_SESSION)


def trickling(bootstrap: str, group: str) -> Workload:
    """Counting workers with next to nothing to do."""
    return Counting(bootstrap, group, TRICKLE_RATE)


def joined(bootstrap: str, group: str) -> Workload:
    """Workers over two topics."""
    return Joined(bootstrap, group, RATE)


def short_joined(bootstrap: str, group: str) -> Workload:
    """Workers over two topics whose sessions end soon."""
    return Joined(bootstrap, group, SHORT_RATE, **SHORT_SESSION)


def tickets(bootstrap: str, group: str) -> Workload:
    """Tickets workers as in production."""
    return Tickets(bootstrap, TICKETS_RATE)


def short_tickets(bootstrap: str, group: str) -> Workload:
    """Tickets workers whose sessions end soon."""
    return Tickets(bootstrap, TICKETS_RATE, **SHORT_SESSIONS)


def anomalies(bootstrap: str, group: str) -> Workload:
    """Anomalies workers as in production."""
    return Across(bootstrap, group, TICKETS_RATE, outages.LOAD)


def accounts(bootstrap: str, group: str) -> Workload:
    """Accounts workers as in production."""
    return Across(bootstrap, group, TICKETS_RATE, activities.LOAD)


def short_anomalies(bootstrap: str, group: str) -> Workload:
    """Anomalies workers whose sessions end soon."""
    return Across(bootstrap, group, TICKETS_RATE, outages.LOAD, **SHORT_SESSIONS)


def short_accounts(bootstrap: str, group: str) -> Workload:
    """Accounts workers whose sessions end soon."""
    return Across(bootstrap, group, TICKETS_RATE, activities.LOAD, **SHORT_SESSIONS)


_full = (
    Plan("kills", counting, scripts.kills, LEAST),
    Plan("rolling", counting, scripts.rolling, LEAST),
    Plan("upgrade", upgraded, scripts.upgrade, LEAST),
    Plan("trickle", trickling, scripts.trickle),
    Plan("pauses", counting, scripts.pauses, LEAST),
    Plan("broker", counting, scripts.broker, LEAST),
    Plan("disk", counting, scripts.disk, LEAST, small_disks=True),
    Plan("all", counting, scripts.mix, LEAST, small_disks=True),
    Plan("tickets", tickets, scripts.tickets, small_disks=True),
    Plan("transactions", counting, scripts.short_kills, feed_by=TransactionalFeed),
    Plan("joined", joined, scripts.kills, LEAST),
    Plan("anomalies", anomalies, scripts.kills, ACROSS_LEAST),
    Plan("accounts", accounts, scripts.short_kills, ACROSS_LEAST),
)
FULL = {plan.name: plan for plan in _full}

_quick = (
    Plan("upgrade", short_upgraded, scripts.short_upgrade),
    Plan("all", short_counting, scripts.short_mix, small_disks=True),
    Plan("tickets", short_tickets, scripts.short_tickets),
    Plan("transactions", short_counting, scripts.short_kills, feed_by=TransactionalFeed),
    Plan("joined", short_joined, scripts.short_kills),
    Plan("anomalies", short_anomalies, scripts.short_kills, SHORT_ACROSS_LEAST),
    Plan("accounts", short_accounts, scripts.short_kills, SHORT_ACROSS_LEAST),
)
QUICK = {plan.name: plan for plan in _quick}
LANES = (("all",), ("tickets",))
"""Those that take less than a minute beside each other; the broker of `all` dies."""


def run(plan: Plan, kafka: Kafka, folder: Path, seed: int = 1) -> Result:
    """Run a drill in a folder. Raises `CannotMount`."""
    workload = plan.workload(kafka.bootstrap, f"{plan.name}-{os.getpid()}")
    drill = Drill(plan.name, kafka, workload, folder, seed=seed)
    with ExitStack() as stack:
        if plan.small_disks:
            disks = [drill.group.data_of(worker) for worker in (*WORKERS, "C")]
            stack.enter_context(small_disks(disks, DISK_MEGABYTES))
        return drill.run(plan.script, least=plan.least, feed_by=plan.feed_by)
