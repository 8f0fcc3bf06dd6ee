"""An account becomes part of another, is called something else, or is gone."""

from collections.abc import Callable, Iterator

from msgspec.structs import replace

from schemas.codec import Tombstone
from schemas.records import (
    AccountActivity,
    AccountHealth,
    AccountProfile,
    ActivityKind,
    HealthLevel,
    Millis,
    OpportunityUpdate,
    Outreach,
)
from streams.core.accounts.policy import AccountPolicy
from streams.core.accounts.state import AccountState, TicketNote

HEALTH_TOPIC = "support.account-health"

MOST_MOVES = 8
"""What has followed so many merges stays where it is: they lead round in a circle."""


def handed_over(
    state: AccountState, into: str, policy: AccountPolicy, now: Millis
) -> tuple[AccountActivity, ...]:
    """What is remembered, told anew as activities of the account that this one is now part of.

    The other account lies on a partition of its own; its history grows by the tickets, at the times
    when it all happened; of those that are open but no longer remembered it hears that they are. It
    hears first until when it makes no suggestion, so that the tickets bring about none, and last of
    the one that there is, when it is known how it does with them.
    """
    known = {note.ticket_id for note in state.tickets}
    others = [TicketNote(name, at) for name, at in state.open.items() if name not in known]
    notes = (*others, *state.tickets)
    tickets = tuple(one for note in notes for one in _told_anew(state, note, into))
    next_at = state.outreach_from
    if not next_at:
        return tickets
    if state.opportunity is not None:
        next_at = max(next_at, now + policy.outreach_every)
    name = f"{state.account_id}/outreach/{now}"
    quiet = AccountActivity(
        activity_id=f"{name}/quiet",
        ticket_id=state.account_id,
        kind=ActivityKind.OUTREACH,
        occurred_at=now,
        tenant=state.tenant,
        account_id=into,
        moves=1,
        outreach=Outreach(next_at=next_at),
    )
    if state.opportunity is None:
        return (quiet, *tickets)
    made = Outreach(opportunity=state.opportunity, until=state.snoozed_until)
    return (quiet, *tickets, replace(quiet, activity_id=f"{name}/made", outreach=made))


def followed(activity: AccountActivity, into: str | None) -> AccountActivity | None:
    """The activity as one of the account that its own has become part of; None when it stays."""
    if into in (None, activity.account_id) or activity.moves >= MOST_MOVES:
        return None
    return replace(activity, account_id=into, moves=activity.moves + 1)


def last_of(
    account_id: str, profiles: Callable[[str], AccountProfile | None]
) -> tuple[str, AccountProfile | None]:
    """The account that an account has become part of in the end, itself where in none.

    As many merges are followed as an activity follows.
    """
    profile = profiles(account_id)
    for _ in range(MOST_MOVES):
        if profile is None or profile.merged_into in (None, account_id):
            break
        account_id = profile.merged_into
        profile = profiles(account_id)
    return account_id, profile


def passed_on(update: OpportunityUpdate, into: str | None) -> AccountActivity | None:
    """An answer to a suggestion as an activity of the account that its own has become part of.

    On the way of what was handed over, so that it comes behind it. None when it stays.
    """
    if into in (None, update.account_id):
        return None
    return AccountActivity(
        activity_id=f"{update.update_id}/answer",
        ticket_id=update.account_id,
        kind=ActivityKind.OUTREACH,
        occurred_at=update.occurred_at,
        tenant=update.tenant,
        account_id=into,
        moves=1,
        outreach=Outreach(answer=replace(update, note=None)),
    )


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
    called, answered = list[AccountActivity](), list[AccountActivity]()
    if note.escalated:
        called = [told(ActivityKind.ESCALATED, note.waits_since or note.opened_at)]
    if note.answered_at is not None:
        answered = [told(ActivityKind.ANSWERED, note.answered_at, waited=note.waited)]
    # Whoever waits was not answered since, though perhaps before.
    yield from (*called, *answered) if note.waits_since is None else (*answered, *called)
    if note.reopened:
        yield told(ActivityKind.REOPENED, note.answered_at or note.opened_at)
    if note.closed_at is not None:
        kind = ActivityKind.RESOLVED if note.outcome == "resolved" else ActivityKind.CLOSED
        yield told(kind, note.closed_at)
