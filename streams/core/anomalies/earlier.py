"""Who reported before an incident opened what it explains.

That are other problems of the same component, and those that mean about the same.
"""

from collections.abc import Iterator
from itertools import chain

from msgspec.structs import replace

from schemas.records import ProblemReport
from streams.core.anomalies.centres import Part, belongs
from streams.core.anomalies.state import Incident, Known, Subject, Watch
from streams.core.anomalies.windows import Seen, after, sightings
from streams.core.policy.anomalies import AnomalyPolicy

MOST_COMPONENTS = 200
"""Components of a tenant whose latest problems are known; no component counts as one."""
LATEST_COMPONENTS = 20
"""Those that had new problems last; only their problems' meanings are looked at."""
MOST_PROBLEMS = 20
"""Fingerprints known of one component, the latest new ones."""


def noticed(watch: Watch, report: ProblemReport) -> Watch:
    """The watch that knows the report's fingerprint as one of its component."""
    component, name = report.component or "", report.fingerprint
    if name in (known := watch.recent.get(component, ())):
        return watch
    others = [item for item in watch.recent.items() if item[0] != component]
    names = (*known[1 - MOST_PROBLEMS :], name)
    return replace(watch, recent=dict((*others[1 - MOST_COMPONENTS :], (component, names))))


def reported_earlier(
    known: Known, watch: Watch, incident: Incident, policy: AnomalyPolicy
) -> list[Seen]:
    """Reports of what the incident explains from `AnomalyPolicy.lateness` before it began on."""
    since = incident.since // policy.bucket - policy.lateness // policy.bucket
    own, found = incident.component, list[Seen]()
    names = watch.recent.get(own, ()) if own else ()
    for name in dict.fromkeys((*names, *latest(watch))):
        subject = known.subject(name)
        if subject is not None and (_is_of(own, subject) or _means(incident, subject)):
            found += sightings(after(subject, since))
    return found


def latest(watch: Watch) -> Iterator[str]:
    """The latest fingerprints of the components that had new problems last."""
    return chain.from_iterable([*watch.recent.values()][-LATEST_COMPONENTS:])


def _is_of(component: str | None, subject: Subject) -> bool:
    return component is not None and subject.component == component


def _means(incident: Incident, subject: Subject) -> bool:
    centre = subject.centre
    near = incident.centre.nearness(centre.vector(), centre.version)
    return belongs(
        near,
        Part(incident.component, incident.category),
        Part(subject.component, subject.category),
    )
