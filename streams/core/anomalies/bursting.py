"""Whether what was just counted is part of an incident, opens one, or is nothing unusual."""

from dataclasses import replace
from math import inf

from schemas.records import Anomaly, AnomalyState, Millis, ProblemReport
from streams.core.anomalies.baseline import expected_accounts, open_line
from streams.core.anomalies.earlier import reported_earlier
from streams.core.anomalies.incidents import grown, joined, touched
from streams.core.anomalies.kinship import (
    home,
    home_of_category,
    kin,
    nearest,
    same_tickets,
    says_the_same,
)
from streams.core.anomalies.naming import category_name, is_category
from streams.core.anomalies.opening import opened
from streams.core.anomalies.record import record
from streams.core.anomalies.state import Incident, Known, Step, Subject, Watch
from streams.core.anomalies.telling import announced, entered, told
from streams.core.anomalies.windows import Counted, Seen, Window, at_most, busiest, reporters_in
from streams.core.policy.anomalies import AnomalyPolicy

BARELY = 1e-9
"""A bar is to be passed, not reached."""


def judge(
    known: Known,
    watch: Watch,
    fresh: list[Subject],
    report: ProblemReport,
    new: Seen,
    policy: AnomalyPolicy,
    now: Millis,
) -> Step:
    """Grow the incident that the report belongs to, or see whether a subject bursts.

    What is part of no burst still belongs to the incident that it is near in meaning.
    """
    subjects: dict[str, Subject | None] = {one.name: one for one in fresh}
    problems = [one for one in fresh if not is_category(one.name)]
    if problems and problems[0].name == report.fingerprint:
        incident = home(known, watch, problems, new.number)
        if incident is not None:
            incident, outputs = _taken_in(
                known, watch, incident, problems, report, new, policy, now
            )
            watch = entered(watch, incident)
            return Step(watch, subjects, {incident.anomaly_id: incident}, outputs)
    for subject in fresh:
        step = _burst(known, watch, subject, report.fingerprint, new, policy, now)
        if step is not None:
            return replace(step, subjects=subjects)
    incident = nearest(known, watch, report, new.number) or home_of_category(
        known, watch, category_name(fresh[-1].category)
    )
    if incident is None:
        return Step(watch, subjects)
    incident = touched(incident, [new], policy)
    return Step(watch, subjects, {incident.anomaly_id: incident})


def _taken_in(
    known: Known,
    watch: Watch,
    incident: Incident,
    problems: list[Subject],
    report: ProblemReport,
    new: Seen,
    policy: AnomalyPolicy,
    now: Millis,
) -> tuple[Incident, tuple[Anomaly, ...]]:
    """The incident after a report of these problems, the first of which names it."""
    incident, window = grown(incident, new, report, problems[0], watch, policy, now)
    for words in problems[1:]:
        if words.name not in incident.members and says_the_same(
            incident, words, new.number, policy
        ):
            incident, window = grown(incident, new, report, words, watch, policy, now)
    incident, outputs = told(incident, watch, window, policy, now)
    if outputs:
        incident = touched(incident, reported_earlier(known, watch, incident, policy), policy)
    return incident, outputs


def _burst(
    known: Known,
    watch: Watch,
    subject: Subject,
    named: str,
    new: Seen,
    policy: AnomalyPolicy,
    now: Millis,
) -> Step | None:
    """What follows where a subject's accounts are too many for chance; else None.

    `named` is the fingerprint that names the report's problem.
    """
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
    if most < inf and not expected.is_rarer(most, line):
        return None
    window = busiest(counted, new.number, policy)
    if window.accounts < least or not expected.is_rarer(window.accounts, line):
        return None
    if (of_category or of_words) and not _is_news(known, watch, subject, window, minimum, policy):
        return None
    outputs: tuple[Anomaly, ...]
    relative = kin(known, watch, subject, window, policy)
    if relative is None:
        incident = opened(subject, watch, window, new.number, expected, policy, now)
        incident = touched(incident, reported_earlier(known, watch, incident, policy), policy)
        relative = same_tickets(known, watch, incident, policy)
    if relative is None:
        incident = announced(incident, policy, now, window.accounts)
        outputs = (record(incident, AnomalyState.OPENED, policy, now, window),)
    else:
        incident, why = relative
        returned = incident.resolved_at is not None
        incident, window = joined(incident, subject, why, new.number, expected, policy)
        incident, outputs = told(incident, watch, window, policy, now, returned=returned)
    watch = entered(watch, incident)
    return Step(watch, {}, {incident.anomaly_id: incident}, outputs)


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
