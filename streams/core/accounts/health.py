"""How an account is doing, as a score of its history."""

from statistics import median
from typing import NamedTuple

from schemas.records import AccountHealth, HealthLevel, HealthReason, Millis, TicketSummary
from streams.core.accounts.history import DAY, DAYS_REMEMBERED
from streams.core.accounts.policy import AccountPolicy
from streams.core.accounts.state import AccountState, TicketNote

TICKETS_JUDGED = 10
_WEEK = 7
_MONTH = 30
_STEEPEST = 0.1


class Figures(NamedTuple):
    """What the score is made of."""

    tickets: int
    """Tickets opened in the last seven days."""
    usual: float | None
    """Tickets a week in the four weeks before; None without two weeks of past."""
    escalations: int
    reopened: int
    opened: int
    """Escalations, reopened and opened tickets are those of the last 30 days."""
    sentiment: float | None
    """Median negativity, 0-1, of the last three tickets."""
    trend: float | None
    """Rise in negativity from ticket to ticket."""


def judged(state: AccountState) -> tuple[TicketNote, ...]:
    """The last tickets in which the customer said something, oldest first."""
    return tuple(one for one in state.tickets if one.messages)[-TICKETS_JUDGED:]


def figures(state: AccountState, now: Millis) -> Figures:
    """What an account's history amounts to at `now`."""
    today = now // DAY
    week = _sum(state, today - _WEEK + 1, today)
    month = _sum(state, today - _MONTH + 1, today)
    values = [one.negative / one.messages for one in judged(state)]
    return Figures(
        tickets=week[0],
        usual=_usual(state, today),
        escalations=month[1],
        reopened=month[2],
        opened=month[0],
        sentiment=median(values[-3:]) if values else None,
        trend=slope(values),
    )


def slope(values: list[float]) -> float | None:
    """Median of the slopes between all pairs of values, a step apart; None under four values.

    The Theil-Sen estimator, which one extreme ticket cannot bend (Sen, Estimates of the
    regression coefficient based on Kendall's tau, JASA 63, 1968).
    """
    if len(values) < 4:
        return None
    pairs = ((i, j) for j in range(len(values)) for i in range(j))
    return median((values[j] - values[i]) / (j - i) for i, j in pairs)


def reasons(state: AccountState, found: Figures, policy: AccountPolicy) -> tuple[HealthReason, ...]:
    """What costs the account points, with the points as value, the dearest first."""
    usual = found.usual
    rise = found.tickets / max(usual, 1.0) - 1 if usual is not None else 0.0
    opened = max(found.opened, found.escalations, found.reopened, 1)
    recent = tuple(one.ticket_id for one in judged(state)[-3:])
    escalated = tuple(one.ticket_id for one in state.tickets if one.escalated)[-3:]
    reopened = tuple(one.ticket_id for one in state.tickets if one.reopened)[-3:]
    shares = (
        ("ticket_frequency", policy.frequency_points, rise / 2, usual, recent),
        ("sentiment", policy.sentiment_points, found.sentiment or 0.0, None, recent),
        ("sentiment_trend", policy.trend_points, (found.trend or 0.0) / _STEEPEST, None, recent),
        ("escalations", policy.escalation_points, found.escalations / opened, None, escalated),
        ("reopened", policy.reopen_points, found.reopened / opened, None, reopened),
    )
    costs = [
        HealthReason(code=code, value=most * min(share, 1.0), baseline=base, ticket_ids=tickets)
        for code, most, share, base, tickets in shares
        if share > 0
    ]
    return tuple(sorted(costs, key=lambda one: (-one.value, one.code)))


def level(
    score: float, previous: HealthLevel, state: AccountState, policy: AccountPolicy
) -> HealthLevel:
    """The level of a score. It gets worse at its line, and better only well past it.

    An account with fewer judged tickets than the policy's minimum has none.
    """
    if len(judged(state)) < policy.minimum_tickets:
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
    """How the account is doing at `now`, at the level and with the flood of its state."""
    found = figures(state, now)
    why = reasons(state, found, policy)
    return AccountHealth(
        account_id=state.account_id,
        updated_at=now,
        score=max(0.0, 100.0 - sum(reason.value for reason in why)),
        level=state.level,
        tenant=state.tenant,
        previous_level=state.level,
        reasons=why,
        sentiment_trend=found.trend,
        tickets_7_days=found.tickets,
        tickets_7_days_baseline=found.usual,
        escalations_30_days=found.escalations,
        reopened_30_days=found.reopened,
        recent_tickets=summaries(state),
        flood=state.flood,
    )


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


def _sum(state: AccountState, first: int, last: int) -> tuple[int, int, int]:
    days = [count for day, count in state.days.items() if first <= day <= last]
    return (
        sum(count.opened for count in days),
        sum(count.escalated for count in days),
        sum(count.reopened for count in days),
    )


def _usual(state: AccountState, today: int) -> float | None:
    week_began = today - _WEEK + 1
    past = [day for day in state.days if day < week_began]
    known = week_began - min(past, default=week_began)
    if known < 2 * _WEEK:
        return None
    opened = _sum(state, today - DAYS_REMEMBERED + 1, week_began - 1)[0]
    return opened * _WEEK / min(known, DAYS_REMEMBERED - _WEEK)
