"""Whether what a subject has counted is more than chance, and is news."""

from math import inf

from detectors.spikes import Expected
from schemas.records import Millis
from streams.core.anomalies.baseline import expected_accounts, open_line
from streams.core.anomalies.naming import category_name, is_category
from streams.core.anomalies.state import Known, Subject, Watch
from streams.core.anomalies.windows import Seen, Window, at_most, busiest, reporters_in
from streams.core.policy.anomalies import AnomalyPolicy


def unusual(
    known: Known,
    watch: Watch,
    subject: Subject,
    named: str,
    new: Seen,
    policy: AnomalyPolicy,
    now: Millis,
) -> tuple[Window, Expected] | None:
    """The window around a report that has too many accounts, and how many would be usual.

    `named` is the fingerprint that names the report's problem. What is cheap to know is asked
    first: nearly every report ends there.
    """
    of_category, is_named = is_category(subject.name), subject.name == named
    if of_category and subject.baseline.windows < policy.category_history:
        return None
    minimum = policy.category_accounts if of_category else policy.minimum_accounts
    most = at_most(subject, new.number, policy)
    if most < minimum:
        return None
    expected, line = expected_accounts(subject, watch, now, policy), open_line(watch, policy)
    if most < inf and not expected.is_rarer(most, line):
        return None
    names = (subject.name, category_name(subject.category))
    if max(watch.muted.get(name, 0) for name in names) > now:
        return None
    window = busiest(subject, new.number, policy)
    bars = (watch.bars[name].line(now) for name in names if name in watch.bars)
    least = max((minimum, *bars))
    if window.accounts < least or not expected.is_rarer(window.accounts, line):
        return None
    if not is_named and not _is_news(known, watch, subject, window, minimum, policy):
        return None
    return window, expected


def _is_news(
    known: Known,
    watch: Watch,
    subject: Subject,
    window: Window,
    minimum: int,
    policy: AnomalyPolicy,
) -> bool:
    """Whether a category or what words say has enough accounts that are not accounted for.

    What an open incident explains already, or the on-call person has answered, is no news of it,
    nor can anything be told apart from an incident of too many accounts to keep one by one.
    """
    explained = [known.incident(name) for name in watch.incidents]
    answered = [known.subject(name) for name in (*watch.muted, *watch.bars) if name != subject.name]
    first = window.end - policy.window_buckets
    if any(one is not None and max(one.sketches, default=0) > first for one in explained):
        return False
    if max(subject.sketches, default=0) > first:
        return True
    rest = reporters_in(subject.buckets, window.end, policy)
    for one in (*explained, *answered):
        if one is not None:
            rest -= {who for bucket in one.buckets.values() for who in bucket}
    return len(rest) >= minimum
