"""Whom an incident touches: a key a ticket and one an account, so no report rewrites a list."""

from msgspec.structs import replace

from streams.core.anomalies.state import Affected, Incident, Keys, Known, Step
from streams.core.anomalies.windows import Seen, account_of
from streams.core.policy.anomalies import AnomalyPolicy

MOST_LARGE = 200
"""Large accounts that an incident names, the first ones: its end lists all accounts."""


def touched(incident: Incident, found: list[Seen], policy: AnomalyPolicy) -> Incident:
    """The incident with the tickets of reports among the affected, yet to be `filed`."""
    affected, samples, large = dict(incident.affected), incident.samples, incident.large
    for new in found:
        account = account_of(new.who)
        one = Affected(new.sighting.at, account)
        affected[new.ticket_id] = _both(affected.get(new.ticket_id), one)
        samples = _with_sample(samples, new.ticket_id, one, policy.sample_tickets)
        if new.sighting.large and account is not None and account not in large:
            large = tuple(sorted((*large, account))) if len(large) < MOST_LARGE else large
    return replace(incident, affected=affected, samples=samples, large=large)


def is_filed(known: Known, incident: Incident, new: Seen) -> bool:
    """Whether a report says nothing new of whom the incident touches."""
    was = known.affected(incident.anomaly_id).tickets((new.ticket_id,)).get(new.ticket_id)
    if was is None:
        return False
    one = Affected(new.sighting.at, account_of(new.who))
    return _both(was, one) == was


def filed(known: Known, incident: Incident) -> tuple[Incident, Keys]:
    """The incident without the tickets that it was to file, and their keys and their accounts'.

    A report of a ticket that has its key already, and says nothing new of it, writes none.
    """
    name, new = incident.anomaly_id, incident.affected
    if not new:
        return incident, Keys()
    kept, tickets, owners = known.affected(name), dict[str, Affected | None](), dict[str, int]()
    before = kept.tickets(new)
    for ticket_id, one in new.items():
        was = before.get(ticket_id)
        now, whose = _both(was, one), None if was is None else was.account_id
        if now != was:
            tickets[ticket_id] = now
            if (who := now.account_id) is not None and whose is None:
                owners[who] = owners.get(who, 0) + 1
    counts = kept.accounts(owners)
    incident = replace(
        incident,
        affected={},
        tickets=incident.tickets + len(new) - len(before),
        accounts=incident.accounts + len(owners) - len(counts),
    )
    return incident, Keys(tickets, {who: more + counts.get(who, 0) for who, more in owners.items()})


def all_filed(known: Known, step: Step) -> Step:
    """The step with the keys of all that its incidents have to file."""
    if not step.incidents:
        return step
    incidents, keys = dict(step.incidents), dict(step.keys)
    for name, incident in step.incidents.items():
        if incident is not None and incident.affected:
            incidents[name], keys[name] = filed(known, incident)
    return replace(step, incidents=incidents, keys=keys)


def with_samples(incident: Incident) -> Incident:
    """An incident of a version that kept no samples beside its affected tickets."""
    return replace(incident, samples=dict(_by_time(incident.affected)))


def _both(was: Affected | None, one: Affected) -> Affected:
    """What two reports say of a ticket."""
    if was is None:
        return one
    return Affected(min(was.at, one.at), was.account_id or one.account_id)


def _with_sample(
    samples: dict[str, Affected], ticket_id: str, one: Affected, most: int
) -> dict[str, Affected]:
    """The samples, by the time of report, with a ticket that was reported before the last."""
    if ticket_id not in samples and len(samples) == most:
        last = next(reversed(samples))
        if (one.at, ticket_id) >= (samples[last].at, last):
            return samples
    more = {**samples, ticket_id: _both(samples.get(ticket_id), one)}
    return dict(_by_time(more)[:most])


def _by_time(tickets: dict[str, Affected]) -> list[tuple[str, Affected]]:
    return sorted(tickets.items(), key=lambda item: (item[1].at, item[0]))
