"""What follows from a report, and from a deadline."""

from msgspec.structs import replace

from schemas.records import Millis, ProblemReport
from streams.core.anomalies.affected import all_filed, touched
from streams.core.anomalies.baseline import flow, last_settled, settle
from streams.core.anomalies.bursting import judge
from streams.core.anomalies.counting import counted, forget_at
from streams.core.anomalies.earlier import noticed, reported_earlier
from streams.core.anomalies.erasing import forget_ticket
from streams.core.anomalies.incidents import due, quiet_at
from streams.core.anomalies.listing import PAUSE, deleted, next_part
from streams.core.anomalies.naming import category_name, is_category
from streams.core.anomalies.state import Incident, Keys, Known, Step, Subject, Watch
from streams.core.anomalies.telling import resolved, told
from streams.core.anomalies.watermark import advance, hear
from streams.core.anomalies.windows import Seen, Window, seen
from streams.core.policy.anomalies import AnomalyPolicy


def observe(
    known: Known,
    watch: Watch,
    report: ProblemReport,
    policy: AnomalyPolicy,
    now: Millis,
    aliases: tuple[str, ...] = (),
    also: str | None = None,
) -> Step:
    """What follows from a `comparable` report that was recorded at `now`.

    `known` is what is stored of the report's tenant, `watch` its watch. A heartbeat moves the
    watermark and leaves all else alone, unless it says that its ticket is erased. `aliases` are
    what else the report's text goes by. Beside the error that names the problem, `also` is the
    group of what the customer's words say.
    """
    watch = hear(watch, report, policy, now)
    if report.erased:
        return forget_ticket(known, watch, report, policy, now)
    if report.heartbeat:
        return Step(watch)
    at = min(report.occurred_at, now)
    new = seen(report, at, policy)
    fresh: list[Subject] = []
    if new.number <= last_settled(watch.watermark, policy):
        watch = replace(watch, late=watch.late + 1)
        return all_filed(known, judge(known, watch, fresh, report, new, policy, now))
    watch = noticed(watch, report)
    words = () if also is None else (also,)
    is_first = _is_first(known, report, new)
    for name in dict.fromkeys((report.fingerprint, *words, category_name(report.category))):
        names = aliases if name == report.fingerprint else ()
        watch, subject = counted(known, watch, report, name, new, policy, names)
        if subject is not None:
            fresh.append(subject)
    watch = flow(watch, at) if fresh and is_first else watch
    return all_filed(known, judge(known, watch, fresh, report, new, policy, now))


def _is_first(known: Known, report: ProblemReport, new: Seen) -> bool:
    """Whether its reporter has reported nothing of the category in the bucket: however much one of
    them writes, and of whatever, it makes no hour busy for all others.
    """
    whole = known.subject(category_name(report.category))
    return whole is None or new.who not in whole.buckets.get(new.number, {})


def wake(
    known: Known, incident: Incident, watch: Watch, policy: AnomalyPolicy, now: Millis
) -> Step:
    """What follows from an incident's deadline having come. Calling it earlier does no harm.

    One that is not over tells what has joined it, if it is time. A quiet one is resolved once the
    watermark, too, has passed its quiet time: reports that a slow source partition still holds may
    keep it open. A resolved one goes on with its list where that is long, is watched no longer when
    its time to come back is over, and is forgotten once it cannot be answered.
    """
    watch = advance(watch, policy, now)
    name = incident.anomaly_id
    if incident.resolved_at is not None:
        if now < incident.deadline:
            return Step(watch)
        if incident.listed_to and name in watch.incidents:
            incident, output = next_part(known, incident, Keys(), policy, now)
            return Step(watch, {}, {name: incident}, (output,))
        rest = {key: entry for key, entry in watch.incidents.items() if key != name}
        return _left(known, replace(watch, incidents=rest), incident, policy, now)
    over = quiet_at(incident, policy)
    if watch.watermark < over:
        window = Window(incident.peak_end, incident.peak)
        incident, outputs = told(incident, watch, window, policy, now)
        again = max(due(incident, policy).deadline, now + policy.bucket)
        incident = replace(incident, deadline=again)
        return Step(watch, {}, {name: incident}, outputs)
    incident = touched(incident, reported_earlier(known, watch, incident, policy), policy)
    return resolved(known, incident, watch, policy, now)


def _left(
    known: Known, watch: Watch, incident: Incident, policy: AnomalyPolicy, now: Millis
) -> Step:
    """What is left of an incident that no longer comes back: what an answer to it has to know.

    Its keys go some at a time, so that no batch holds them all.
    """
    incident, keys = deleted(known, incident)
    name, until = incident.anomaly_id, (incident.resolved_at or 0) + policy.forget
    if not keys.tickets and now >= until:
        return Step(watch, {}, {name: None})
    due = now + PAUSE if keys.tickets else until
    incident = replace(incident, affected={}, samples={}, large=(), deadline=due)
    return Step(watch, {}, {name: incident}, keys={name: keys})


def forget(subject: Subject, watch: Watch, policy: AnomalyPolicy, now: Millis) -> Step:
    """What follows from a subject's deadline having come. Calling it earlier does no harm.

    It is kept while a slow source partition may still hold reports of its time: to those, nothing
    of it is long ago.

    What goes sooner than the policy's `forget` leaves the pool the empty windows up to then: most
    problems are reported once, and windows with a report alone would say too much is usual.
    """
    watch = advance(watch, policy, now)
    subject, watch = settle(subject, watch, policy)
    due = forget_at(subject, policy)
    behind = due - policy.idle_source - watch.watermark
    if behind > 0:
        due = max(due, now + max(behind, policy.bucket))
    if now < due:
        return Step(watch, {subject.name: replace(subject, deadline=due)})
    if not is_category(subject.name):
        empty = max(0, subject.seen_at + policy.forget - now) // policy.bucket
        pool = watch.pool.after(0, policy.pool_half_life_windows, windows=empty)
        watch = replace(watch, tracked=max(0, watch.tracked - 1), pool=pool)
    return Step(watch, {subject.name: None})
