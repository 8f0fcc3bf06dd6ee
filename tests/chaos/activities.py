"""A ticket a day of many accounts, every second of which sours, for the accounts workers."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import count, pairwise
from operator import itemgetter
from typing import Final

from schemas.codec import Codec
from schemas.records import (
    AccountActivity,
    AccountHealth,
    ActivityKind,
    HealthLevel,
    Millis,
    Record,
)
from streams.agents.accounts import HEALTH_TOPIC, AccountsAgent
from streams.core.policy import default_policy
from streams.history.files import SYNTHETIC_START
from tests.chaos.across import Load, spread
from tests.chaos.verdict import Verdict

DAY: Final = 86_400_000
ACCOUNTS: Final = 10
"""On every partition."""
SOURS_AT, SOUR_DAYS, CYCLE = 8, 10, 40
"""Days that an account is content, then sour, of each cycle."""
KNOWN_AFTER: Final = 7
"""Sour days after which an account is at risk."""
OUTREACH_EVERY: Final = 14 * DAY


def activities() -> Iterator[tuple[Millis, AccountActivity]]:
    """All accounts' activities by time, without end."""
    accounts, chance = spread("account", ACCOUNTS), random.Random(7)
    for day in count():
        planned: list[tuple[Millis, AccountActivity]] = []
        for place, account in enumerate(accounts):
            planned += _ticket(account, day, _sour(place, day), chance)
        yield from sorted(planned, key=itemgetter(0))


def _sour(place: int, day: int) -> bool:
    return place % 2 == 1 and SOURS_AT <= day % CYCLE < SOURS_AT + SOUR_DAYS


def _ticket(
    account: str, day: int, sour: bool, chance: random.Random
) -> Iterator[tuple[Millis, AccountActivity]]:
    """What happens on a ticket; one in ten of it is sent twice."""
    begin = SYNTHETIC_START + day * DAY + chance.randrange(DAY // 2)
    ticket = f"{account}/{'sour' if sour else 'content'}/{day}"
    kinds = [ActivityKind.OPENED, ActivityKind.MESSAGE, ActivityKind.RESOLVED]
    if sour:
        kinds.insert(2, ActivityKind.ESCALATED)
    for number, kind in enumerate(kinds):
        at = begin + number * 60_000
        heard = kind is ActivityKind.MESSAGE
        activity = AccountActivity(
            activity_id=f"{ticket}/{kind}",
            ticket_id=ticket,
            kind=kind,
            occurred_at=at,
            account_id=account,
            message_id=f"{ticket}/m" if heard else None,
            negative=(0.95 if sour else 0.05) if heard else None,
        )
        yield at, activity
        if chance.random() < 0.1:
            yield at + chance.randrange(60_000), activity


def check(verdict: Verdict, given: Sequence[Record], written: Sequence[Record]) -> None:
    """Who soured for days was at risk, nobody else was, and suggestions are a fortnight apart."""
    days: Counter[str] = Counter()
    content = set[str]()
    for activity in given:
        assert isinstance(activity, AccountActivity)
        account = activity.account_id or ""
        sour = "/sour/" in activity.ticket_id
        days[account] += sour and activity.kind is ActivityKind.RESOLVED
        content.add(account)
    soured = {account for account, sour in days.items() if sour > KNOWN_AFTER}
    content -= {account for account, sour in days.items() if sour}
    at_risk = set[str]()
    made: dict[str, set[Millis]] = defaultdict(set)
    for health in written:
        assert isinstance(health, AccountHealth)
        if health.level is HealthLevel.AT_RISK:
            at_risk.add(health.account_id)
        if health.opportunity is not None:
            made[health.account_id].add(health.opportunity.created_at)
    for account in soured - at_risk:
        verdict.fault("lost", f"{account} soured and was never at risk")
    for account in content & at_risk:
        verdict.fault("wrong", f"{account} was content and is at risk")
    for account, times in made.items():
        ordered = sorted(times)
        if any(b - a < OUTREACH_EVERY for a, b in pairwise(ordered)):
            verdict.fault("doubled", f"suggestions of {account}: {ordered}")
    if not soured:
        verdict.fault("lost", "nobody soured: the drill was too short")


def _agent(codec: Codec) -> AccountsAgent:
    policy = default_policy()
    return AccountsAgent(codec, lambda _now: policy)


LOAD: Final = Load("accounts", _agent, activities, HEALTH_TOPIC, check)
