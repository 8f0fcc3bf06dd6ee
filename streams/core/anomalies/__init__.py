"""Anomalies: the same problem at unusually many accounts, seen across all tickets of a tenant.

Pure: reports, timers and people's answers go in with the states they concern, and the next states
and the records to write come out.
"""

from streams.core.anomalies.actions import act
from streams.core.anomalies.centres import comparable
from streams.core.anomalies.codec import decode_incident, decode_subject, decode_watch, encode
from streams.core.anomalies.first_version import unpacked
from streams.core.anomalies.grouping import Placed, place, shelf_number
from streams.core.anomalies.groups import Groups
from streams.core.anomalies.lifecycle import forget, observe, wake
from streams.core.anomalies.linking import OpenAnomalies
from streams.core.anomalies.meanings import (
    Meanings,
    decode_meanings,
    encode_meanings,
    is_meant,
    meanings_name,
    means_more,
    place_meaning,
)
from streams.core.anomalies.merging import merge
from streams.core.anomalies.naming import category_name
from streams.core.anomalies.record import record
from streams.core.anomalies.shelf import Shelf, decode_shelf, encode_shelf
from streams.core.anomalies.state import (
    Affected,
    Incident,
    Keys,
    Known,
    Step,
    Subject,
    Watch,
)
from streams.core.policy.anomalies import AnomalyPolicy

__all__ = [
    "Affected",
    "AnomalyPolicy",
    "Groups",
    "Incident",
    "Keys",
    "Known",
    "Meanings",
    "OpenAnomalies",
    "Placed",
    "Shelf",
    "Step",
    "Subject",
    "Watch",
    "act",
    "category_name",
    "comparable",
    "decode_incident",
    "decode_meanings",
    "decode_shelf",
    "decode_subject",
    "decode_watch",
    "encode",
    "encode_meanings",
    "encode_shelf",
    "forget",
    "is_meant",
    "meanings_name",
    "means_more",
    "merge",
    "observe",
    "place",
    "place_meaning",
    "record",
    "shelf_number",
    "unpacked",
    "wake",
]
