"""How much travels with a handoff."""

from typing import Annotated, Final

import msgspec

from streams.core.policy.anomalies import Count
from streams.core.policy.duration import Duration
from streams.core.policy.section import Section

LARGEST: Final = 900_000
"""Bytes: the broker takes a record of 1 MB, and an escalation has more in it than its package."""


class Package(Section, frozen=True):
    """Bounds of a handoff package and its transcript, and from what age on a part is stale."""

    max_bytes: Annotated[int, msgspec.Meta(ge=1, le=LARGEST)]
    max_messages: Count
    stale_after: Duration
