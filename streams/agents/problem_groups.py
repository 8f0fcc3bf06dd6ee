"""Which problem a report is of, by the groups of its tenant; what had come under aliases moves."""

from msgspec.structs import replace

from detectors.masking import chunks
from schemas.records import Millis, ProblemReport
from streams.agents.anomaly_states import AnomalyStates, Tenant
from streams.core.anomalies import (
    AnomalyPolicy,
    Meanings,
    Shelf,
    comparable,
    is_meant,
    meanings_name,
    means_more,
    merge,
    place,
    place_meaning,
    shelf_number,
)


def grouped(
    states: AnomalyStates, report: ProblemReport, policy: AnomalyPolicy, now: Millis
) -> tuple[ProblemReport, tuple[str, ...], str | None]:
    """The report under its group's fingerprint, what else its text goes by, and what it means.

    What had come under aliases moves to the group.
    """
    if report.heartbeat:
        return report, (), None
    report = comparable(report)
    if is_meant(report):
        return (*_meant(states, report, policy, now), None)
    meant = _cluster(states, report, now) if means_more(report) else None
    return (*_same_text(states, report, policy, now), meant)


def _same_text(
    states: AnomalyStates, report: ProblemReport, policy: AnomalyPolicy, now: Millis
) -> tuple[ProblemReport, tuple[str, ...]]:
    if report.error_text is None or report.template is None:
        return report, ()
    text = chunks(report.template)
    shelf_name = f"{report.tenant}\x00{shelf_number(text)}"
    shelf = states.shelves.get(shelf_name) or Shelf()
    evicted = shelf.evicted
    placed = place(shelf, report.fingerprint, text)
    states.counts["text"] += shelf.evicted - evicted
    if placed.learned:
        # The shelf is the same object, and only another one counts as a change.
        states.shelves.set(shelf_name, replace(shelf))
    for alias in placed.merged:
        known, watch = Tenant(states, report.tenant), states.watch(report.tenant)
        step = merge(known, watch, alias, placed.group, policy)
        states.take(report.tenant, step, policy, now)
    own = () if placed.group == report.fingerprint else (report.fingerprint,)
    return replace(report, fingerprint=placed.group), placed.forms or own


def _meant(
    states: AnomalyStates, report: ProblemReport, policy: AnomalyPolicy, now: Millis
) -> tuple[ProblemReport, tuple[str, ...]]:
    """The report under its meaning's cluster.

    What its component and symptom alone had collected moves there.
    """
    meant = _cluster(states, report, now)
    known, alone = Tenant(states, report.tenant), report.fingerprint
    if report.component is not None and known.subject(alone) is not None:
        watch = states.watch(report.tenant)
        states.take(report.tenant, merge(known, watch, alone, meant, policy), policy, now)
    return replace(report, fingerprint=meant), (alone,)


def _cluster(states: AnomalyStates, report: ProblemReport, now: Millis) -> str:
    """The cluster of what a report means."""
    name = meanings_name(report)
    meanings = states.meanings.get(name) or Meanings()
    evicted = meanings.evicted
    placed = place_meaning(meanings, report, now)
    states.counts["text"] += meanings.evicted - evicted
    if placed.learned:
        states.meanings.set(name, replace(meanings))
    return placed.group
