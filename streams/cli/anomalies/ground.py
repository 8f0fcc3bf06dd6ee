"""What the commands about anomalies read: which are open, and what keeps them quiet."""

from collections.abc import Collection

from schemas.records import Anomaly, AnomalyAction, AnomalyActionKind, AnomalyState, Millis
from schemas.topics import OPEN_ANOMALIES
from streams.codec import codec_of
from streams.console.lines import minute
from streams.errors import InputError
from streams.reading import Follower
from streams.security import connection_of
from streams.settings import Settings

ANOMALIES_TOPIC = "support.anomalies"
ACTIONS_TOPIC = "support.anomaly-actions"


def wanted(
    settings: Settings, anomaly_ids: Collection[str], over_since: Millis | None
) -> list[Anomaly]:
    """The anomalies of these ids. Raises `InputError` where one is not open.

    Nor over since `over_since` or later, where that is given.
    """
    found = open_now(settings)
    for one in anomaly_ids:
        if one not in found:
            found[one] = _over(settings, one, over_since)
    return [found[one] for one in anomaly_ids]


def open_now(settings: Settings) -> dict[str, Anomaly]:
    """The anomalies that are open, by id."""
    found = dict[str, Anomaly]()
    with _follower(settings, OPEN_ANOMALIES) as follower:
        for seen in follower.to_end():
            found.pop(seen.key, None)
            if isinstance(seen.record, Anomaly):
                found[seen.key] = seen.record
    return found


def mutes(settings: Settings, now: Millis) -> dict[str, AnomalyAction]:
    """The last mute of an anomaly, by its id, where its end is named and to come."""
    found = dict[str, AnomalyAction]()
    with _follower(settings, ACTIONS_TOPIC) as follower:
        for seen in follower.to_end():
            action = seen.record
            if isinstance(action, AnomalyAction) and action.kind is AnomalyActionKind.MUTE:
                found[action.anomaly_id] = action
    return {name: one for name, one in found.items() if one.until and one.until > now}


def _over(settings: Settings, anomaly_id: str, since: Millis | None) -> Anomaly:
    """An anomaly that is not open. Raises `InputError` where it cannot be answered."""
    with _follower(settings, ANOMALIES_TOPIC, key=anomaly_id) as follower:
        records = [seen.record for seen in follower.to_end() if seen.key == anomaly_id]
    last = records[-1] if records else None
    if not isinstance(last, Anomaly):
        raise InputError(
            f"there is no anomaly {anomaly_id}; `baton anomalies` lists those that are open"
        )
    is_merged = last.state is AnomalyState.MERGED
    if since is not None and not is_merged and last.updated_at >= since:
        return last
    ended = f"was merged into {last.merged_into}" if is_merged else "ended"
    raise InputError(
        f"{anomaly_id} {ended} at {minute(last.updated_at)}: there is nothing to answer"
    )


def _follower(settings: Settings, topic: str, key: str | None = None) -> Follower:
    connection, codec = connection_of(settings), codec_of(settings)
    return Follower(connection, codec, (topic,), from_start=True, key=key)
