"""Somebody should talk to an account before it leaves: who, why, about which tickets, and when not.

A suggestion is made when an account is at risk, at most one in the policy's time, and none while a
person is talking to the account already. It stays until it is done or dismissed, or the account is
no longer at risk before anybody has taken it on.
"""

from hashlib import blake2b

from msgspec.structs import replace

from schemas.records import (
    AccountHealth,
    AccountProfile,
    HealthLevel,
    Millis,
    Opportunity,
    OpportunityStatus,
    OpportunityUpdate,
    Outreach,
)
from streams.core.accounts.policy import AccountPolicy
from streams.core.accounts.snapshot import profile_snapshot
from streams.core.accounts.state import AccountState
from streams.core.routing import first_fitting

_MOST_TICKETS = 10
_REASONS_NAMED = 3
_MIDDLE = 3


def review(
    state: AccountState,
    found: AccountHealth,
    profile: AccountProfile | None,
    policy: AccountPolicy,
    now: Millis,
) -> AccountState:
    """The state with the suggestion that is due at `now`, or without the one that no longer is."""
    if state.snoozed_until is not None and now >= state.snoozed_until:
        state = replace(state, snoozed_until=None)
    at_risk, opportunity = state.level is HealthLevel.AT_RISK, state.opportunity
    if opportunity is not None:
        keep = at_risk or opportunity.accepted_at is not None
        return state if keep else replace(state, opportunity=None, snoozed_until=None)
    if not at_risk or now < state.outreach_from or _talks_until(state, policy) > now:
        return state
    made = _suggestion(state, found, profile, policy, now)
    return replace(state, opportunity=made, outreach_from=now + policy.outreach_every)


def answered(
    state: AccountState, update: OpportunityUpdate, policy: AccountPolicy, now: Millis
) -> AccountState:
    """The state after customer success answered its suggestion; any other changes nothing."""
    opportunity = state.opportunity
    if opportunity is None or opportunity.opportunity_id != update.opportunity_id:
        return state
    match update.status:
        case OpportunityStatus.ACCEPTED:
            owner = update.actor_id or opportunity.owner_id
            taken = replace(opportunity, accepted_at=now, owner_id=owner)
            return replace(state, opportunity=taken, snoozed_until=None)
        case OpportunityStatus.SNOOZED:
            named = update.until is not None and update.until > now
            until = update.until if named else now + policy.snooze
            return replace(state, snoozed_until=until)
        case OpportunityStatus.DONE | OpportunityStatus.DISMISSED:
            quiet = now + policy.outreach_every
            return replace(state, opportunity=None, snoozed_until=None, outreach_from=quiet)
    return state


def taken_over(state: AccountState, told: Outreach) -> AccountState:
    """The state with what an account that has become part of this one knew of reaching out to it.

    Of two suggestions the one that somebody has taken on stays, and else the account's own.
    """
    state = replace(state, outreach_from=max(state.outreach_from, told.next_at or 0))
    ours, theirs = state.opportunity, told.opportunity
    if theirs is None or (ours is not None and (ours.accepted_at or not theirs.accepted_at)):
        return state
    return replace(state, opportunity=theirs, snoozed_until=told.until)


def quiet_of(state: AccountState, policy: AccountPolicy, now: Millis) -> AccountState | None:
    """What is left of an account without tickets: until when it is not suggested, and no more.

    Whatever somebody has taken on ends with the tickets that it was about.
    """
    until = state.outreach_from
    if state.opportunity is not None and state.opportunity.accepted_at is not None:
        until = max(until, now + policy.outreach_every)
    if until <= now:
        return None
    return AccountState(state.account_id, state.tenant, deadline=until, outreach_from=until)


def next_look(state: AccountState, policy: AccountPolicy, now: Millis) -> Millis | None:
    """When `review` may come to something else by time alone; None when it cannot."""
    if state.snoozed_until is not None:
        return state.snoozed_until
    if state.level is not HealthLevel.AT_RISK or state.opportunity is not None:
        return None
    return max(state.outreach_from, _talks_until(state, policy), now + policy.emit_every)


def owner_of(profile: AccountProfile | None, policy: AccountPolicy) -> str | None:
    """Who reaches out: whom the policy names for the segment, else the manager of the profile.

    The segment is that of the profile alone: at risk, every account is in the one for churn.
    """
    if profile is None:
        return policy.owners.get(policy.segments[-1].name) if policy.segments else None
    if not policy.segments:
        return profile.owner_id
    segment = first_fitting(policy.segments, profile_snapshot(profile))
    return policy.owners.get(segment.name, profile.owner_id)


def priority_of(score: float, contract_value: float | None, policy: AccountPolicy) -> int:
    """1, the most pressing, to 5, by the contract value times the share of the score lost.

    An account of unknown value is in the middle.
    """
    if contract_value is None:
        return _MIDDLE
    at_stake = contract_value * (100.0 - score) / 100.0
    return 1 + sum(at_stake < line for line in policy.priorities)


def _suggestion(
    state: AccountState,
    found: AccountHealth,
    profile: AccountProfile | None,
    policy: AccountPolicy,
    now: Millis,
) -> Opportunity:
    name = blake2b(f"{state.account_id}\x00{now}".encode(), digest_size=8).hexdigest()
    tickets = dict.fromkeys(ticket for reason in found.reasons for ticket in reason.ticket_ids)
    value = None if profile is None else profile.contract_value
    return Opportunity(
        opportunity_id=f"outreach-{name}",
        reason=_sentence(found),
        created_at=now,
        owner_id=owner_of(profile, policy),
        ticket_ids=tuple(tickets)[:_MOST_TICKETS],
        priority=priority_of(found.score, value, policy),
    )


_WORDS = {
    "ticket_frequency": "far more tickets than usual",
    "sentiment": "unhappy messages",
    "sentiment_trend": "a mood that gets worse",
    "escalations": "many tickets that needed a person",
    "reopened": "tickets that came back",
    "waiting": "long waits for a person",
}


def _sentence(found: AccountHealth) -> str:
    why = ", ".join(_WORDS[reason.code] for reason in found.reasons[:_REASONS_NAMED])
    return f"Health {found.score:.0f} of 100: {why}."


def _talks_until(state: AccountState, policy: AccountPolicy) -> Millis:
    """Until when a person counts as talking to the account on a ticket that is open."""
    answers = (one.answered_at for one in state.tickets if one.ticket_id in state.open)
    latest = max((at for at in answers if at is not None), default=None)
    return 0 if latest is None else latest + policy.talk_lasts
