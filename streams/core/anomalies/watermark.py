"""How far event time has come over all source partitions."""

from msgspec.structs import replace

from schemas.records import Millis, ProblemReport
from streams.core.anomalies.state import Source, Watch
from streams.core.policy.anomalies import AnomalyPolicy


def hear(watch: Watch, report: ProblemReport, policy: AnomalyPolicy, now: Millis) -> Watch:
    """The watch after a report or heartbeat, at `now`, of its source partition."""
    known = watch.sources.get(report.source_partition, Source(0, 0))
    heard = Source(max(known.watermark, min(report.source_watermark, now)), now)
    sources = {**watch.sources, report.source_partition: heard}
    watermark = max(watch.watermark, _least(sources, policy, now))
    bucket = watch.bucket or int(policy.bucket)
    return replace(watch, sources=sources, watermark=watermark, bucket=bucket)


def advance(watch: Watch, policy: AnomalyPolicy, now: Millis) -> Watch:
    """The watch at `now`: its watermark is the least of the partitions that are not idle.

    It never goes back. When all partitions are idle nothing is outstanding, and it is `now`.
    """
    watermark = max(watch.watermark, _least(watch.sources, policy, now))
    return replace(watch, watermark=watermark) if watermark != watch.watermark else watch


def _least(sources: dict[int, Source], policy: AnomalyPolicy, now: Millis) -> Millis:
    heard_since = now - policy.idle_source
    live = [one.watermark for one in sources.values() if one.heard_at > heard_since]
    return min(live, default=now)
