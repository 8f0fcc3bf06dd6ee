"""An account's tickets played through the core, as the accounts agent would: for tests."""

from typing import Any

from msgspec.structs import replace

from schemas.records import (
    AccountActivity,
    AccountHealth,
    AccountProfile,
    ActivityKind,
    TicketUpdate,
)
from streams.core.accounts import AccountState, observe

MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 86_400_000
START = 20_458 * DAY


def activity(ticket: str, at: int, **changes: object) -> AccountActivity:
    """A message of a ticket, `at` milliseconds after the start, with some fields changed."""
    plain = AccountActivity(
        activity_id=f"{ticket}-{at}-{changes.get('kind', 'message')}",
        ticket_id=ticket,
        kind=ActivityKind.MESSAGE,
        occurred_at=START + at,
        account_id="acme",
        requester_id="mara",
    )
    return replace(plain, **changes)


def profile(**changes: object) -> AccountProfile:
    """The account's profile with some fields changed."""
    plain = AccountProfile(account_id="acme", updated_at=START, tier="business")
    return replace(plain, **changes)


def play(
    activities: list[AccountActivity], state: AccountState | None = None
) -> tuple[AccountState, list[AccountHealth], list[TicketUpdate]]:
    """The last state, and what was told of health and to tickets."""
    outputs: list[object] = []
    for one in activities:
        step = observe(state, one, None, one.occurred_at)
        state = step.state
        outputs.extend(step.outputs)
    assert state is not None
    return state, *split(outputs)


def split(
    outputs: list[Any],
) -> tuple[list[AccountHealth], list[TicketUpdate]]:
    """Health records and updates of tickets apart."""
    health = [one for one in outputs if isinstance(one, AccountHealth)]
    return health, [one for one in outputs if isinstance(one, TicketUpdate)]


def tickets(moods: list[float], every: int = DAY) -> list[AccountActivity]:
    """A ticket of one message each, a day apart."""
    return [activity(f"t{n}", n * every, negative=mood) for n, mood in enumerate(moods)]
