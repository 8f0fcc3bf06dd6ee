"""An activity enters an account's memory of its tickets."""

from msgspec.structs import replace

from schemas.records import AccountActivity, ActivityKind, Millis, RequesterFlood
from streams.core.accounts.outreach import taken_over
from streams.core.accounts.policy import AccountPolicy
from streams.core.accounts.state import AccountState, DayCount, Opening, TicketNote

DAY = 86_400_000
DAYS_REMEMBERED = 91
"""One week and the twelve before it, which are its baseline."""
ACTIVITIES_REMEMBERED = 64

_ENDS = (ActivityKind.RESOLVED, ActivityKind.CLOSED)
_NO_OPENINGS = (*_ENDS, ActivityKind.REOPENED, ActivityKind.ANSWERED)
"""What happens to a ticket that was opened long ago, remembered or not."""
GONE = (ActivityKind.LEFT, ActivityKind.ERASED)
"""A ticket is no longer one of the account's."""


def remember(
    state: AccountState, activity: AccountActivity, policy: AccountPolicy, now: Millis
) -> AccountState:
    """The state after an activity recorded at `now`; the same object when it was known."""
    if activity.activity_id in state.seen:
        return state
    at = min(activity.occurred_at, now)
    if activity.kind is ActivityKind.OPENED:
        # Whose a ticket is may be known long after it was opened.
        at = max(0, at - (activity.waited or 0))
    seen = (*state.seen, activity.activity_id)[-ACTIVITIES_REMEMBERED:]
    if activity.kind in GONE:
        state = _without(replace(state, seen=seen), activity.ticket_id)
        return (
            _without_requester(state, activity) if activity.kind is ActivityKind.ERASED else state
        )
    if activity.outreach is not None:
        return taken_over(replace(state, seen=seen), activity.outreach)
    known = next((one for one in state.tickets if one.ticket_id == activity.ticket_id), None)
    is_new = known is None and activity.ticket_id not in state.open
    is_new = is_new and activity.kind not in _NO_OPENINGS
    before = known or TicketNote(activity.ticket_id, at)
    note = _noted(before, activity, at)
    days = _with_counts(state.days, before, note, is_new, at)
    if activity.negative is not None:
        days = _with_mood(days, before, note)
    state = replace(
        state,
        seen=seen,
        tickets=_with_note(state.tickets, note, policy),
        open=_with_open(state.open, note, policy),
        days=_recent(days, now),
    )
    if is_new and activity.requester_id is not None:
        recent = [one for one in state.openings if one.at > now - policy.flood_window]
        openings = (*recent, Opening(at, activity.requester_id))[-policy.opens_remembered :]
        state = replace(state, openings=openings)
    return state


def _without(state: AccountState, ticket_id: str) -> AccountState:
    """What was another account's ticket, or was erased, is no part of the history."""
    note = next((one for one in state.tickets if one.ticket_id == ticket_id), None)
    opportunity = state.opportunity
    if opportunity is not None:
        left = tuple(one for one in opportunity.ticket_ids if one != ticket_id)
        opportunity = replace(opportunity, ticket_ids=left)
    return replace(
        state,
        days=state.days if note is None else _uncounted(state.days, note),
        opportunity=opportunity,
        tickets=tuple(note for note in state.tickets if note.ticket_id != ticket_id),
        open={name: at for name, at in state.open.items() if name != ticket_id},
    )


def _without_requester(state: AccountState, activity: AccountActivity) -> AccountState:
    """Who asked for a ticket that was erased is not named among those who opened some lately."""
    left = tuple(one for one in state.openings if one.requester_id != activity.requester_id)
    return replace(state, openings=left)


def flood(state: AccountState, policy: AccountPolicy, now: Millis) -> RequesterFlood | None:
    """The requester who opened the most tickets in the flood window, when they are too many."""
    recent = [opening for opening in state.openings if opening.at > now - policy.flood_window]
    if len(recent) <= policy.flood_tickets:
        return None
    times: dict[str, list[Millis]] = {}
    for opening in recent:
        times.setdefault(opening.requester_id, []).append(opening.at)
    requester = max(sorted(times), key=lambda one: len(times[one]))
    if len(times[requester]) <= policy.flood_tickets:
        return None
    return RequesterFlood(
        requester_id=requester, tickets=len(times[requester]), since=min(times[requester])
    )


def _noted(note: TicketNote, activity: AccountActivity, at: Millis) -> TicketNote:
    if activity.category is not None:
        note = replace(note, category=activity.category)
    if activity.negative is not None:
        note = replace(note, messages=note.messages + 1, negative=note.negative + activity.negative)
    if activity.kind is ActivityKind.ESCALATED:
        since = at if note.waits_since is None else note.waits_since
        return replace(note, escalated=True, waits_since=since)
    if activity.kind is ActivityKind.ANSWERED:
        waited = max(note.waited, activity.waited or 0)
        return replace(note, waited=waited, waits_since=None, answered_at=at)
    if activity.kind is ActivityKind.REOPENED:
        return replace(note, reopened=True, closed_at=None, outcome=None)
    if activity.kind in _ENDS:
        outcome = note.outcome or activity.kind.value
        return replace(note, closed_at=at, outcome=outcome, waits_since=None)
    return note


def _with_note(
    tickets: tuple[TicketNote, ...], note: TicketNote, policy: AccountPolicy
) -> tuple[TicketNote, ...]:
    others = [one for one in tickets if one.ticket_id != note.ticket_id]
    by_time = sorted((*others, note), key=lambda one: (one.opened_at, one.ticket_id))
    return tuple(by_time[-policy.tickets_remembered :])


def _with_open(
    tickets: dict[str, Millis], note: TicketNote, policy: AccountPolicy
) -> dict[str, Millis]:
    others = {key: at for key, at in tickets.items() if key != note.ticket_id}
    if note.closed_at is not None:
        return others
    if len(others) >= policy.open_tickets_remembered:
        del others[min(others, key=lambda key: (others[key], key))]
    return {**others, note.ticket_id: tickets.get(note.ticket_id, note.opened_at)}


def _with_counts(
    days: dict[int, DayCount], before: TicketNote, after: TicketNote, is_new: bool, at: Millis
) -> dict[int, DayCount]:
    """A ticket counts once, however often it is escalated or reopened."""
    count = days.get(at // DAY, DayCount())
    count = replace(
        count,
        opened=count.opened + is_new,
        escalated=count.escalated + (after.escalated and not before.escalated),
        reopened=count.reopened + (after.reopened and not before.reopened),
    )
    return {**days, at // DAY: count}


def _with_mood(
    days: dict[int, DayCount], before: TicketNote, after: TicketNote
) -> dict[int, DayCount]:
    """A ticket weighs as one, however many messages it has, on the day it was opened."""
    day, was, now = after.opened_at // DAY, before.sentiment(), after.sentiment()
    count = days.get(day, DayCount())
    heard = count.heard + (was is None) - (now is None)
    negative = max(0.0, count.negative + (now or 0.0) - (was or 0.0))
    return {**days, day: replace(count, heard=heard, negative=negative)}


def _uncounted(days: dict[int, DayCount], note: TicketNote) -> dict[int, DayCount]:
    day = note.opened_at // DAY
    if day in days:
        if note.messages:
            days = _with_mood(days, note, replace(note, messages=0, negative=0.0))
        count = days[day]
        days = {**days, day: replace(count, opened=max(0, count.opened - 1))}
    for name in ("escalated", "reopened"):
        if getattr(note, name):
            days = _one_less(days, day, name)
    return days


def _one_less(days: dict[int, DayCount], since: int, name: str) -> dict[int, DayCount]:
    """The days with one less of something that happened on one of them, `since` or later."""
    for day in sorted(days):
        count = days[day]
        if day >= since and getattr(count, name):
            return {**days, day: replace(count, **{name: getattr(count, name) - 1})}
    return days


def _recent(days: dict[int, DayCount], now: Millis) -> dict[int, DayCount]:
    oldest = now // DAY - DAYS_REMEMBERED + 1
    return {day: count for day, count in days.items() if day >= oldest}
