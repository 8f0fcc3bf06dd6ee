"""What the on-call person's answer does to an anomaly, and to what comes after it."""

from msgspec.structs import replace

from detectors.spikes import Bar
from schemas.records import AnomalyAction, AnomalyActionKind, AnomalyState, Millis
from streams.core.anomalies.incidents import due
from streams.core.anomalies.record import record
from streams.core.anomalies.state import Incident, Known, Step, Watch
from streams.core.anomalies.telling import announced, owned, resolved
from streams.core.policy.anomalies import AnomalyPolicy

MOST_ANSWERS = 1_000
"""Subjects whose mutes, known issues and bars a tenant's watch remembers at most."""
ANSWERS_REMEMBERED = 64
"""Ids of a tenant's last answers, so that a repeated one counts once."""
SOMEBODY = "somebody"
"""Who has acknowledged an anomaly where the answer does not say."""
SURE = 6.0
"""Alerts that a false alarm counts as: as many accounts do not alert again for days."""


def act(
    known: Known, watch: Watch, action: AnomalyAction, policy: AnomalyPolicy, now: Millis
) -> Step:
    """What follows from an answer; the same one again changes nothing.

    Acknowledged: the record says by whom; the same again says nothing. Known issue: also, nobody is
    told of its growth, and it opens as known for `AnomalyPolicy.known`. Muted: nothing opens or is
    updated until the time given. False alarm: resolved, and the next of its kind needs more
    accounts than this one had.
    An answer that names one of the problems is about that alone. An anomaly that is over can be
    answered until it is forgotten, and its problem by name after that, but for a false alarm.
    """
    watch = _pruned(watch, now)
    if action.action_id in watch.answered:
        return Step(watch)
    answered = (*watch.answered, action.action_id)[-ANSWERS_REMEMBERED:]
    watch, incident = replace(watch, answered=answered), known.incident(action.anomaly_id)
    names = _meant(known, incident, action)
    match action.kind:
        case AnomalyActionKind.MUTE:
            return _muted(incident, watch, action, names, policy, now)
        case AnomalyActionKind.FALSE_ALARM:
            return _false_alarm(known, incident, watch, names, policy, now)
        case AnomalyActionKind.KNOWN_ISSUE | AnomalyActionKind.ACKNOWLEDGE:
            return _taken(incident, watch, action, names, policy, now)
    return Step(watch)


def _meant(known: Known, incident: Incident | None, action: AnomalyAction) -> tuple[str, ...]:
    """The problems that an answer is about: one that goes by another name by now, by both."""
    name = action.fingerprint
    if name is None:
        return tuple(owned(incident)) if incident else ()
    if incident is None or known.subject(name) is not None:
        return (name,)
    stored = (known.subject(member) for member in incident.members)
    return (name, *(one.name for one in stored if one is not None and name in one.aliases))


def _muted(
    incident: Incident | None,
    watch: Watch,
    action: AnomalyAction,
    names: tuple[str, ...],
    policy: AnomalyPolicy,
    now: Millis,
) -> Step:
    until = action.until if action.until is not None else now + policy.mute
    watch = replace(watch, muted={**watch.muted, **dict.fromkeys(names, until)})
    if incident is None or not incident.joined_since or incident.resolved_at is not None:
        return Step(watch)
    if incident.subject not in names:
        return Step(watch)
    incident = due(replace(incident, silent_until=until), policy)
    return Step(watch, {}, {incident.anomaly_id: incident})


def _taken(
    incident: Incident | None,
    watch: Watch,
    action: AnomalyAction,
    names: tuple[str, ...],
    policy: AnomalyPolicy,
    now: Millis,
) -> Step:
    """Somebody has it, or knows it; one that is over is known when it comes back."""
    actor = action.actor_id or (incident.acknowledged_by if incident else None) or SOMEBODY
    is_known = action.kind is AnomalyActionKind.KNOWN_ISSUE
    if is_known:
        said = (actor, now + policy.known)
        watch = replace(watch, known={**watch.known, **dict.fromkeys(names, said)})
    if incident is None or (incident.resolved_at is not None and not is_known):
        return Step(watch)
    answered = replace(
        incident,
        acknowledged_by=actor,
        known_issue=incident.known_issue or (is_known and incident.subject in names),
    )
    if answered == incident:
        return Step(watch)
    if incident.resolved_at is not None:
        return Step(watch, {}, {incident.anomaly_id: answered})
    incident = announced(answered, policy, now)
    output = record(incident, AnomalyState.UPDATED, policy, now)
    return Step(watch, {}, {incident.anomaly_id: incident}, (output,))


def _false_alarm(
    known: Known,
    incident: Incident | None,
    watch: Watch,
    names: tuple[str, ...],
    policy: AnomalyPolicy,
    now: Millis,
) -> Step:
    if incident is None:
        return Step(watch)
    peak = float(incident.peak)
    bars = {name: watch.bars.get(name, Bar()).raised(peak, now, SURE) for name in names}
    watch = replace(watch, bars={**watch.bars, **bars})
    if incident.resolved_at is not None or incident.subject not in names:
        return Step(watch)
    return resolved(known, incident, watch, policy, now)


def _pruned(watch: Watch, now: Millis) -> Watch:
    """The watch without answers that are over, and with the newest where they are too many."""
    muted = {name: until for name, until in watch.muted.items() if until > now}
    known = {name: said for name, said in watch.known.items() if said[1] > now}
    return replace(
        watch,
        muted=dict(list(muted.items())[-MOST_ANSWERS:]),
        known=dict(list(known.items())[-MOST_ANSWERS:]),
        bars=dict(list(watch.bars.items())[-MOST_ANSWERS:]),
    )
