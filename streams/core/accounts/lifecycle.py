"""An account's health is judged, told, and brought to its open tickets."""

from msgspec.structs import replace

from schemas.records import (
    AccountActivity,
    AccountProfile,
    ActivityKind,
    HealthLevel,
    Millis,
    TicketUpdate,
)
from streams.core.accounts.health import health_of, level
from streams.core.accounts.history import flood, remember
from streams.core.accounts.policy import AccountPolicy
from streams.core.accounts.snapshot import account_changed, snapshot, weight
from streams.core.accounts.state import AccountState, Step

DEFAULT_POLICY = AccountPolicy()


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
    """What follows from an activity that was recorded at `now`; a repeated one changes nothing."""
    before = state or AccountState(account_id=account_key(activity), tenant=activity.tenant)
    after = remember(before, activity, policy, now)
    if after is before:
        return Step(state)
    step = _tell(after, profile, policy, now)
    return step if before.flood is None else _with_newcomer(step, activity, profile, policy, now)


def _with_newcomer(
    step: Step,
    activity: AccountActivity,
    profile: AccountProfile | None,
    policy: AccountPolicy,
    now: Millis,
) -> Step:
    """A ticket that is opened while its requester floods already is told that it is one of many."""
    state = step.state
    if state is None or state.flood is None or activity.kind is not ActivityKind.OPENED:
        return step
    told = {one.ticket_id for one in step.outputs if isinstance(one, TicketUpdate)}
    joins = activity.requester_id == state.flood.requester_id and activity.ticket_id in state.open
    if not joins or activity.ticket_id in told:
        return step
    known = snapshot(profile, health_of(state, policy, now))
    alone = replace(state, open={activity.ticket_id: state.open[activity.ticket_id]})
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
    return _tell(state, profile, policy, now)


def apply_profile(
    state: AccountState | None,
    old: AccountProfile | None,
    new: AccountProfile | None,
    now: Millis,
    policy: AccountPolicy = DEFAULT_POLICY,
) -> Step:
    """What follows from a profile's change from `old` to `new`; None is an account unknown to the
    CRM. Each open ticket hears of it when tier, VIP, churn flag or contract value changed.
    """
    if state is None or weight(old) == weight(new):
        return Step(state)
    now_known = snapshot(new, health_of(state, policy, now))
    return Step(state, account_changed(state, now_known, now))


def _tell(
    state: AccountState, profile: AccountProfile | None, policy: AccountPolicy, now: Millis
) -> Step:
    before, flooding = state.level, flood(state, policy, now)
    flood_turned = (flooding is None) is not (state.flood is None)
    state = replace(state, flood=flooding)
    found = health_of(state, policy, now)
    reached = level(found.score, before, state, policy)
    next_time = state.emitted_at + policy.emit_every
    if reached is before and not flood_turned and now < next_time:
        return Step(replace(state, deadline=next_time))
    told = replace(found, level=reached, previous_level=before)
    state = replace(state, level=reached, emitted_at=now, deadline=_flood_ends(state, policy, now))
    risk_turned = HealthLevel.AT_RISK in (before, reached) and reached is not before
    if risk_turned or flood_turned:
        return Step(state, (told, *account_changed(state, snapshot(profile, told), now)))
    return Step(state, (told,))


def _flood_ends(state: AccountState, policy: AccountPolicy, now: Millis) -> Millis | None:
    """When the flood may be over: its first ticket leaves the window, a record may go out."""
    if state.flood is None:
        return None
    return max(state.flood.since + policy.flood_window, now + policy.emit_every)
