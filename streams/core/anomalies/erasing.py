"""A ticket that is erased leaves every incident that is known, and what is counted."""

from msgspec.structs import replace

from schemas.records import Anomaly, AnomalyState, Millis, ProblemReport
from streams.core.anomalies.naming import category_name
from streams.core.anomalies.record import record
from streams.core.anomalies.state import Buckets, Incident, Known, Step, Subject, Watch
from streams.core.policy.anomalies import AnomalyPolicy


def forget_ticket(
    known: Known, watch: Watch, report: ProblemReport, policy: AnomalyPolicy, now: Millis
) -> Step:
    """What follows from a report that says that its ticket is erased.

    An incident that named the ticket is told again without it, under the revision it has: that is
    no news of the problem, and nobody is called for it. Fingerprints that belong to no incident
    name the ticket until their window has passed.
    """
    ticket_id, names = report.ticket_id, {category_name(report.category)}
    incidents: dict[str, Incident | None] = {}
    outputs: list[Anomaly] = []
    for name in watch.incidents:
        incident = known.incident(name)
        if incident is None:
            continue
        names.update(incident.members)
        left = _without(incident, ticket_id)
        if left is not incident:
            incidents[name] = left
            outputs.append(_told_again(left, policy, now))
    subjects: dict[str, Subject | None] = {}
    for name in sorted(names):
        subject = known.subject(name)
        if subject is not None and _has(subject.buckets, ticket_id):
            subjects[name] = replace(subject, buckets=_rest(subject.buckets, ticket_id))
    return Step(watch, subjects, incidents, tuple(outputs))


def _told_again(incident: Incident, policy: AnomalyPolicy, now: Millis) -> Anomaly:
    if incident.resolved_at is not None:
        return record(incident, AnomalyState.RESOLVED, policy, incident.resolved_at)
    is_first = incident.revision == 1
    return record(incident, AnomalyState.OPENED if is_first else AnomalyState.UPDATED, policy, now)


def _without(incident: Incident, ticket_id: str) -> Incident:
    """The same object where the ticket is not in it."""
    if ticket_id not in incident.affected and not _has(incident.buckets, ticket_id):
        return incident
    affected = {name: of for name, of in incident.affected.items() if name != ticket_id}
    accounts = {account for _, account in affected.values()}
    _, account = incident.affected.get(ticket_id, (0, None))
    large = tuple(one for one in incident.large if one != account or one in accounts)
    return replace(
        incident, affected=affected, large=large, buckets=_rest(incident.buckets, ticket_id)
    )


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
