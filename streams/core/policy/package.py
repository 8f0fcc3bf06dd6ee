"""How much travels with a handoff."""

from streams.core.policy.anomalies import Count
from streams.core.policy.duration import Duration
from streams.core.policy.section import Section


class Package(Section, frozen=True):
    """Bounds of a handoff package and its transcript, and from what age on a part is stale."""

    max_bytes: Count
    max_messages: Count
    stale_after: Duration
