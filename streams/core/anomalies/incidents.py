"""An incident takes in what is reported of it and what bursts with it, and is due again."""

from math import log10

from msgspec.structs import replace

from detectors.spikes import Expected
from schemas.records import Millis, ProblemReport
from streams.core.anomalies.affected import touched
from streams.core.anomalies.baseline import expected_accounts, last_settled
from streams.core.anomalies.naming import category_name, is_category, newest
from streams.core.anomalies.state import Incident, Known, Subject, Watch
from streams.core.anomalies.windows import (
    Counted,
    Counts,
    Seen,
    Window,
    add,
    after,
    busiest,
    sightings,
    together,
    with_one_more,
    with_sketched,
)
from streams.core.policy.anomalies import AnomalyPolicy


def grown(
    known: Known,
    incident: Incident,
    new: Seen,
    report: ProblemReport,
    subject: Subject,
    watch: Watch,
    policy: AnomalyPolicy,
    now: Millis,
) -> tuple[Incident, Window]:
    """The incident after one more report of a subject, and the busiest window around it.

    What else the subject has counted since the incident began belongs to it, too, and what is
    usual of the subject is usual of the incident.
    """
    own = [new]
    if _is_new(incident, subject, policy):
        incident = _with_usual(incident, expected_accounts(subject, watch, now, policy))
        first = min(incident.buckets, default=new.number)
        own = with_sketched(sightings(after(subject, first - 1)), subject, new)
    counted: Counts = incident
    for one in own:
        counted = add(counted, one, policy)
    counted = _changeable(counted, watch, policy)
    window = _grown_window(known, incident, counted, new, policy) if own == [new] else None
    window = window or busiest(counted, new.number, policy)
    incident = replace(
        incident,
        buckets=counted.buckets,
        sketches=counted.sketches,
        aliases=newest(incident.aliases, subject.aliases, policy.aliases),
        centre=incident.centre.after(report)
        if subject.name == report.fingerprint
        else incident.centre,
    )
    incident = _named(incident, (subject.name, category_name(subject.category)), policy)
    incident = _warmed(incident, window, new.number, policy)
    return due(touched(incident, own, policy), policy), window


def _grown_window(
    known: Known, incident: Incident, counted: Counts, new: Seen, policy: AnomalyPolicy
) -> Window | None:
    """The only window around a report in the newest bucket, where the last count says its size."""
    end, accounts = incident.latest
    if end != new.number or counted.sketches:
        return None
    # Every ticket that is counted is among the affected, unless an earlier version's were full.
    ticket_id, is_new = new.ticket_id, not incident.cut and new.ticket_id not in incident.affected
    is_new = is_new and not known.affected(incident.anomaly_id).tickets((ticket_id,))
    grown = with_one_more(incident, accounts, new, policy, is_new_ticket=is_new)
    return None if grown is None else Window(end, grown)


def joined(
    incident: Incident,
    subject: Subject,
    why: str,
    new: Seen,
    expected: Expected,
    watch: Watch,
    policy: AnomalyPolicy,
) -> tuple[Incident, Window]:
    """The incident after a subject that bursts together with it became part of it."""
    number, own = new.number, _brought(incident, subject, new.number, policy)
    counted = _changeable(together(incident, own, policy), watch, policy)
    window = busiest(counted, number, policy)
    found = with_sketched(sightings(own), own, new)
    reasons = dict.fromkeys((*incident.grouped_by, why))
    before = incident
    if found and is_category(subject.name) and incident.subject != subject.name:
        incident = _with_usual_of_all(incident, expected)
    elif found and _is_new(incident, subject, policy):
        incident = _with_usual(incident, expected)
    incident = replace(
        incident,
        component=incident.component or subject.component,
        since=min([incident.since, *(one.sighting.at for one in found[:1])]),
        buckets=counted.buckets,
        sketches=counted.sketches,
        grouped_by=tuple(reasons),
        aliases=newest(incident.aliases, subject.aliases, policy.aliases),
        acknowledged_by=_who_has(incident),
        resolved_at=None,
        reopened=incident.reopened + (incident.resolved_at is not None),
    )
    incident = _named(incident, (subject.name, category_name(subject.category)), policy)
    incident = _warmed(incident, window, number, policy)
    is_news = (incident.members, incident.grouped_by) != (before.members, before.grouped_by)
    incident = replace(
        incident,
        hot_until=max(incident.hot_until, number) if found else incident.hot_until,
        joined_since=incident.joined_since or is_news,
    )
    if not found:  # how much bursts is told all the same
        window = busiest(subject, number, policy)
    return due(touched(incident, found, policy), policy), window


def taken_in(incident: Incident, problem: Subject, watch: Watch, policy: AnomalyPolicy) -> Incident:
    """The incident with all that a problem has counted which turned out to be its own.

    What was usual of the problem is usual of the incident.
    """
    usual = expected_accounts(problem, watch, problem.seen_at, policy)
    counted = _changeable(together(incident, problem, policy), watch, policy)
    found = sightings(problem)
    incident = replace(
        _with_usual(incident, usual),
        since=min([incident.since, *(one.sighting.at for one in found[:1])]),
        buckets=counted.buckets,
        sketches=counted.sketches,
        aliases=newest(incident.aliases, problem.aliases, policy.aliases),
    )
    for number in sorted({*problem.buckets, *problem.sketches} & {*counted.buckets}):
        incident = _warmed(incident, busiest(counted, number, policy), number, policy)
    return due(touched(incident, found, policy), policy)


def _who_has(incident: Incident) -> str | None:
    """Who has it now that it goes on: nobody has what had ended, unless it is known."""
    is_back = incident.resolved_at is not None and not incident.known_issue
    return None if is_back else incident.acknowledged_by


def _changeable(counted: Counts, watch: Watch, policy: AnomalyPolicy) -> Counts:
    """What is counted without the buckets of no window that can still change, as subjects do it."""
    last = last_settled(watch.watermark, policy) - policy.window_buckets + 1
    return after(counted, last) if min(counted.buckets, default=last + 1) <= last else counted


def _brought(incident: Incident, subject: Subject, number: int, policy: AnomalyPolicy) -> Counts:
    """What a subject that bursts in bucket `number` brings to an incident.

    Of a category that only comes along that is what it counts around then, and nothing long past
    the incident's peak: whatever happens to others by then may have another cause.
    """
    if not is_category(subject.name) or subject.name == incident.subject:
        return subject
    if abs(number - incident.peak_end) > policy.window_buckets:
        return Counted({}, {})
    return after(subject, number - policy.window_buckets)


def _is_new(incident: Incident, subject: Subject, policy: AnomalyPolicy) -> bool:
    """Whether the incident is about to name one more subject; it has room for so many."""
    return subject.name not in incident.members and len(incident.members) < policy.members


def _with_usual(incident: Incident, expected: Expected) -> Incident:
    mean = incident.expected.mean + expected.mean
    dispersion = max(incident.expected.dispersion, expected.dispersion)
    return replace(incident, expected=Expected(mean, dispersion))


def _with_usual_of_all(incident: Incident, expected: Expected) -> Incident:
    """What is usual of a category holds that of its problems, however often it comes along."""
    mean = max(incident.expected.mean, expected.mean)
    dispersion = max(incident.expected.dispersion, expected.dispersion)
    return replace(incident, expected=Expected(mean, dispersion))


def _named(incident: Incident, names: tuple[str, ...], policy: AnomalyPolicy) -> Incident:
    if all(name in incident.members for name in names):
        return incident
    members = tuple(dict.fromkeys((*incident.members, *names)))[: policy.members]
    return replace(incident, members=members)


def _warmed(incident: Incident, window: Window, number: int, policy: AnomalyPolicy) -> Incident:
    """The incident with what a window says of its size and of its going on."""
    hot, line = incident.hot_until, log10(policy.stay_probability)
    if hot < number and window.accounts > 1 and incident.expected.is_rarer(window.accounts, line):
        hot = number
    largest = Window(incident.peak_end, incident.peak)
    if window.accounts > incident.peak:
        largest = window
    is_newest = window.end == max(incident.buckets, default=0)
    return replace(
        incident,
        latest=tuple(window) if is_newest else (0, 0),
        hot_until=hot,
        peak=largest.accounts,
        peak_end=largest.end,
    )


def due(incident: Incident, policy: AnomalyPolicy) -> Incident:
    """The incident that is looked at again when it may be over, or has something to tell."""
    over, news = quiet_at(incident, policy), news_at(incident, policy)
    return replace(incident, deadline=over if news is None else min(over, news))


def news_at(incident: Incident, policy: AnomalyPolicy) -> Millis | None:
    """When it is told what could wait; None where there was no such news since the last record."""
    if not incident.joined_since:
        return None
    return max(incident.told_at + policy.update_pause, incident.silent_until)


def quiet_at(incident: Incident, policy: AnomalyPolicy) -> Millis:
    """Event time at which the incident is resolved if no window is hot until then.

    One that came back waits longer each time, so that a flapping problem stays one incident.
    """
    quiet = policy.quiet * (1 + min(incident.reopened, 5))
    return (incident.hot_until + 1) * policy.bucket + quiet
