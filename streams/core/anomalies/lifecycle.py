"""What follows from a report, and from a deadline."""

from math import inf

from msgspec.structs import replace

from schemas.records import Anomaly, AnomalyState, Millis, ProblemReport
from streams.core.anomalies.baseline import expected_accounts, flow, last_settled, open_line, settle
from streams.core.anomalies.earlier import noticed, reported_earlier
from streams.core.anomalies.erasing import forget_ticket
from streams.core.anomalies.incidents import (
    entered,
    grown,
    joined,
    opened,
    quiet_at,
    resolved,
    told,
    touched,
)
from streams.core.anomalies.kinship import home, home_of_category, kin, nearest, says_the_same
from streams.core.anomalies.naming import category_name, is_category, newest
from streams.core.anomalies.record import record
from streams.core.anomalies.state import Incident, Known, Step, Subject, Watch
from streams.core.anomalies.watermark import advance, hear
from streams.core.anomalies.windows import (
    Counted,
    Seen,
    Window,
    add,
    at_most,
    busiest,
    reporters_in,
    seen,
)
from streams.core.policy.anomalies import AnomalyPolicy

BARELY = 1e-9
"""A bar is to be passed, not reached."""
CATEGORY_DAYS = 28
"""How many times as long as a fingerprint an unseen category is kept."""


def observe(
    known: Known,
    watch: Watch,
    report: ProblemReport,
    policy: AnomalyPolicy,
    now: Millis,
    aliases: tuple[str, ...] = (),
    also: str | None = None,
) -> Step:
    """What follows from a report that was recorded at `now`.

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
    if new.number <= last_settled(watch.watermark, policy):
        return Step(replace(watch, late=watch.late + 1))
    watch = noticed(watch, report)
    subjects: dict[str, Subject | None] = {}
    fresh: list[Subject] = []
    words = () if also is None else (also,)
    for name in dict.fromkeys((report.fingerprint, *words, category_name(report.category))):
        names = aliases if name == report.fingerprint else ()
        watch, subject = _counted(known, watch, report, name, new, policy, names)
        if subject is not None:
            subjects[name] = subject
            fresh.append(subject)
    if not fresh:
        return Step(watch)
    return _judge(known, flow(watch, at), fresh, report, new, policy, now, subjects)


def _counted(
    known: Known,
    watch: Watch,
    report: ProblemReport,
    name: str,
    new: Seen,
    policy: AnomalyPolicy,
    aliases: tuple[str, ...],
) -> tuple[Watch, Subject | None]:
    """The subject with the report counted; None when that changes nothing."""
    stored = known.subject(name)
    if stored is None and not is_category(name):
        if watch.tracked >= policy.tracked_fingerprints:
            return replace(watch, untracked=watch.untracked + 1), None
        watch = replace(watch, tracked=watch.tracked + 1)
    subject, watch = settle(stored or _born(report, name, watch, policy), watch, policy)
    before = Counted(subject.buckets, subject.sketches)
    after = before if new.number <= subject.settled else add(before, new, policy)
    names = newest(subject.aliases, aliases, policy.aliases)
    if after is before and stored is not None and set(names) == set(stored.aliases):
        return watch, None
    at = max(subject.seen_at, new.sighting.at)
    subject = replace(
        subject,
        buckets=after.buckets,
        sketches=after.sketches,
        seen_at=at,
        aliases=names,
        centre=subject.centre if is_category(name) else subject.centre.after(report),
    )
    return watch, replace(subject, deadline=_forget_at(subject, policy))


def _born(report: ProblemReport, name: str, watch: Watch, policy: AnomalyPolicy) -> Subject:
    of_category = is_category(name)
    return Subject(
        tenant=report.tenant,
        name=name,
        category=report.category,
        title=report.category
        if of_category
        else report.template or report.error_text or report.category,
        component=None if of_category else report.component,
        settled=0,
        seen_at=0,
        deadline=0,
    )


def _forget_at(subject: Subject, policy: AnomalyPolicy) -> Millis:
    if is_category(subject.name):
        return subject.seen_at + CATEGORY_DAYS * policy.forget
    return subject.seen_at + (policy.forget_single if _alone(subject, policy) else policy.forget)


def _alone(subject: Subject, policy: AnomalyPolicy) -> bool:
    """Whether a single account has reported it."""
    if subject.baseline.counts > policy.window_buckets:
        return False
    reporters = (who for bucket in subject.buckets.values() for who in bucket)
    first = next(reporters, None)
    return all(who == first for who in reporters)


def _judge(
    known: Known,
    watch: Watch,
    fresh: list[Subject],
    report: ProblemReport,
    new: Seen,
    policy: AnomalyPolicy,
    now: Millis,
    subjects: dict[str, Subject | None],
) -> Step:
    """Grow the incident that the report belongs to, or see whether a subject bursts.

    What is part of no burst still belongs to the incident that it is near in meaning.
    """
    named = report.fingerprint
    problems = [one for one in fresh if not is_category(one.name)]
    if problems and problems[0].name == named:
        incident = home(known, watch, problems, new.number)
        if incident is not None:
            incident, window = grown(incident, new, report, problems[0], policy)
            for words in problems[1:]:
                if words.name not in incident.members and says_the_same(
                    incident, words, new.number, policy
                ):
                    incident, window = grown(incident, new, report, words, policy)
            incident, outputs = told(incident, watch, window, policy, now)
            if outputs:
                incident = touched(
                    incident, reported_earlier(known, watch, incident, policy), policy
                )
            watch = entered(watch, incident)
            return Step(watch, subjects, {incident.anomaly_id: incident}, outputs)
    for subject in fresh:
        step = _burst(known, watch, subject, named, new, policy, now, subjects)
        if step is not None:
            return step
    incident = nearest(known, watch, report, new.number) or home_of_category(
        known, watch, category_name(fresh[-1].category)
    )
    if incident is None:
        return Step(watch, subjects)
    incident = touched(incident, [new], policy)
    return Step(watch, subjects, {incident.anomaly_id: incident})


def _burst(
    known: Known,
    watch: Watch,
    subject: Subject,
    named: str,
    new: Seen,
    policy: AnomalyPolicy,
    now: Millis,
    subjects: dict[str, Subject | None],
) -> Step | None:
    of_category, of_words = is_category(subject.name), subject.name != named
    if of_category and subject.baseline.windows < policy.category_history:
        return None
    counted = Counted(subject.buckets, subject.sketches)
    most = at_most(counted, new.number, policy)
    names = (subject.name, category_name(subject.category))
    bars = (watch.bars[name].line(now) for name in names if name in watch.bars)
    minimum = policy.category_accounts if of_category else policy.minimum_accounts
    least = max((minimum, *(bar + BARELY for bar in bars)))
    if most < least or max(watch.muted.get(name, 0) for name in names) > now:
        return None
    expected, line = expected_accounts(subject, watch, now, policy), open_line(watch, policy)
    if most < inf and expected.log_tail(most) >= line:
        return None
    window = busiest(counted, new.number, policy)
    if window.accounts < least or expected.log_tail(window.accounts) >= line:
        return None
    if (of_category or of_words) and not _is_news(known, watch, subject, window, minimum, policy):
        return None
    outputs: tuple[Anomaly, ...]
    relative = kin(known, watch, subject, window, policy)
    if relative is None:
        incident = opened(subject, watch, window, new.number, expected, policy, now)
        incident = touched(incident, reported_earlier(known, watch, incident, policy), policy)
        outputs = (record(incident, AnomalyState.OPENED, policy, now, window),)
    else:
        incident, why = relative
        incident, window = joined(incident, subject, why, new.number, expected, policy)
        incident, outputs = told(incident, watch, window, policy, now, always=True)
    watch = entered(watch, incident)
    return Step(watch, subjects, {incident.anomaly_id: incident}, outputs)


def _is_news(
    known: Known,
    watch: Watch,
    subject: Subject,
    window: Window,
    minimum: int,
    policy: AnomalyPolicy,
) -> bool:
    """Whether a category or what words say has enough accounts that are not accounted for.

    What an open incident explains already, or the on-call person has answered, is no news of it.
    """
    explained = [known.incident(name) for name in watch.incidents]
    answered = [known.subject(name) for name in (*watch.muted, *watch.bars) if name != subject.name]
    if any(window.end - number < policy.window_buckets for number in subject.sketches):
        return True
    rest = reporters_in(subject.buckets, window.end, policy)
    for one in (*explained, *answered):
        if one is not None:
            rest -= {who for bucket in one.buckets.values() for who in bucket}
    return len(rest) >= minimum


def wake(
    known: Known, incident: Incident, watch: Watch, policy: AnomalyPolicy, now: Millis
) -> Step:
    """What follows from an incident's deadline having come. Calling it earlier does no harm.

    A quiet incident is resolved once the watermark, too, has passed its quiet time: reports that
    a slow source partition still holds may keep it open. A resolved one is forgotten.
    """
    watch = advance(watch, policy, now)
    name = incident.anomaly_id
    if incident.resolved_at is not None:
        if now < incident.deadline:
            return Step(watch)
        rest = {key: entry for key, entry in watch.incidents.items() if key != name}
        return Step(replace(watch, incidents=rest), {}, {name: None})
    due = quiet_at(incident, policy)
    if watch.watermark < due:
        incident = replace(incident, deadline=max(due, now + policy.bucket))
        return Step(watch, {}, {name: incident})
    incident = touched(incident, reported_earlier(known, watch, incident, policy), policy)
    return resolved(known, incident, watch, policy, now)


def forget(subject: Subject, watch: Watch, policy: AnomalyPolicy, now: Millis) -> Step:
    """What follows from a subject's deadline having come. Calling it earlier does no harm.

    What goes sooner than the policy's `forget` leaves the pool the empty windows up to then: most
    problems are reported once, and windows with a report alone would say too much is usual.
    """
    watch = advance(watch, policy, now)
    subject, watch = settle(subject, watch, policy)
    due = _forget_at(subject, policy)
    if now < due:
        return Step(watch, {subject.name: replace(subject, deadline=due)})
    if not is_category(subject.name):
        empty = max(0, subject.seen_at + policy.forget - now) // policy.bucket
        pool = watch.pool.after_empty(empty, policy.pool_half_life_windows)
        watch = replace(watch, tracked=max(0, watch.tracked - 1), pool=pool)
    return Step(watch, {subject.name: None})
