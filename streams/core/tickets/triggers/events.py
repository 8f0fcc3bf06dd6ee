"""Triggers that an event states: that it came is the measurement."""

from streams.core.tickets.handling import Handling
from streams.core.tickets.triggers.seen import Seen, of_last_message


def human_takeover(_handling: Handling) -> Seen:
    """A person answered or took the ticket while the AI owned it."""
    return Seen(1.0, 1.0, 2)


def reopened(handling: Handling) -> Seen:
    """The customer is back, or the platform reopened it, after a person had resolved it."""
    return of_last_message(handling, 1.0, 1.0, 2)


def gate_timeout(handling: Handling) -> Seen:
    """The platform held an answer for a decision that did not come."""
    return of_last_message(handling, 1.0, 1.0, 2)


def review_unanswered(handling: Handling) -> Seen:
    """The review that waits has run out of time."""
    return of_last_message(handling, 1.0, 1.0, 2)


def review_rejected(handling: Handling) -> Seen:
    """A person refused the draft."""
    return of_last_message(handling, 1.0, 1.0, 2)


def internal_error(_handling: Handling) -> Seen:
    """Handling a record of this ticket failed."""
    return Seen(1.0, 1.0, 2)


def anomaly_link(handling: Handling) -> Seen | None:
    """The ticket's problem is an incident that is open; no measurement without one."""
    link = handling.ticket.anomaly
    if link is None or handling.thanked:
        return None
    return Seen(1.0, 1.0, handling.rules.anomaly_link.tier, None, link.anomaly_id)
