"""What the on-call person's answer does to an anomaly."""

from msgspec.structs import replace

from schemas.records import AnomalyAction, AnomalyActionKind, AnomalyState, Millis
from streams.core.anomalies.lifecycle import resolve
from streams.core.anomalies.policy import AnomalyPolicy
from streams.core.anomalies.record import record
from streams.core.anomalies.state import FingerprintState, Step, Watch
from streams.core.anomalies.windows import Window

_MUTES = (AnomalyActionKind.MUTE, AnomalyActionKind.FALSE_ALARM)
_NAMES = (AnomalyActionKind.ACKNOWLEDGE, AnomalyActionKind.KNOWN_ISSUE)


def fingerprint_of(watch: Watch, action: AnomalyAction) -> str | None:
    """The fingerprint whose state an action is about; None where there is none any more."""
    return watch.open.get(action.anomaly_id, action.fingerprint)


def act(
    state: FingerprintState,
    watch: Watch,
    action: AnomalyAction,
    policy: AnomalyPolicy,
    now: Millis,
) -> Step:
    """What follows from an answer to the anomaly of this state.

    Acknowledged or known: the record says by whom. Muted: nothing opens or is updated until the
    time given. False alarm: resolved, and muted. An answer to an anomaly that is no longer open
    only mutes.
    """
    if action.kind in _MUTES:
        until = action.until if action.until is not None else now + policy.mute
        state = replace(state, muted_until=until)
    anomaly = state.open
    if anomaly is None or anomaly.anomaly_id != action.anomaly_id:
        return Step(state, watch)
    if action.kind is AnomalyActionKind.FALSE_ALARM:
        return resolve(state, anomaly, watch, policy, now)
    if action.kind not in _NAMES:
        return Step(state, watch)
    named = replace(anomaly, acknowledged_by=action.actor_id, revision=anomaly.revision + 1)
    window = Window(anomaly.peak_end, anomaly.peak)
    output = record(state, named, AnomalyState.UPDATED, window, policy, now)
    return Step(replace(state, open=named), watch, (output,))
