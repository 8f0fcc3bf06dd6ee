"""What the health of an account is judged by."""

import msgspec

from schemas.records.base import DurationMillis
from streams.core.policy.model import Policy
from streams.core.policy.segments import Segment


class AccountPolicy(msgspec.Struct, frozen=True):
    """Weights, lines and bounds. The penalties are points off a score of 100, and add up to it.

    No part alone can put an account at risk: each is worth less than what `at_risk_below` and
    `hysteresis` ask for.
    """

    frequency_points: float = 20.0
    """At three times the account's usual number of tickets a week, or more."""
    sentiment_points: float = 40.0
    """When the last days with tickets were as negative as can be."""
    trend_points: float = 15.0
    """When negativity rose by `steep_rise` over the days that are judged, or more."""
    escalation_points: float = 12.0
    """When every ticket of the last 30 days was escalated."""
    waiting_points: float = 8.0
    """When half of those who waited for a person waited for `long_wait`, or more."""
    reopen_points: float = 5.0
    """When every ticket of the last 30 days was reopened."""
    steep_rise: float = 0.6
    long_wait: DurationMillis = 172_800_000
    at_risk_below: float = 45.0
    """Score under which an account is at risk."""
    watch_below: float = 65.0
    """Score under which an account is watched."""
    hysteresis: float = 8.0
    """How far past its line the score must rise before the level gets better."""
    minimum_days: int = 3
    """Days with a customer's message before an account has a level at all."""
    owners: dict[str, str] = {}
    """Who reaches out to accounts of a segment, by the segment's name."""
    segments: tuple[Segment, ...] = ()
    outreach_every: DurationMillis = 1_209_600_000
    """Least time from a suggestion to reach out, or the end of the last one, to the next."""
    snooze: DurationMillis = 604_800_000
    """How long a suggestion is put off where no time is named."""
    talk_lasts: DurationMillis = 259_200_000
    """A person who has answered an open ticket counts as talking to the account for so long."""
    priorities: tuple[float, ...] = (50_000.0, 20_000.0, 5_000.0, 1_000.0)
    """Value at risk from which a suggestion has priority 1, 2, 3 and 4; below it is 5."""
    emit_every: DurationMillis = 60_000
    """Least time between two health records of an account at the same level."""
    flood_window: DurationMillis = 600_000
    flood_tickets: int = 20
    """A requester who opens more tickets than this within the window floods."""
    tickets_remembered: int = 50
    open_tickets_remembered: int = 1_000
    opens_remembered: int = 500
    """Tickets opened within the flood window that are counted at most."""


def account_policy(policy: Policy) -> AccountPolicy:
    """What accounts are judged by under a policy: its segments, and who reaches out to them."""
    return AccountPolicy(segments=policy.segments, owners=policy.outreach.owners)
