"""Distinct accounts in sliding windows of buckets."""

from itertools import chain, repeat
from math import inf
from operator import contains
from typing import NamedTuple, Protocol

import msgspec

from schemas.records import Millis, ProblemReport
from streams.core.anomalies.sketches import estimate, sketched, united
from streams.core.anomalies.state import Bucket, Buckets, Sighting, Sketches
from streams.core.policy.anomalies import AnomalyPolicy


class Window(NamedTuple):
    """The last bucket of a window, and the distinct accounts in it."""

    end: int
    accounts: int


class Seen(msgspec.Struct, frozen=True):
    """A report as the windows count it."""

    number: int
    """The bucket it belongs to."""
    who: str
    ticket_id: str
    sighting: Sighting


class Counts(Protocol):
    """Buckets, and the sketches of those that held more reporters than are kept one by one."""

    @property
    def buckets(self) -> Buckets:
        """What is kept one by one."""

    @property
    def sketches(self) -> Sketches:
        """By the number of their bucket."""


class Counted(msgspec.Struct, frozen=True):
    """Counts by themselves: subjects and incidents have them, too."""

    buckets: Buckets
    sketches: Sketches


def seen(report: ProblemReport, at: Millis, policy: AnomalyPolicy) -> Seen:
    """A report of event time `at` as the windows count it."""
    large = (
        report.account_tier in policy.large_tiers
        or (report.contract_value or 0.0) >= policy.large_contract_value
    )
    return Seen(at // policy.bucket, reporter(report), report.ticket_id, Sighting(at, large))


def reporter(report: ProblemReport) -> str:
    """Who counts as one: the account, else the requester, else the ticket.

    The prefixes sort in that order, so that the least of two names is the better known one.
    """
    if report.account_id is not None:
        return f"a:{report.account_id}"
    if report.requester_id is not None:
        return f"r:{report.requester_id}"
    return f"t:{report.ticket_id}"


def account_of(who: str) -> str | None:
    """The account id of a reporter, where it is one."""
    return who[2:] if who.startswith("a:") else None


def add(counted: Counts, new: Seen, policy: AnomalyPolicy) -> Counts:
    """What is counted with one more sighting; the same object when it changes nothing.

    A ticket counts once a bucket, at its earliest report, so neither retries nor the order of
    arrival change the result (below the policy's bounds of memory). Where a bucket has its share of
    tickets already, only accounts that it does not have are counted.
    """
    bucket = counted.buckets.get(new.number, {})
    if len(bucket) >= _share(policy) and new.who not in bucket:
        counted = _bounded(counted, new.number, policy)
    buckets, sketches = counted.buckets, counted.sketches
    if before := sketches.get(new.number):
        after = sketched(before, (new.who,))
        return counted if after == before else Counted(buckets, {**sketches, new.number: after})
    tickets = bucket.get(new.who)
    if tickets is None:
        first: Bucket = {**bucket, new.who: {new.ticket_id: new.sighting}}
        return Counted({**buckets, new.number: first}, sketches)
    if new.ticket_id not in tickets and sum(map(len, bucket.values())) >= _share(policy):
        return counted
    known = tickets.get(new.ticket_id, new.sighting)
    merged = Sighting(min(known.at, new.sighting.at), known.large or new.sighting.large)
    by_time = sorted(
        {**tickets, new.ticket_id: merged}.items(), key=lambda item: (item[1].at, item[0])
    )
    kept = dict(by_time[: policy.tickets_per_reporter])
    if kept == tickets:
        return counted
    changed: Bucket = {**bucket, new.who: kept}
    return Counted({**buckets, new.number: changed}, sketches)


def _share(policy: AnomalyPolicy) -> int:
    """How many reporters each bucket of a window may keep that holds as many as are kept.

    And how many tickets, unless they are of a reporter each: a state has to fit into a record.
    """
    return max(1, policy.exact_accounts // policy.window_buckets)


def _bounded(counted: Counts, number: int, policy: AnomalyPolicy) -> Counts:
    """What is counted before one more reporter in a bucket that has its share.

    Where the windows around it have as many as are kept one by one, or are estimated already, each
    bucket of theirs that has its share becomes a sketch. So no window keeps twice as many.
    """
    if at_most(counted, number, policy) < policy.exact_accounts:
        return counted
    share, span = _share(policy), policy.window_buckets
    near = {at: those for at, those in counted.buckets.items() if abs(at - number) < span}
    large = {at: sketched(b"", those) for at, those in near.items() if len(those) >= share}
    return Counted({**counted.buckets, **{at: {} for at in large}}, {**counted.sketches, **large})


def together(one: Counts, other: Counts, policy: AnomalyPolicy) -> Counts:
    """Both counted as one."""
    for number, sketch in other.sketches.items():
        own = one.sketches.get(number) or sketched(b"", one.buckets.get(number, ()))
        one = Counted({**one.buckets, number: {}}, {**one.sketches, number: united(own, sketch)})
    for new in sightings(other):
        one = add(one, new, policy)
    return one


def sightings(counted: Counts) -> list[Seen]:
    """What is kept one by one, by time."""
    found = [
        Seen(number, who, ticket_id, sighting)
        for number, bucket in counted.buckets.items()
        for who, tickets in bucket.items()
        for ticket_id, sighting in tickets.items()
    ]
    return sorted(found, key=lambda one: (one.sighting.at, one.ticket_id, one.who))


def with_sketched(found: list[Seen], counted: Counts, new: Seen) -> list[Seen]:
    """With the report itself where its bucket has a sketch, which keeps nobody one by one."""
    return [*found, new] if new.number in counted.sketches else found


def reporters_in(buckets: Buckets, end: int, policy: AnomalyPolicy) -> set[str]:
    """Distinct reporters in the window whose last bucket is `end`, of those kept one by one.

    A ticket reported before and after its account became known belongs to that account alone.
    """
    owner: dict[str, str] = {}
    first = end - policy.window_buckets + 1
    for bucket in [one for number, one in buckets.items() if first <= number <= end]:
        for who, tickets in bucket.items():
            for ticket_id in tickets:
                if owner.setdefault(ticket_id, who) > who:
                    owner[ticket_id] = who
    return set(owner.values())


def accounts_in(counted: Counts, end: int, policy: AnomalyPolicy) -> int:
    """Distinct accounts in the window whose last bucket is `end`; past the bound an estimate."""
    exact = reporters_in(counted.buckets, end, policy)
    if not counted.sketches:
        return len(exact)
    first = end - policy.window_buckets + 1
    more = [value for number, value in counted.sketches.items() if first <= number <= end]
    return estimate(exact, more) if more else len(exact)


def with_one_more(
    counted: Counts, accounts: int, new: Seen, policy: AnomalyPolicy, *, is_new_ticket: bool
) -> int | None:
    """Distinct accounts in the window that ends with a sighting's bucket, after the sighting.

    `counted` and `accounts` are those before it. None where they have to be counted anew: a ticket
    that moves between reporters, or one more of a reporter, may change whom others belong to; one
    that `is_new_ticket`, counted nowhere, needs no search.
    """
    if counted.sketches:
        return None
    numbers = range(new.number - policy.window_buckets + 1, new.number + 1)
    window = [counted.buckets.get(number, {}) for number in numbers]
    if is_new_ticket:
        return None if any(new.who in bucket for bucket in window) else accounts + 1
    own = [bucket.get(new.who, {}) for bucket in window]
    if any(new.ticket_id in tickets for tickets in own):
        return accounts if not own[-1] or new.ticket_id in own[-1] else None
    others = chain.from_iterable(bucket.values() for bucket in window)
    if any(own) or True in map(contains, others, repeat(new.ticket_id)):
        return None
    return accounts + 1


def busiest(counted: Counts, number: int, policy: AnomalyPolicy) -> Window:
    """Of the windows that hold bucket `number`, the earliest with the most accounts.

    A window that ends after all that is counted holds no more than the one before it.
    """
    last = min(
        max((number, *counted.buckets, *counted.sketches)), number + policy.window_buckets - 1
    )
    windows = (Window(end, accounts_in(counted, end, policy)) for end in range(number, last + 1))
    return max(windows, key=lambda window: (window.accounts, -window.end))


def at_most(counted: Counts, number: int, policy: AnomalyPolicy) -> float:
    """No window that holds bucket `number` has more accounts; known without a look at them."""
    before, behind = number - policy.window_buckets, number + policy.window_buckets
    if counted.sketches and any(before < bucket < behind for bucket in counted.sketches):
        return inf
    return sum([len(those) for at, those in counted.buckets.items() if before < at < behind])


def after(counted: Counts, number: int) -> Counted:
    """What is counted in the buckets after `number`."""
    return Counted(
        {key: bucket for key, bucket in counted.buckets.items() if key > number},
        {key: sketch for key, sketch in counted.sketches.items() if key > number},
    )
