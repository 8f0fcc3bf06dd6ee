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
    watch = replace(watch, sources=sources, bucket=watch.bucket or int(policy.bucket))
    return advance(watch, policy, now)


def advance(watch: Watch, policy: AnomalyPolicy, now: Millis) -> Watch:
    """The watch at `now`: its watermark is the least of the partitions that are not idle.

    It never goes back. When all partitions are idle nothing is outstanding, and it is `now`.
    """
    live = [
        source.watermark
        for source in watch.sources.values()
        if source.heard_at + policy.idle_source > now
    ]
    watermark = max(watch.watermark, min(live, default=now))
    return replace(watch, watermark=watermark) if watermark != watch.watermark else watch
