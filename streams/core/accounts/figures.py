"""What an account's history amounts to, in the numbers that its score is made of."""

from statistics import median
from typing import NamedTuple

from schemas.records import DurationMillis, Millis
from streams.core.accounts.history import DAY, DAYS_REMEMBERED
from streams.core.accounts.state import AccountState, DayCount, TicketNote

DAYS_JUDGED = 10
"""Days with a customer's message that count for sentiment."""

_WEEK = 7
_MONTH = 30
_FEWEST_FOR_A_TREND = 4


class Figures(NamedTuple):
    """What the score is made of."""

    tickets: int
    """Tickets opened in the last seven days."""
    usual: float | None
    """Tickets a week in the twelve weeks before; None without two weeks of past."""
    busy: int
    """Tickets in the second busiest of those weeks: a season or a rush that it has had before."""
    escalations: int
    reopened: int
    opened: int
    """Of the last 30 days: tickets with an escalation, reopened ones and opened ones."""
    sentiment: float | None
    """Median negativity, 0-1, of the last three days with tickets."""
    trend: float | None
    """Rise in negativity a day."""
    rise: float
    """The same over all the days that are judged."""
    waited: DurationMillis
    """Median wait for a person, over the remembered tickets of 30 days in which one was needed."""


def judged(state: AccountState) -> list[tuple[int, float]]:
    """The last days with tickets in which the customer said something, and how negative each was.

    A day is one point, the mean of its tickets, and a ticket the mean of its messages: neither a
    loud ticket nor a loud day weighs more than another, and the order within a day is nothing.
    """
    days = sorted(day for day, count in state.days.items() if count.heard)[-DAYS_JUDGED:]
    return [(day, state.days[day].negative / state.days[day].heard) for day in days]


def days_heard(state: AccountState) -> int:
    """Days with tickets in which the customer said something."""
    return sum(1 for count in state.days.values() if count.heard)


def figures(state: AccountState, now: Millis) -> Figures:
    """What an account's history amounts to at `now`."""
    today = now // DAY
    recent = [(today - day, count) for day, count in state.days.items()]
    month = [count for age, count in recent if age < _MONTH]
    weeks = _by_week(recent)
    known = max((age for age, _ in recent), default=0) - _WEEK + 1
    points = judged(state)
    trend = slope(points)
    return Figures(
        tickets=weeks[0],
        usual=_usual(weeks, known),
        busy=sorted(weeks[1:])[-2],
        escalations=sum(count.escalated for count in month),
        reopened=sum(count.reopened for count in month),
        opened=sum(count.opened for count in month),
        sentiment=median(value for _, value in points[-3:]) if points else None,
        trend=trend,
        rise=0.0 if trend is None else trend * (points[-1][0] - points[0][0]),
        waited=_waited(state, now),
    )


def slope(points: list[tuple[int, float]]) -> float | None:
    """Median of the slopes between all pairs of points (day, value); None under four points.

    The Theil-Sen estimator, which one extreme day cannot bend (Sen, Estimates of the regression
    coefficient based on Kendall's tau, JASA 63, 1968).
    """
    if len(points) < _FEWEST_FOR_A_TREND:
        return None
    pairs = ((i, j) for j in range(len(points)) for i in range(j))
    return median((points[j][1] - points[i][1]) / (points[j][0] - points[i][0]) for i, j in pairs)


def _by_week(recent: list[tuple[int, DayCount]]) -> list[int]:
    """Tickets opened in each of the last thirteen weeks, the latest first."""
    weeks = [0] * (DAYS_REMEMBERED // _WEEK)
    for age, count in recent:
        if 0 <= age < DAYS_REMEMBERED:
            weeks[age // _WEEK] += count.opened
    return weeks


def _usual(weeks: list[int], known: int) -> float | None:
    """`known` is the number of days of past before the last seven."""
    if known < 2 * _WEEK:
        return None
    return sum(weeks[1:]) * _WEEK / min(known, DAYS_REMEMBERED - _WEEK)


def _waited(state: AccountState, now: Millis) -> DurationMillis:
    waits = [_wait(one, now) for one in state.tickets if one.opened_at > now - _MONTH * DAY]
    return round(median([wait for wait in waits if wait] or [0]))


def _wait(note: TicketNote, now: Millis) -> DurationMillis:
    return max(note.waited, 0 if note.waits_since is None else now - note.waits_since)
