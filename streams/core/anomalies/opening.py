"""An incident as it opens."""

from detectors.spikes import Expected
from schemas.records import Millis
from streams.core.anomalies.affected import touched
from streams.core.anomalies.naming import anomaly_id, category_name, is_category
from streams.core.anomalies.state import Incident, Subject, Watch
from streams.core.anomalies.windows import Counted, Seen, Window, sightings, with_sketched
from streams.core.policy.anomalies import AnomalyPolicy


def opened(
    subject: Subject,
    watch: Watch,
    window: Window,
    new: Seen,
    expected: Expected,
    policy: AnomalyPolicy,
    now: Millis,
) -> Incident:
    """The incident of a window that a report made unusual.

    Nothing has been told of it yet. Who had the same problem before the window is affected, too, as
    far as it is kept one by one; of a bucket that is not, only when it began is known.
    """
    counted = _within(subject, window, policy)
    found = with_sketched(sightings(counted), counted, new)
    begun = (number * policy.bucket for number in counted.sketches)
    since = min((*begun, *(one.sighting.at for one in found[:1])))
    known_to, known_until = watch.known.get(subject.name, (None, 0))
    incident = Incident(
        tenant=subject.tenant,
        anomaly_id=anomaly_id(subject.tenant, subject.name, since),
        subject=subject.name,
        category=subject.category,
        title=subject.title,
        component=subject.component,
        since=since,
        opened_at=now,
        expected=expected,
        deadline=now,
        members=tuple(dict.fromkeys((subject.name, category_name(subject.category)))),
        buckets=counted.buckets,
        sketches=counted.sketches,
        announced=0,
        peak=window.accounts,
        peak_end=window.end,
        hot_until=new.number,
        affected={},
        revision=0,
        acknowledged_by=known_to if known_until > now else None,
        known_issue=known_until > now,
        aliases=subject.aliases,
        centre=subject.centre,
    )
    if not is_category(subject.name):
        found = with_sketched(sightings(subject), subject, new)
    return touched(incident, found, policy)


def _within(subject: Subject, window: Window, policy: AnomalyPolicy) -> Counted:
    """What a subject has counted in a window."""
    numbers = range(window.end - policy.window_buckets + 1, window.end + 1)
    return Counted(
        {number: bucket for number, bucket in subject.buckets.items() if number in numbers},
        {number: sketch for number, sketch in subject.sketches.items() if number in numbers},
    )
