"""Problem reports of several tenants with planted outages, for the anomalies workers.

Half of the outages have a component that their reports name, the other half is known by error
texts alone that differ in a name. Around them one loud account, chance, late reports and retries.
"""

import heapq
import random
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import count
from operator import itemgetter
from typing import Final

from msgspec.structs import replace

from detectors.fingerprint import error_fingerprint
from schemas.codec import Codec
from schemas.records import Anomaly, AnomalyState, Millis, ProblemReport, Record
from streams.agents.anomalies import AnomaliesAgent
from streams.core.policy import default_policy
from streams.history.files import SYNTHETIC_START
from tests.chaos.across import Load, spread
from tests.chaos.verdict import Verdict

MINUTE: Final = 60_000
TENANTS: Final = 2
"""On every partition."""
EVERY: Final = 90
"""Minutes from one outage of a tenant to its next."""
LEAST, MOST = 12, 24
"""Accounts of an outage."""
EARLY: Final = 8
"""Minutes before the rest that one account of an outage reports."""
OVER: Final = 60
"""Minutes after its last report in which an outage must have been resolved."""
SOURCES: Final = 4
BEHIND: Final = 5 * MINUTE
"""How far one of the source partitions is behind the others."""
LATE: Final = 30 * MINUTE
NAMES: Final = ("backup", "search", "mail", "export", "import", "delivery", "cache", "monitor")
"""Common words: no mask takes them for names, so each is a text of its own until three are one."""
SYLLABLES: Final = ("ka", "lo", "mi", "nu", "po", "ri", "su", "to", "vu", "ze")

Timed = tuple[Millis, ProblemReport]


def reports() -> Iterator[Timed]:
    """All tenants' reports by time, without end."""
    tenants = spread("tenant", TENANTS)
    return heapq.merge(
        *(_of(tenant, place) for place, tenant in enumerate(tenants)), key=itemgetter(0)
    )


def _of(tenant: str, place: int) -> Iterator[Timed]:
    chance = random.Random(tenant)
    coming: list[tuple[Millis, int, ProblemReport]] = []
    numbers = count()
    for minute in count():
        begin = SYNTHETIC_START + minute * MINUTE
        planned = list(_noise(tenant, minute, begin, chance))
        if (minute - 7 * place) % EVERY == EARLY:
            planned += _outage(tenant, minute // EVERY, begin, chance)
        for at, report in planned:
            heapq.heappush(coming, (at, next(numbers), report))
        while coming and coming[0][0] < begin + MINUTE:
            at, _, report = heapq.heappop(coming)
            yield at, report


def _noise(tenant: str, minute: int, begin: Millis, chance: random.Random) -> Iterator[Timed]:
    """A loud account's retries, and something that nobody else has; one in thirty comes late."""
    for number in range(2):
        at = begin + chance.randrange(MINUTE)
        text = "queue full again" if number else f"{_word(minute)}error: it broke here"
        ticket = f"{tenant}/noise/{minute}/{number}"
        account = "loud" if number else f"account-{chance.randrange(50)}"
        late = LATE if chance.random() < 1 / 30 else 0
        yield at, _report(tenant, ticket, account, text, at, at - late)
    at = begin + MINUTE - 1
    yield at, replace(_report(tenant, f"{tenant}/beat", "", "beat", at, at), heartbeat=True)


def _outage(tenant: str, number: int, begin: Millis, chance: random.Random) -> Iterator[Timed]:
    """An account early, the others within three minutes; some write again, some are sent twice."""
    word, accounts = _word(number), chance.randrange(LEAST, MOST)
    for who in range(accounts):
        at = begin + EARLY * MINUTE + chance.randrange(3 * MINUTE) if who else begin
        name = NAMES[who % len(NAMES)]
        ticket = f"{tenant}/outage/{number}/{who}"
        text = f"{word}error: ledger refused by {name} while it was read"
        report = _report(tenant, ticket, f"account-{who}", text, at, at - chance.randrange(MINUTE))
        if number % 2:
            report = replace(report, component=f"{word}-service")
        yield at, report
        if chance.random() < 0.3:
            yield at + chance.randrange(MINUTE), report
        if chance.random() < 0.2:
            later = at + chance.randrange(MINUTE)
            yield later, replace(report, report_id=f"{report.report_id}/again", occurred_at=later)


def _report(
    tenant: str, ticket: str, account: str, text: str, at: Millis, occurred: Millis
) -> ProblemReport:
    found = error_fingerprint(text)
    source = zlib.crc32(ticket.encode()) % SOURCES
    return ProblemReport(
        report_id=f"{ticket}/{at}",
        ticket_id=ticket,
        message_id=f"{ticket}/{at}",
        fingerprint=found.id,
        fingerprint_version=found.version,
        category="technical",
        occurred_at=occurred,
        source_partition=source,
        source_watermark=at - (0 if source else BEHIND),
        tenant=tenant,
        account_id=account,
        template=found.template,
        error_text=text,
    )


def _word(number: int) -> str:
    digits = divmod(number, 100)[0], number // 10 % 10, number % 10
    return "".join(SYLLABLES[digit % 10] for digit in digits)


def check(verdict: Verdict, given: Sequence[Record], written: Sequence[Record]) -> None:
    """One incident an outage, with all its tickets and its accounts counted right, and no other."""
    planted: dict[str, list[ProblemReport]] = defaultdict(list)
    ends: Counter[str] = Counter()
    for report in given:
        assert isinstance(report, ProblemReport)
        ends[report.tenant] = max(ends[report.tenant], report.occurred_at)
        if "/outage/" in report.ticket_id:
            planted[report.ticket_id.rpartition("/")[0]].append(report)
    incidents: dict[str, list[Anomaly]] = defaultdict(list)
    for record in written:
        assert isinstance(record, Anomaly)
        incidents[record.anomaly_id].append(record)
    told: dict[str, list[Anomaly]] = defaultdict(list)
    for name, records in incidents.items():
        revisions = [one.revision for one in records]
        if revisions != list(range(1, len(records) + 1)):
            verdict.fault("wrong", f"revisions of {name}: {revisions}")
        if [one.state for one in records].count(AnomalyState.OPENED) != 1:
            verdict.fault("doubled", f"{name} opened more than once, or never")
        about = {_outage_of(one.ticket_id) for each in records for one in each.affected}
        about |= {_outage_of(one.ticket_id) for each in records for one in each.sample_tickets}
        if len(about) != 1 or None in about:
            verdict.fault("wrong", f"{name} is about {about}")
        for outage in about:
            told[outage or ""].append(records[-1])
    over = 0
    for outage, found in planted.items():
        last = max(report.occurred_at for report in found)
        if last + OVER * MINUTE < ends[found[0].tenant]:
            _check_outage(verdict, outage, found, told[outage])
            over += 1
    if not over:
        verdict.fault("lost", "no outage was over: the drill was too short")


def _check_outage(
    verdict: Verdict, outage: str, found: Sequence[ProblemReport], told: Sequence[Anomaly]
) -> None:
    if len(told) != 1:
        verdict.fault("doubled" if told else "lost", f"{outage}: {len(told)} incidents")
        return
    [last] = told
    if last.state is not AnomalyState.RESOLVED:
        verdict.fault("lost", f"{outage} is not resolved")
    tickets = {report.ticket_id for report in found}
    if {one.ticket_id for one in last.affected} != tickets:
        verdict.fault("wrong", f"{outage}: {len(last.affected)} tickets, not {len(tickets)}")
    if set(last.affected_accounts) != {report.account_id for report in found}:
        verdict.fault("wrong", f"{outage}: accounts {last.affected_accounts}")
    if last.peak_accounts != (peak := _peak(found)):
        verdict.fault("wrong", f"{outage}: {last.peak_accounts} accounts at its peak, not {peak}")


def _peak(found: Sequence[ProblemReport]) -> int:
    """The most distinct accounts in any five whole minutes in a row."""
    minutes = [(report.occurred_at // MINUTE, report.account_id) for report in found]
    return max(
        len({account for minute, account in minutes if first <= minute < first + 5})
        for first in range(min(minutes)[0] - 4, max(minutes)[0] + 1)
    )


def _outage_of(ticket: str) -> str | None:
    return ticket.rpartition("/")[0] if "/outage/" in ticket else None


def _agent(codec: Codec) -> AnomaliesAgent:
    return AnomaliesAgent(codec, default_policy().anomalies)


LOAD: Final = Load("anomalies", _agent, reports, "support.anomalies", check)
