"""A report is counted under a subject, and for how long the subject is kept."""

from msgspec.structs import replace

from schemas.records import Millis, ProblemReport
from streams.core.anomalies.baseline import settle
from streams.core.anomalies.naming import is_category, newest
from streams.core.anomalies.state import Known, Subject, Watch
from streams.core.anomalies.windows import Seen, add
from streams.core.policy.anomalies import AnomalyPolicy

CATEGORY_DAYS = 28
"""How many times as long as a fingerprint an unseen category is kept."""


def counted(
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
    subject, watch = settle(stored or born(report, name), watch, policy)
    after = subject if new.number <= subject.settled else add(subject, new, policy)
    names = newest(subject.aliases, aliases, policy.aliases) if aliases else subject.aliases
    if after is subject and stored is not None and set(names) == set(stored.aliases):
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
    return watch, replace(subject, deadline=forget_at(subject, policy))


def born(report: ProblemReport, name: str) -> Subject:
    """A subject of which nothing is counted yet."""
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


def forget_at(subject: Subject, policy: AnomalyPolicy) -> Millis:
    """When a subject that is heard of no more is forgotten."""
    if is_category(subject.name):
        return subject.seen_at + CATEGORY_DAYS * policy.forget
    return subject.seen_at + (policy.forget_single if _alone(subject, policy) else policy.forget)


def _alone(subject: Subject, policy: AnomalyPolicy) -> bool:
    """Whether a single account has reported it."""
    if subject.sketches or subject.baseline.counts > policy.window_buckets:
        return False
    if any(len(bucket) > 1 for bucket in subject.buckets.values()):
        return False
    return len({who for bucket in subject.buckets.values() for who in bucket}) <= 1
