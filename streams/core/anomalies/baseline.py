"""Learning from windows that can no longer change."""

from itertools import pairwise
from math import log10

from msgspec.structs import replace

from detectors.season import MOST_RATIO, Season
from detectors.spikes import Baseline, Expected
from schemas.records import Millis
from streams.core.anomalies.naming import is_category
from streams.core.anomalies.state import Flow, Subject, Watch
from streams.core.anomalies.windows import accounts_in, after
from streams.core.policy.anomalies import AnomalyPolicy

HOUR = 3_600_000
FLOW_HALF_LIFE = 24.0
"""Hours after which a past hour weighs half in the level that a season is measured by."""
MOST_SILENT_HOURS = 7 * 24
"""Hours without a report that count each by its own hour of the week; those before count as one."""
MOST_DEVIATIONS = 4.0
"""A window is learned as no more than so many standard deviations above what is usual."""


def last_settled(watermark: Millis, policy: AnomalyPolicy) -> int:
    """The last bucket that lies wholly beyond the lateness bound."""
    return (watermark - policy.lateness) // policy.bucket - 1


def settle(subject: Subject, watch: Watch, policy: AnomalyPolicy) -> tuple[Subject, Watch]:
    """Fold the windows that have settled into the baseline and the tenant's pool.

    Nothing is learned of the time of an incident, so that an outage does not become usual.
    """
    through = last_settled(watch.watermark, policy)
    begun = subject.settled or min(subject.buckets, default=through + 1) - 1
    if through <= begun:
        return subject, watch
    own, pool = subject.baseline, watch.pool
    if not _in_incident(subject.name, watch):
        own, pool = _learned(subject, watch, begun, through, policy)
    rest = after(subject, through - policy.window_buckets + 1)
    settled = replace(
        subject, settled=through, buckets=rest.buckets, sketches=rest.sketches, baseline=own
    )
    return settled, watch if pool is watch.pool else replace(watch, pool=pool)


def skip(subject: Subject, through: int) -> Subject:
    """The subject without what it counted up to a bucket, which it never learns from."""
    if through <= subject.settled:
        return subject
    rest = after(subject, through)
    return replace(subject, settled=through, buckets=rest.buckets, sketches=rest.sketches)


def _in_incident(name: str, watch: Watch) -> bool:
    return any(name in entry.members for entry in watch.incidents.values() if not entry.resolved)


def _learned(
    subject: Subject, watch: Watch, done: int, through: int, policy: AnomalyPolicy
) -> tuple[Baseline, Baseline]:
    """The subject's baseline and the pool after the windows that follow `done`.

    The pool is of fingerprints: a category teaches it nothing.
    """
    own, pool, span = subject.baseline, watch.pool, policy.window_buckets
    is_pooled = not is_category(subject.name)
    # Between these windows no bucket comes or goes, and they have the same accounts.
    edges = {
        edge
        for number in subject.buckets
        for edge in (number, number + span)
        if done + 1 < edge <= through
    }
    for first, following in pairwise((done + 1, *sorted(edges), through + 1)):
        count = accounts_in(subject, first, policy)
        own = _after_same(own, count, first - 1, following - 1, watch.season, policy)
        if is_pooled:
            pool = pool.after(count, policy.pool_half_life_windows, windows=following - first)
    return own, pool


def _as_learned(baseline: Baseline, count: int, factor: float, policy: AnomalyPolicy) -> float:
    """A window's accounts as far as they are learned, where they are more than one."""
    usual = baseline.expected(policy.prior_accounts, policy.prior_windows, factor)
    return min(count, usual.usual_most(MOST_DEVIATIONS) + 1)


def _after_same(
    baseline: Baseline,
    count: int,
    done: int,
    through: int,
    season: Season,
    policy: AnomalyPolicy,
) -> Baseline:
    """The baseline after the windows that follow `done`, of `count` accounts each.

    Each counts by the factor of its hour. What is learned of more than one account depends on the
    window before.
    """
    half, lately = policy.half_life_windows, through - MOST_SILENT_HOURS * HOUR // policy.bucket
    if count == 0 and done < lately:
        baseline, done = baseline.after(0, half, windows=lately - done), lately
    while done < through:
        at = (done + 1) * policy.bucket
        last = min(through, ((at // HOUR + 1) * HOUR - 1) // policy.bucket)
        last = last if count <= 1 else done + 1
        factor = season.factor(at)
        learned = count if count <= 1 else _as_learned(baseline, count, factor, policy)
        baseline = baseline.after(learned, half, factor, last - done)
        done = last
    return baseline


def flow(watch: Watch, at: Millis) -> Watch:
    """The watch after one more reporter at a moment; each full hour teaches the season.

    So do the hours in which nobody reported anything, up to a week of them.
    """
    hour, now = at // HOUR, watch.flow
    if hour <= now.hour:
        return replace(watch, flow=replace(now, reports=now.reports + 1))
    season, level, ratio = watch.season, now.level, 1.0
    silent = min(hour - now.hour - 1, MOST_SILENT_HOURS)
    hours = [(now.hour, now.reports), *((each, 0) for each in range(hour - silent, hour))]
    for full, reports in hours if now.hour else ():
        mean = level.mean()
        if mean > 0:
            ratio = min(MOST_RATIO, reports / mean)
            season = season.after(full * HOUR, ratio, 1.0)
        level = level.after(reports, FLOW_HALF_LIFE, season.factor(full * HOUR))
    return replace(watch, flow=Flow(hour, 1, level, ratio), season=season)


def expected_accounts(
    subject: Subject, watch: Watch, at: Millis, policy: AnomalyPolicy
) -> Expected:
    """What is usual in a window of this subject; the tenant's pool speaks where it is new.

    The pool goes by accounts that met in a window: one loud account, or problems of one account
    each, do not hide a new problem of several. A busy last hour counts like a season: where
    everything is reported more, nothing stands out.
    """
    prior = max(policy.prior_accounts, watch.pool.mean_together())
    factor = max(watch.season.factor(at), watch.flow.ratio)
    usual = subject.baseline.expected(prior, policy.prior_windows, factor)
    if subject.baseline.windows < policy.prior_windows:
        return usual
    return Expected(usual.mean, max(usual.dispersion, policy.least_dispersion))


def open_line(watch: Watch, policy: AnomalyPolicy) -> float:
    """Decimal logarithm of the probability below which an anomaly opens."""
    return log10(policy.open_probability * min(1.0, policy.judged_together / max(1, watch.tracked)))
