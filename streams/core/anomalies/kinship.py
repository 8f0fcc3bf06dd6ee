"""Which incident a report belongs to, and which one a burst is part of: one cause, one incident."""

from streams.core.anomalies.naming import is_category
from streams.core.anomalies.state import Entry, Incident, Known, Subject, Watch
from streams.core.anomalies.windows import Window, reporters_in
from streams.core.policy.anomalies import AnomalyPolicy


def home(known: Known, watch: Watch, subject: Subject, number: int) -> Incident | None:
    """The open incident that a report of a fingerprint belongs to, burst or not.

    That is the one it is a member of, else one about the same component.
    """
    entries = [
        (name, entry)
        for name, entry in watch.incidents.items()
        if not entry.resolved and number >= entry.first
    ]
    for name, entry in entries:
        if subject.name in entry.members:
            return known.incident(name)
    for name, entry in entries:
        if subject.component is not None and entry.component == subject.component:
            return known.incident(name)
    return None


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
    """The incident that a bursting subject is part of, and why; a resolved one comes back."""
    for name, entry in watch.incidents.items():
        incident = known.incident(name)
        if incident is not None:
            why = _bond(incident, entry, subject, window, policy)
            if why is not None:
                return incident, why
    return None


def _bond(
    incident: Incident, entry: Entry, subject: Subject, window: Window, policy: AnomalyPolicy
) -> str | None:
    if subject.name in entry.members and not (
        is_category(subject.name) and incident.subject != subject.name
    ):
        return "returned" if entry.resolved else "member"
    if subject.component is not None and subject.component == entry.component:
        return "component"
    if entry.resolved:
        return None
    own = reporters_in(subject.buckets, window.end, policy)
    theirs = {who for bucket in incident.buckets.values() for who in bucket}
    if len(own & theirs) >= max(2.0, policy.kin * len(own)):
        return "accounts"
    vague = subject.component is None or entry.component is None
    together = abs(window.end - incident.peak_end) <= policy.window_buckets
    if vague and together and subject.category == entry.category:
        return "category"
    return None
