"""What is told of an incident: its news, and its end."""

from collections.abc import Iterator

from msgspec.structs import replace

from schemas.records import Anomaly, AnomalyState, Millis
from streams.core.anomalies.baseline import skip
from streams.core.anomalies.naming import is_category
from streams.core.anomalies.record import record
from streams.core.anomalies.state import Entry, Incident, Known, Step, Watch
from streams.core.anomalies.windows import Window
from streams.core.policy.anomalies import AnomalyPolicy


def told(
    incident: Incident,
    watch: Watch,
    window: Window,
    policy: AnomalyPolicy,
    now: Millis,
    *,
    always: bool = False,
) -> tuple[Incident, tuple[Anomaly, ...]]:
    """The incident with its next record, where there is news and it is not muted."""
    growth = window.accounts / incident.announced
    if not always and growth < policy.growth:
        return incident, ()
    if is_muted(incident, watch, now) or (incident.known_issue and not always):
        return incident, ()
    incident = replace(
        incident,
        announced=max(window.accounts, incident.announced),
        revision=incident.revision + 1,
    )
    return incident, (record(incident, AnomalyState.UPDATED, policy, now, window, growth),)


def resolved(
    known: Known, incident: Incident, watch: Watch, policy: AnomalyPolicy, now: Millis
) -> Step:
    """The incident ends. It is kept for a while, in case the problem comes back.

    What its members counted in its time is neither learned nor counted again.
    """
    ended = max(incident.hot_until, watch.watermark // policy.bucket - 1)
    stored = [known.subject(name) for name in incident.members]
    subjects = {one.name: skip(one, ended) for one in stored if one is not None}
    incident = replace(
        incident,
        revision=incident.revision + 1,
        resolved_at=now,
        deadline=now + policy.flap,
        buckets={},
        sketches={},
    )
    output = record(incident, AnomalyState.RESOLVED, policy, now)
    watch = entered(watch, incident)
    return Step(watch, {**subjects}, {incident.anomaly_id: incident}, (output,))


def entered(watch: Watch, incident: Incident) -> Watch:
    """The watch that knows the incident as it stands."""
    before = watch.incidents.get(incident.anomaly_id)
    firsts = [*incident.buckets] if before is None else [*incident.buckets, before.first]
    is_over = incident.resolved_at is not None
    entry = Entry(incident.members, incident.component, incident.category, min(firsts), is_over)
    if entry == before:
        return watch
    return replace(watch, incidents={**watch.incidents, incident.anomaly_id: entry})


def owned(incident: Incident) -> Iterator[str]:
    """The subjects that an answer to the incident is about: not a category that only came along."""
    for name in incident.members:
        if name == incident.subject or not is_category(name):
            yield name


def is_muted(incident: Incident, watch: Watch, now: Millis) -> bool:
    """Whether the incident is to stay quiet."""
    return watch.muted.get(incident.subject, 0) > now
