"""What becomes of a problem that turns out to be another, older one."""

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from streams.core.anomalies.naming import newest
from streams.core.anomalies.state import Incident, Known, Step, Subject, Watch
from streams.core.anomalies.windows import after, together
from streams.core.policy.anomalies import AnomalyPolicy

T = TypeVar("T")


def merge(known: Known, watch: Watch, alias: str, group: str, policy: AnomalyPolicy) -> Step:
    """The older problem, `group`, takes over what came under its alias, incidents included.

    Each report counts once, whichever of the two had it.
    """
    moved, own = known.subject(alias), known.subject(group)
    subjects: dict[str, Subject | None] = {}
    if moved is not None:
        names = newest(moved.aliases, (alias,), policy.aliases)
        both = _both(group, own, moved, policy)
        both = replace(both, aliases=newest(both.aliases, names, policy.aliases))
        subjects = {alias: None, group: both}
        watch = replace(watch, tracked=watch.tracked - (own is not None))
    incidents: dict[str, Incident | None] = {}
    entries = dict(watch.incidents)
    for name, entry in watch.incidents.items():
        incident = known.incident(name)
        if alias in entry.members and group not in entry.members and incident is not None:
            members = (*entry.members, group)
            entries[name] = replace(entry, members=members)
            incidents[name] = replace(incident, members=members)
    watch = replace(
        watch,
        incidents=entries,
        muted=_also(watch.muted, alias, group, lambda until: until),
        known=_also(watch.known, alias, group, lambda said: said[1]),
        bars=_also(watch.bars, alias, group, lambda bar: bar.line(watch.watermark)),
    )
    return Step(watch, subjects, incidents)


def _also(
    answers: dict[str, T], alias: str, group: str, reach: Callable[[T], float]
) -> dict[str, T]:
    """The on-call answers, those about an alias also for its group if they reach farther."""
    both = [answers[name] for name in (alias, group) if name in answers]
    return {**answers, group: max(both, key=reach)} if alias in answers else answers


def _both(group: str, own: Subject | None, moved: Subject, policy: AnomalyPolicy) -> Subject:
    if own is None:
        return replace(moved, name=group)
    fresh = after(moved, own.settled)
    both = together(own, fresh, policy)
    seen_at, deadline = max(own.seen_at, moved.seen_at), max(own.deadline, moved.deadline)
    return replace(
        own, buckets=both.buckets, sketches=both.sketches, seen_at=seen_at, deadline=deadline
    )
