"""Anomalies: the same problem at unusually many accounts, seen across all tickets of a tenant.

Pure: reports, timers and people's answers go in with the state they concern, and the next state
and the records to write come out.
"""

from streams.core.anomalies.actions import act, fingerprint_of
from streams.core.anomalies.grouping import (
    Placed,
    Shelf,
    decode_shelf,
    encode_shelf,
    place,
    shelf_number,
)
from streams.core.anomalies.groups import Groups
from streams.core.anomalies.lifecycle import observe, tick
from streams.core.anomalies.merging import merge
from streams.core.anomalies.policy import AnomalyPolicy
from streams.core.anomalies.state import (
    FingerprintState,
    Step,
    Watch,
    decode_fingerprint,
    decode_watch,
    encode_fingerprint,
    encode_watch,
)

__all__ = [
    "AnomalyPolicy",
    "FingerprintState",
    "Groups",
    "Placed",
    "Shelf",
    "Step",
    "Watch",
    "act",
    "decode_fingerprint",
    "decode_shelf",
    "decode_watch",
    "encode_fingerprint",
    "encode_shelf",
    "encode_watch",
    "fingerprint_of",
    "merge",
    "observe",
    "place",
    "shelf_number",
    "tick",
]
