"""Who reported before an incident opened what it explains: other problems of the same component."""

from msgspec.structs import replace

from schemas.records import ProblemReport
from streams.core.anomalies.baseline import last_settled
from streams.core.anomalies.state import Incident, Known, Watch
from streams.core.anomalies.windows import Counted, Seen, after, sightings
from streams.core.policy.anomalies import AnomalyPolicy

MOST_COMPONENTS = 200
"""Components of a tenant whose latest problems are known."""
MOST_PROBLEMS = 20
"""Fingerprints known of one component, the latest new ones."""


def noticed(watch: Watch, report: ProblemReport) -> Watch:
    """The watch that knows the report's fingerprint as one of its component."""
    component, name = report.component, report.fingerprint
    if component is None or name in (known := watch.recent.get(component, ())):
        return watch
    others = [item for item in watch.recent.items() if item[0] != component]
    names = (*known[1 - MOST_PROBLEMS :], name)
    return replace(watch, recent=dict((*others[1 - MOST_COMPONENTS :], (component, names))))


def reported_earlier(
    known: Known, watch: Watch, incident: Incident, policy: AnomalyPolicy
) -> list[Seen]:
    """Reports of the incident's component that lie within the lateness bound."""
    found: list[Seen] = []
    for name in watch.recent.get(incident.component or "", ()):
        subject = known.subject(name)
        if subject is not None:
            counted = Counted(subject.buckets, subject.sketches)
            found += sightings(after(counted, last_settled(watch.watermark, policy)))
    return found
