"""An account's health is judged, told, and brought to its open tickets."""

from msgspec.structs import replace

from schemas.records import (
    AccountActivity,
    AccountProfile,
    ActivityKind,
    HealthLevel,
    Millis,
    OpportunityUpdate,
    TicketUpdate,
)
from streams.core.accounts.company import is_of_another, theirs
from streams.core.accounts.health import health_of, level
from streams.core.accounts.history import (
    ACTIVITIES_REMEMBERED,
    DAY,
    DAYS_REMEMBERED,
    GONE,
    flood,
    remember,
)
from streams.core.accounts.moving import farewell, handed_over
from streams.core.accounts.outreach import answered, next_look, quiet_of, review
from streams.core.accounts.policy import AccountPolicy
from streams.core.accounts.snapshot import account_changed, snapshot, weight
from streams.core.accounts.state import AccountState, Step

DEFAULT_POLICY = AccountPolicy()

_UNWATCHED = (HealthLevel.HEALTHY, HealthLevel.UNKNOWN)


def account_key(activity: AccountActivity) -> str:
    """Whose activity it is: the account's, else the requester's, else the ticket's alone."""
    return activity.account_id or activity.requester_id or activity.ticket_id


def observe(
    state: AccountState | None,
    activity: AccountActivity,
    profile: AccountProfile | None,
    now: Millis,
    policy: AccountPolicy = DEFAULT_POLICY,
) -> Step:
    """What follows from an activity that was recorded at `now`; a repeated one changes nothing, nor
    does one of another company that calls an account of its own by the same id.
    """
    if activity.kind in GONE:
        if state is None or state.is_empty:
            return Step(state)
    elif state is not None and is_of_another(activity.tenant, state.tenant):
        return Step(state)
    if activity.outreach is not None and activity.outreach.answer is not None:
        return answer(state, activity.outreach.answer, profile, now, policy)
    before = state or AccountState(
        account_id=account_key(activity),
        tenant=activity.tenant,
        is_requester=activity.account_id is None,
    )
    after = remember(before, activity, policy, now)
    if after is before:
        return Step(state)
    if after.is_empty and (activity.kind in GONE or after.opportunity is None):
        gone = () if before.is_empty else farewell(after, now)
        return Step(quiet_of(after, policy, now), gone)
    step = _tell(after, profile, policy, now, always=after.shown != before.shown)
    if activity.lacks_history or (before.flood is not None and _joins_flood(step.state, activity)):
        return _with_word_to(step, activity.ticket_id, profile, policy, now)
    return step


def _joins_flood(state: AccountState | None, activity: AccountActivity) -> bool:
    """Whether a ticket is opened while its requester floods already: it is one of many."""
    return (
        state is not None
        and state.flood is not None
        and activity.kind is ActivityKind.OPENED
        and activity.requester_id == state.flood.requester_id
    )


def _with_word_to(
    step: Step,
    ticket_id: str,
    profile: AccountProfile | None,
    policy: AccountPolicy,
    now: Millis,
) -> Step:
    """The step, and that one ticket hears how its account stands, unless all open ones do."""
    state = step.state
    told = {one.ticket_id for one in step.outputs if isinstance(one, TicketUpdate)}
    if state is None or ticket_id not in state.open or ticket_id in told:
        return step
    known = snapshot(theirs(profile, state.tenant), health_of(state, policy, now))
    alone = replace(state, open={ticket_id: state.open[ticket_id]})
    return Step(state, (*step.outputs, *account_changed(alone, known, now)))


def tick(
    state: AccountState,
    profile: AccountProfile | None,
    now: Millis,
    policy: AccountPolicy = DEFAULT_POLICY,
) -> Step:
    """What follows from the state's deadline having come. Calling it earlier does no harm."""
    if state.deadline is None or now < state.deadline:
        return Step(state)
    if state.is_empty and state.opportunity is None:
        return Step(None)
    return _tell(state, profile, policy, now)


def answer(
    state: AccountState | None,
    update: OpportunityUpdate,
    profile: AccountProfile | None,
    now: Millis,
    policy: AccountPolicy = DEFAULT_POLICY,
) -> Step:
    """What follows from an answer to a suggestion to reach out; a repeated one changes nothing."""
    if state is None or (seen := f"answer/{update.update_id}") in state.seen:
        return Step(state)
    after = answered(state, update, policy, now)
    if after is state:
        return Step(state)
    after = replace(after, seen=(*state.seen, seen)[-ACTIVITIES_REMEMBERED:])
    return _tell(after, profile, policy, now, always=True)


def apply_profile(
    state: AccountState | None,
    old: AccountProfile | None,
    new: AccountProfile | None,
    now: Millis,
    policy: AccountPolicy = DEFAULT_POLICY,
) -> Step:
    """What follows from a profile's change from `old` to `new`; None is one that was deleted.

    Each open ticket hears of it when tier, VIP, churn flag or contract value changed. An account
    that was deleted is forgotten; one that has become part of another hands its history over.
    """
    if state is None:
        return Step(None)
    if new is not None and is_of_another(new.tenant, state.tenant):
        return Step(state)
    if new is not None and new.merged_into not in (None, state.account_id):
        told_anew = handed_over(state, new.merged_into, policy, now)
        return Step(None, (*told_anew, *farewell(state, now)))
    told: tuple[TicketUpdate, ...] = ()
    if weight(old) != weight(new):
        told = account_changed(state, snapshot(new, health_of(state, policy, now)), now)
    if new is None:
        return Step(None, (*told, *farewell(state, now)))
    return Step(state, told)


def _tell(
    state: AccountState,
    profile: AccountProfile | None,
    policy: AccountPolicy,
    now: Millis,
    *,
    always: bool = False,
) -> Step:
    profile = theirs(profile, state.tenant)
    before, flooding = state.level, flood(state, policy, now)
    flood_turned = (flooding is None) is not (state.flood is None)
    shown = state.shown
    state = replace(state, flood=flooding)
    found = health_of(state, policy, now)
    reached = level(found.score, before, state, policy)
    state = review(replace(state, level=reached), found, profile, policy, now)
    turned = reached is not before or flood_turned or state.shown != shown
    next_time = state.emitted_at + policy.emit_every
    if not (turned or always) and now < next_time:
        return Step(replace(state, deadline=next_time))
    told = replace(found, level=reached, previous_level=before, opportunity=state.shown)
    state = replace(state, emitted_at=now, deadline=_next(state, policy, now))
    risk_turned = HealthLevel.AT_RISK in (before, reached) and reached is not before
    if risk_turned or flood_turned:
        return Step(state, (told, *account_changed(state, snapshot(profile, told), now)))
    return Step(state, (told,))


def _next(state: AccountState, policy: AccountPolicy, now: Millis) -> Millis | None:
    """When time alone may change something: a flood ends, a suggestion is due, or else what an
    account is watched for is longer ago, a day later.
    """
    times = [next_look(state, policy, now)]
    if state.flood is not None:
        times.append(max(state.flood.since + policy.flood_window, now + policy.emit_every))
    is_past = max(state.days, default=0) <= now // DAY - DAYS_REMEMBERED
    a_day_later = None if state.level in _UNWATCHED or is_past else now + DAY
    return min((at for at in times if at is not None), default=a_day_later)
