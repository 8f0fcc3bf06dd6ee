"""Whether what was just counted is part of an incident, opens one, or is nothing unusual."""

from msgspec.structs import replace

from schemas.records import Anomaly, AnomalyState, Millis, ProblemReport
from streams.core.anomalies.affected import is_filed, touched
from streams.core.anomalies.counting import born
from streams.core.anomalies.earlier import reported_earlier
from streams.core.anomalies.incidents import grown, joined
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
from streams.core.anomalies.unusual import unusual
from streams.core.anomalies.windows import Seen
from streams.core.policy.anomalies import AnomalyPolicy


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

    What is part of no burst still belongs to the incident that it is near in meaning. `fresh` are
    the subjects that the report has changed: past the bounds of what they keep, none.
    """
    # Nearly every report comes while no incident is known: then none is looked for.
    step = _member(known, watch, fresh, report, new, policy, now) if watch.incidents else None
    for subject in fresh:
        step = step or _burst(known, watch, subject, report.fingerprint, new, policy, now)
    if step is None and watch.incidents:
        step = _near(known, watch, report, new, policy)
    return replace(step or Step(watch), subjects={one.name: one for one in fresh})


def _member(
    known: Known,
    watch: Watch,
    fresh: list[Subject],
    report: ProblemReport,
    new: Seen,
    policy: AnomalyPolicy,
    now: Millis,
) -> Step | None:
    """What follows where the report's problem belongs to an open incident; else None."""
    problems = [one for one in fresh if not is_category(one.name)]
    is_counted = bool(problems) and problems[0].name == report.fingerprint
    if not is_counted:
        name = report.fingerprint
        problems = [known.subject(name) or born(report, name)]
    incident = home(known, watch, problems, new.number)
    if incident is None:
        return None
    if not is_counted:
        return _touching(known, watch, incident, new, policy)
    incident, outputs = _taken_in(known, watch, incident, problems, report, new, policy, now)
    return Step(entered(watch, incident), {}, {incident.anomaly_id: incident}, outputs)


def _near(
    known: Known,
    watch: Watch,
    report: ProblemReport,
    new: Seen,
    policy: AnomalyPolicy,
) -> Step | None:
    """What follows where an incident means what the report does or its category does; else None."""
    incident = nearest(known, watch, report, new.number) or home_of_category(
        known, watch, category_name(report.category)
    )
    return None if incident is None else _touching(known, watch, incident, new, policy)


def _touching(
    known: Known, watch: Watch, incident: Incident, new: Seen, policy: AnomalyPolicy
) -> Step:
    """The report's ticket is among the affected, though the incident counts nothing of it."""
    if is_filed(known, incident, new):
        return Step(watch)
    return Step(watch, {}, {incident.anomaly_id: touched(incident, [new], policy)})


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
    incident, window = grown(known, incident, new, report, problems[0], watch, policy, now)
    for words in problems[1:]:
        if words.name not in incident.members and says_the_same(
            known, incident, words, new.number, policy
        ):
            incident, window = grown(known, incident, new, report, words, watch, policy, now)
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
    found = unusual(known, watch, subject, named, new, policy, now)
    if found is None:
        return None
    window, expected = found
    outputs: tuple[Anomaly, ...]
    relative = kin(known, watch, subject, window, policy)
    if relative is None:
        incident = opened(subject, watch, window, new, expected, policy, now)
        incident = touched(incident, reported_earlier(known, watch, incident, policy), policy)
        relative = same_tickets(known, watch, incident, policy)
    if relative is None:
        incident = announced(incident, policy, now, window.accounts)
        outputs = (record(incident, AnomalyState.OPENED, policy, now, window),)
    else:
        incident, why = relative
        returned = incident.resolved_at is not None
        incident, window = joined(incident, subject, why, new, expected, watch, policy)
        incident, outputs = told(incident, watch, window, policy, now, returned=returned)
    watch = entered(watch, incident)
    return Step(watch, {}, {incident.anomaly_id: incident}, outputs)
