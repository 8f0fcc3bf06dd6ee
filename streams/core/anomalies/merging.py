"""What becomes of a problem that turns out to be another, older one."""

from collections.abc import Callable
from typing import TypeVar

from msgspec.structs import replace

from streams.core.anomalies.affected import all_filed
from streams.core.anomalies.incidents import taken_in
from streams.core.anomalies.naming import newest
from streams.core.anomalies.state import Incident, Known, Step, Subject, Watch
from streams.core.anomalies.telling import entered
from streams.core.anomalies.windows import after, together
from streams.core.policy.anomalies import AnomalyPolicy

T = TypeVar("T")


def merge(known: Known, watch: Watch, alias: str, group: str, policy: AnomalyPolicy) -> Step:
    """The older problem, `group`, takes over what came under its alias, incidents included.

    Each report counts once, whichever of the two had it. An open incident of one of them takes in
    what the other had counted.
    """
    moved, own = known.subject(alias), known.subject(group)
    subjects: dict[str, Subject | None] = {}
    if moved is not None:
        names = newest(moved.aliases, (alias,), policy.aliases)
        both = _both(group, own, moved, policy)
        both = replace(both, aliases=newest(both.aliases, names, policy.aliases))
        subjects = {alias: None, group: both}
        watch = replace(watch, tracked=watch.tracked - (own is not None))
    incidents = _with_both(known, watch, {alias: moved, group: own}, (alias, group), policy)
    for incident in incidents.values():
        watch = entered(watch, incident)
    watch = replace(
        watch,
        muted=_also(watch.muted, alias, group, lambda until: until),
        known=_also(watch.known, alias, group, lambda said: said[1]),
        bars=_also(watch.bars, alias, group, lambda bar: bar.line(watch.watermark)),
    )
    return all_filed(known, Step(watch, subjects, {**incidents}))


def _with_both(
    known: Known,
    watch: Watch,
    problems: dict[str, Subject | None],
    names: tuple[str, str],
    policy: AnomalyPolicy,
) -> dict[str, Incident]:
    """The incidents of one of two problems, with what the other has counted for no open one.

    `names` are the alias and its group. What the alias has opened is the group's from now on.
    """
    alias, group = names
    found = dict[str, Incident]()
    counted = {
        member
        for entry in watch.incidents.values()
        if not entry.resolved
        for member in entry.members
    }
    brought = [one for name, one in problems.items() if one is not None and name not in counted]
    for name, entry in watch.incidents.items():
        is_of_one = not problems.keys().isdisjoint(entry.members)
        incident = known.incident(name) if is_of_one else None
        if incident is not None:
            members = tuple(dict.fromkeys((*entry.members, group)))
            subject = group if incident.subject == alias else incident.subject
            incident = replace(incident, members=members, subject=subject)
            for one in () if entry.resolved else brought:
                incident = taken_in(incident, one, watch, policy)
            found[name] = incident
    return found


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
