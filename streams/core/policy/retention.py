"""How long what is known of a ticket is kept."""

from streams.core.policy.anomalies import Count
from streams.core.policy.duration import Duration
from streams.core.policy.section import Section


class Retention(Section, frozen=True):
    """When a silent ticket counts as resolved, until when it can be reopened rather than be another
    matter, and how long what is known of it is kept.
    """

    silence: Duration
    durable: Duration
    transcript: Duration
    stub: Duration
    transcript_messages: Count
