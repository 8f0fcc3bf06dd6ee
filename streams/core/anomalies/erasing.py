"""A ticket that is erased leaves every incident that is known, and what is counted."""

from msgspec.structs import replace

from schemas.records import Anomaly, AnomalyState, Millis, ProblemReport
from streams.core.anomalies.affected import filed
from streams.core.anomalies.earlier import latest
from streams.core.anomalies.listing import next_part
from streams.core.anomalies.naming import category_name
from streams.core.anomalies.record import record
from streams.core.anomalies.state import (
    Affected,
    Buckets,
    Incident,
    Keys,
    Known,
    Step,
    Subject,
    Watch,
)
from streams.core.policy.anomalies import AnomalyPolicy


def forget_ticket(
    known: Known, watch: Watch, report: ProblemReport, policy: AnomalyPolicy, now: Millis
) -> Step:
    """What follows from a report that says that its ticket is erased.

    An incident that named the ticket is told again without it, an open one under the revision it
    has: that is no news of the problem, and nobody is called for it. The list of one that is over
    begins anew under the next: its parts are others than those that were told. Fingerprints that
    belong to no incident and are not among the latest name the ticket until their window is over.
    """
    ticket_id, names = report.ticket_id, {category_name(report.category), *latest(watch)}
    incidents: dict[str, Incident | None] = {}
    outputs: list[Anomaly] = []
    keys: dict[str, Keys] = {}
    for name in watch.incidents:
        incident = known.incident(name)
        if incident is None:
            continue
        names.update(incident.members)
        left, changed = _without(known, incident, ticket_id)
        if left is not incident:
            incidents[name], output = _told_again(known, left, changed, policy, now)
            outputs.append(output)
            keys[name] = changed
    subjects: dict[str, Subject | None] = {}
    for subject in _with_categories(known, names):
        if _has(subject.buckets, ticket_id):
            subjects[subject.name] = replace(subject, buckets=_rest(subject.buckets, ticket_id))
    return Step(watch, subjects, incidents, tuple(outputs), keys)


def _with_categories(known: Known, names: set[str]) -> list[Subject]:
    """The subjects of names and of their categories, which may be others than the ticket's."""
    found = [one for name in sorted(names) if (one := known.subject(name)) is not None]
    more = {category_name(one.category) for one in found} - names
    return found + [one for name in sorted(more) if (one := known.subject(name)) is not None]


def _told_again(
    known: Known, incident: Incident, keys: Keys, policy: AnomalyPolicy, now: Millis
) -> tuple[Incident, Anomaly]:
    if incident.resolved_at is not None:
        revision = incident.revision + 1
        incident = replace(incident, revision=revision, part=0, listed_to="")
        return next_part(known, incident, keys, policy, now)
    kind = AnomalyState.OPENED if incident.revision == 1 else AnomalyState.UPDATED
    return incident, record(incident, kind, policy, now)


def _without(known: Known, incident: Incident, ticket_id: str) -> tuple[Incident, Keys]:
    """The incident and the keys to change; the same object where the ticket is not in it."""
    left, keys = filed(known, incident)
    kept, ids = known.affected(incident.anomaly_id), (ticket_id,)
    one = keys.tickets.get(ticket_id) or kept.tickets(ids).get(ticket_id)
    if one is None and not _has(incident.buckets, ticket_id):
        return incident, Keys()
    left = replace(
        left,
        samples={name: of for name, of in left.samples.items() if name != ticket_id},
        buckets=_rest(left.buckets, ticket_id),
        latest=(0, 0),
    )
    return (left, keys) if one is None else _without_key(known, left, keys, ticket_id, one)


def _without_key(
    known: Known, incident: Incident, keys: Keys, ticket_id: str, one: Affected
) -> tuple[Incident, Keys]:
    """Without an affected ticket; its account goes with the last that it has."""
    tickets, accounts, who = {**keys.tickets, ticket_id: None}, dict(keys.accounts), one.account_id
    left = replace(incident, tickets=incident.tickets - 1)
    if who is not None:
        count = accounts.get(who) or known.affected(incident.anomaly_id).accounts((who,)).get(
            who, 1
        )
        accounts[who] = count - 1 or None
        if count == 1:
            large = tuple(account for account in left.large if account != who)
            left = replace(left, accounts=left.accounts - 1, large=large)
    return left, Keys(tickets, accounts)


def _has(buckets: Buckets, ticket_id: str) -> bool:
    return any(ticket_id in tickets for bucket in buckets.values() for tickets in bucket.values())


def _rest(buckets: Buckets, ticket_id: str) -> Buckets:
    """The buckets without the ticket, and without whoever reported nothing else."""
    return {
        number: {
            who: rest
            for who, tickets in bucket.items()
            if (rest := {name: one for name, one in tickets.items() if name != ticket_id})
        }
        for number, bucket in buckets.items()
    }
