"""How an account is doing, as a score of its history."""

from collections.abc import Mapping

from schemas.records import AccountHealth, HealthLevel, HealthReason, Millis, TicketSummary
from streams.core.accounts.figures import Figures, days_heard, figures
from streams.core.accounts.policy import AccountPolicy
from streams.core.accounts.state import AccountState

_DAYS_A_WEEK = 7


def costs(found: Figures, policy: AccountPolicy) -> dict[str, float]:
    """The points that each part costs, by reason code: what is not there costs nothing."""
    usual = max(found.usual or 0.0, 1.0)
    extra = 0.0 if found.usual is None else found.tickets - max(usual, found.busy)
    opened = max(found.opened, 1)
    shares = {
        "ticket_frequency": (policy.frequency_points, extra / (2 * usual)),
        "sentiment": (policy.sentiment_points, found.sentiment or 0.0),
        "sentiment_trend": (policy.trend_points, found.rise / policy.steep_rise),
        "escalations": (policy.escalation_points, found.escalations / opened),
        "reopened": (policy.reopen_points, found.reopened / opened),
        "waiting": (policy.waiting_points, found.waited / policy.long_wait),
    }
    return {code: most * min(share, 1.0) for code, (most, share) in shares.items() if share > 0}


def score_of(points: Mapping[str, float]) -> float:
    """100 less what the parts cost, never below 0."""
    return max(0.0, 100.0 - sum(points.values()))


def level(
    score: float, previous: HealthLevel, state: AccountState, policy: AccountPolicy
) -> HealthLevel:
    """The level of a score. It gets worse at its line, and better only well past it.

    An account with fewer judged days than the policy's minimum has none, nor has a requester of
    no known account.
    """
    if state.is_requester or days_heard(state) < policy.minimum_days:
        return HealthLevel.UNKNOWN
    at_risk, watch = policy.at_risk_below, policy.watch_below
    if previous is HealthLevel.AT_RISK:
        at_risk += policy.hysteresis
    if previous in (HealthLevel.AT_RISK, HealthLevel.WATCH):
        watch += policy.hysteresis
    if score < at_risk:
        return HealthLevel.AT_RISK
    return HealthLevel.WATCH if score < watch else HealthLevel.HEALTHY


def health_of(state: AccountState, policy: AccountPolicy, now: Millis) -> AccountHealth:
    """How the account is doing at `now`, at the level, flood and suggestion of its state."""
    found = figures(state, now)
    points = costs(found, policy)
    return AccountHealth(
        account_id=state.account_id,
        updated_at=now,
        score=score_of(points),
        level=state.level,
        tenant=state.tenant,
        previous_level=state.level,
        reasons=_reasons(state, found, points),
        sentiment_trend=None if found.trend is None else found.trend * _DAYS_A_WEEK,
        tickets_7_days=found.tickets,
        tickets_7_days_baseline=found.usual,
        escalations_30_days=found.escalations,
        reopened_30_days=found.reopened,
        recent_tickets=summaries(state),
        flood=state.flood,
        opportunity=state.shown,
    )


def _reasons(
    state: AccountState, found: Figures, points: Mapping[str, float]
) -> tuple[HealthReason, ...]:
    """What costs points, the dearest first, with the latest tickets that show it."""
    heard = tuple(one.ticket_id for one in state.tickets if one.messages)[-3:]
    shown = {
        "escalations": tuple(one.ticket_id for one in state.tickets if one.escalated)[-3:],
        "reopened": tuple(one.ticket_id for one in state.tickets if one.reopened)[-3:],
        "waiting": tuple(
            one.ticket_id for one in state.tickets if one.waited or one.waits_since is not None
        )[-3:],
    }
    reasons = (
        HealthReason(
            code=code,
            value=value,
            baseline=found.usual if code == "ticket_frequency" else None,
            ticket_ids=shown.get(code, heard),
        )
        for code, value in points.items()
    )
    return tuple(sorted(reasons, key=lambda one: (-one.value, one.code)))


def summaries(state: AccountState) -> tuple[TicketSummary, ...]:
    """The last ten tickets, the latest first; `sentiment` is their mean negativity, 0-1."""
    return tuple(
        TicketSummary(
            ticket_id=one.ticket_id,
            opened_at=one.opened_at,
            closed_at=one.closed_at,
            category=one.category,
            outcome=one.outcome,
            escalated=one.escalated,
            reopened=one.reopened,
            sentiment=one.sentiment(),
        )
        for one in reversed(state.tickets[-10:])
    )
