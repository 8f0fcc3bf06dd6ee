"""An account becomes part of another, is called something else, or is gone."""

from collections.abc import Iterator

from msgspec.structs import replace

from schemas.codec import Tombstone
from schemas.records import (
    AccountActivity,
    AccountHealth,
    ActivityKind,
    HealthLevel,
    Millis,
)
from streams.core.accounts.state import AccountState, TicketNote

HEALTH_TOPIC = "support.account-health"

MOST_MOVES = 8
"""An activity that has followed so many merges stays where it is: they lead round in a circle."""


def handed_over(state: AccountState, into: str) -> tuple[AccountActivity, ...]:
    """The account's tickets, told anew as activities of the account that it is now part of.

    The other account lies on a partition of its own; its history grows by what is remembered here,
    at the times when it happened.
    """
    return tuple(one for note in state.tickets for one in _told_anew(state, note, into))


def followed(activity: AccountActivity, into: str | None) -> AccountActivity | None:
    """The activity as one of the account that its own has become part of; None when it stays."""
    if into in (None, activity.account_id) or activity.moves >= MOST_MOVES:
        return None
    return replace(activity, account_id=into, moves=activity.moves + 1)


def farewell(state: AccountState, now: Millis) -> tuple[AccountHealth, Tombstone]:
    """Whoever was told of the account's health hears that it has none now, and it is forgotten."""
    last = AccountHealth(
        account_id=state.account_id,
        updated_at=now,
        score=100.0,
        level=HealthLevel.UNKNOWN,
        tenant=state.tenant,
        previous_level=state.level,
    )
    return last, Tombstone(HEALTH_TOPIC, state.account_id)


def _told_anew(state: AccountState, note: TicketNote, into: str) -> Iterator[AccountActivity]:
    def told(kind: ActivityKind, at: Millis, **more: object) -> AccountActivity:
        """Something that happened to the ticket, now the other account's."""
        activity = AccountActivity(
            activity_id=f"{note.ticket_id}/a/{kind}/of {state.account_id}",
            ticket_id=note.ticket_id,
            kind=kind,
            occurred_at=at,
            tenant=state.tenant,
            account_id=into,
            category=note.category,
            moves=1,
        )
        return replace(activity, **more)

    yield told(ActivityKind.OPENED, note.opened_at)
    if note.messages:
        yield told(ActivityKind.MESSAGE, note.opened_at, negative=note.sentiment())
    if note.escalated:
        yield told(ActivityKind.ESCALATED, note.waits_since or note.opened_at)
    if note.answered_at is not None:
        yield told(ActivityKind.ANSWERED, note.answered_at, waited=note.waited)
    if note.reopened:
        yield told(ActivityKind.REOPENED, note.answered_at or note.opened_at)
    if note.closed_at is not None:
        kind = ActivityKind.RESOLVED if note.outcome == "resolved" else ActivityKind.CLOSED
        yield told(kind, note.closed_at)
