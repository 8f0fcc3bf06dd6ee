"""What is told of an incident: its news, and its end."""

from collections.abc import Iterator

from msgspec.structs import replace

from schemas.records import Anomaly, AnomalyState, Millis
from streams.core.anomalies.affected import filed
from streams.core.anomalies.baseline import skip
from streams.core.anomalies.incidents import due, news_at
from streams.core.anomalies.listing import next_part
from streams.core.anomalies.naming import is_category
from streams.core.anomalies.record import record, severity
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
    returned: bool = False,
) -> tuple[Incident, tuple[Anomaly, ...]]:
    """The incident with its next record, where there is news and it is not muted.

    That it is back, has grown or has another severity is told at once, that problems have joined
    some time after the last record. What comes while it is muted is told when that ends.
    """
    growth = window.accounts / incident.announced
    has_turned = incident.told_severity not in ("", severity(incident, policy))
    has_grown = growth >= policy.growth and not incident.known_issue
    joined_at = news_at(incident, policy)
    has_joined = joined_at is not None and joined_at <= now
    if not (returned or has_turned or has_grown or has_joined):
        return incident, ()
    if is_muted(incident, watch, now):
        until = watch.muted[incident.subject]
        return due(replace(incident, joined_since=True, silent_until=until), policy), ()
    incident = announced(incident, policy, now, window.accounts)
    return incident, (record(incident, AnomalyState.UPDATED, policy, now, window, growth),)


def announced(
    incident: Incident, policy: AnomalyPolicy, now: Millis, accounts: int = 0
) -> Incident:
    """The incident whose next record goes out, with so many accounts in its window."""
    incident = replace(
        incident,
        announced=max(accounts, incident.announced),
        revision=incident.revision + 1,
        told_at=max(now, incident.told_at),
        told_severity=severity(incident, policy),
        joined_since=False,
        silent_until=0,
    )
    return due(incident, policy)


def resolved(
    known: Known, incident: Incident, watch: Watch, policy: AnomalyPolicy, now: Millis
) -> Step:
    """The incident ends. It is kept for a while, in case the problem comes back.

    What its members counted in its time is neither learned nor counted again. Where its reports
    came late its quiet time may be over before they were heard of: it ends after what was told.
    """
    now = max(now, incident.told_at)
    ended = max(incident.hot_until, watch.watermark // policy.bucket - 1)
    stored = [known.subject(name) for name in incident.members]
    subjects = {one.name: skip(one, ended) for one in stored if one is not None}
    incident = replace(
        incident,
        revision=incident.revision + 1,
        resolved_at=now,
        buckets={},
        sketches={},
        part=0,
        listed_to="",
    )
    incident, keys = filed(known, incident)
    incident, output = next_part(known, incident, keys, policy, now)
    name, watch = incident.anomaly_id, entered(watch, incident)
    return Step(watch, {**subjects}, {name: incident}, (output,), {name: keys})


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
