"""What the health of an account is judged by."""

import msgspec

from schemas.records.base import DurationMillis


class AccountPolicy(msgspec.Struct, frozen=True):
    """Weights, lines and bounds. The penalties are points off a score of 100."""

    frequency_points: float = 25.0
    """At three times the account's usual number of tickets a week, or more."""
    sentiment_points: float = 35.0
    """When its last tickets were as negative as can be."""
    trend_points: float = 15.0
    """When each ticket is a tenth more negative than the one before, or worse."""
    escalation_points: float = 15.0
    """When every ticket of the last 30 days was escalated."""
    reopen_points: float = 10.0
    """When every ticket of the last 30 days was reopened."""
    at_risk_below: float = 45.0
    """Score under which an account is at risk."""
    watch_below: float = 65.0
    """Score under which an account is watched."""
    hysteresis: float = 8.0
    """How far past its line the score must rise before the level gets better."""
    minimum_tickets: int = 3
    """Tickets with a customer message before an account has a level at all."""
    emit_every: DurationMillis = 60_000
    """Least time between two health records of an account at the same level."""
    flood_window: DurationMillis = 600_000
    flood_tickets: int = 20
    """A requester who opens more tickets than this within the window floods."""
    tickets_remembered: int = 50
    open_tickets_remembered: int = 1_000
    opens_remembered: int = 500
    """Tickets opened within the flood window that are counted at most."""
