"""Which incident a report belongs to, and which one a burst is part of: one cause, one incident."""

import re
from collections.abc import Sequence
from typing import Final

from schemas.records import ProblemReport
from streams.core.anomalies import centres
from streams.core.anomalies.centres import BELONGS, Part, vector
from streams.core.anomalies.naming import category_name, is_category
from streams.core.anomalies.state import Entry, Incident, Known, Subject, Watch
from streams.core.anomalies.windows import Window, account_of, reporters_in
from streams.core.policy.anomalies import AnomalyPolicy

_SERVER_ERROR: Final = re.compile(r"(?:\w+: )?http 5\d\d")
"""What stands in front of all parts of a product fails for all of them, with one status or more."""


def home(known: Known, watch: Watch, problems: Sequence[Subject], number: int) -> Incident | None:
    """The open incident that a report of these problems belongs to, burst or not.

    That is the one they are members of, the first before the others, else one about the same
    component.
    """
    entries = [
        (name, entry)
        for name, entry in watch.incidents.items()
        if not entry.resolved and number >= entry.first
    ]
    for problem in problems:
        for name, entry in entries:
            if problem.name in entry.members:
                return known.incident(name)
    for name, entry in entries:
        if entry.component is not None and entry.component == problems[0].component:
            return known.incident(name)
    return None


def says_the_same(
    known: Known, incident: Incident, subject: Subject, number: int, policy: AnomalyPolicy
) -> bool:
    """Whether most of those who use these words up to bucket `number` are of an incident."""
    own = reporters_in(subject.buckets, number, policy)
    return _shared(known, incident, own) >= max(policy.minimum_accounts, policy.kin * len(own))


def nearest(known: Known, watch: Watch, report: ProblemReport, number: int) -> Incident | None:
    """The open incident that a report is nearest to in meaning, of those near enough."""
    numbers = vector(report)
    if not numbers:
        return None
    open_ones = (
        known.incident(name)
        for name, entry in watch.incidents.items()
        if not entry.resolved and number >= entry.first
    )
    those = (
        (one, one.centre, Part(one.component, one.category)) for one in open_ones if one is not None
    )
    part = Part(report.component, report.category)
    return centres.nearest(those, numbers, report.meaning_version, part)


def home_of_category(known: Known, watch: Watch, name: str) -> Incident | None:
    """The open incident that is about a whole category."""
    for anomaly_id, entry in watch.incidents.items():
        if name in entry.members and not entry.resolved:
            incident = known.incident(anomaly_id)
            if incident is not None and incident.subject == name:
                return incident
    return None


def kin(
    known: Known, watch: Watch, subject: Subject, window: Window, policy: AnomalyPolicy
) -> tuple[Incident, str] | None:
    """The incident that a bursting subject is part of, and why; a resolved one comes back.

    Beside an open incident about its category a problem opens none, nor does a category come up
    or back beside an open one of its problems: whoever answers them would answer one cause twice.
    """
    whole = home_of_category(known, watch, category_name(subject.category))
    if whole is not None:
        return whole, "member" if subject.name in whole.members else "category"
    for name, entry in watch.incidents.items():
        incident = known.incident(name)
        if incident is not None:
            why = _bond(known, incident, entry, subject, window, policy)
            if why == "returned" and is_category(incident.subject):
                return _of_category(known, watch, incident.subject)
            if why is not None:
                return incident, why
    if is_category(subject.name):
        return _of_category(known, watch, subject.name)
    return None


def same_tickets(
    known: Known, watch: Watch, incident: Incident, policy: AnomalyPolicy
) -> tuple[Incident, str] | None:
    """The open incident that has the tickets of one that would open beside it, or the other way
    round, for the most part: whoever answers both would answer them twice.
    """
    for name, entry in watch.incidents.items():
        other = None if entry.resolved else known.incident(name)
        if other is not None:
            own = incident.affected.keys()
            theirs = known.affected(name).tickets(own).keys() | (own & other.affected.keys())
            both, fewer = len(theirs), min(len(own), other.tickets + len(other.affected))
            if both >= max(policy.minimum_accounts, policy.kin * fewer):
                return other, "tickets"
    return None


def _of_category(known: Known, watch: Watch, name: str) -> tuple[Incident, str] | None:
    """The latest open incident of a problem of the category, else the category's own of before."""
    before: tuple[Incident, str] | None = None
    for anomaly_id, entry in reversed(watch.incidents.items()):
        incident = known.incident(anomaly_id) if name in entry.members else None
        if incident is not None and not entry.resolved:
            return incident, "category"
        if incident is not None and incident.subject == name:
            before = before or (incident, "returned")
    return before


def _bond(
    known: Known,
    incident: Incident,
    entry: Entry,
    subject: Subject,
    window: Window,
    policy: AnomalyPolicy,
) -> str | None:
    if subject.name in entry.members and not is_category(subject.name):
        return "returned" if entry.resolved else "member"
    if subject.component is not None and subject.component == entry.component:
        return "component"
    if entry.resolved:
        return None
    own = reporters_in(subject.buckets, window.end, policy)
    if _shared(known, incident, own) >= max(2.0, policy.kin * len(own)):
        return "accounts"
    if abs(window.end - incident.peak_end) > policy.window_buckets:
        return None
    if _SERVER_ERROR.fullmatch(subject.title) and _SERVER_ERROR.fullmatch(incident.title):
        return "status"
    vague = subject.component is None or entry.component is None
    alike = vague and subject.category == entry.category and _may_mean_the_same(incident, subject)
    return "category" if alike else None


def _shared(known: Known, incident: Incident, own: set[str]) -> int:
    """How many reporters an incident has counted; of too many for it, also who is affected."""
    found = {who for bucket in incident.buckets.values() for who in own & bucket.keys()}
    if not incident.sketches:
        return len(found)
    others = {account for who in own - found if (account := account_of(who)) is not None}
    new = {one.account_id for one in incident.affected.values()}
    return len(found) + len(
        known.affected(incident.anomaly_id).accounts(others).keys() | (others & new)
    )


def _may_mean_the_same(incident: Incident, subject: Subject) -> bool:
    """Whether two that name no two components are near in meaning, as far as that is known."""
    numbers, version = subject.centre.vector(), subject.centre.version
    is_known = bool(numbers) and bool(incident.centre.numbers)
    return not is_known or incident.centre.nearness(numbers, version) >= BELONGS
