"""Plays the histories of `accounts.yaml`: `python -m tests.golden.accounts` prints them."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from schemas.records import (
    AccountActivity,
    AccountHealth,
    AccountProfile,
    ActivityKind,
    HealthLevel,
    Opportunity,
)
from streams.core.accounts import AccountState, Step, apply_profile, observe, tick

HOUR = 3_600_000
DAY = 24 * HOUR
START = 20_458 * DAY + 9 * HOUR
OTHER = "other"
"""The account that a merged one becomes part of."""


class Tickets(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Tickets that are alike."""

    mood: float | tuple[float, float]
    days: tuple[int, ...] = ()
    first: int = msgspec.field(default=0, name="from")
    last: int = msgspec.field(default=-1, name="to")
    every: int = 1
    count: int = 1
    messages: int = 1
    escalated: bool = False
    answered: float | None = None
    reopened: bool = False
    closed: float | Literal["open"] = 24.0

    def opened_on(self) -> tuple[int, ...]:
        """The days on which they are opened."""
        return self.days or tuple(range(self.first, self.last + 1, self.every))

    def mood_of(self, place: int, places: int) -> float:
        """How negative the ticket at a place is."""
        if isinstance(self.mood, float | int):
            return self.mood
        low, high = self.mood
        return low + (high - low) * place / max(1, places - 1)


class History(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An account's history and what is expected of it."""

    name: str
    about: str
    tickets: tuple[Tickets, ...]
    at_risk: tuple[int, int] | Literal["never"]
    ends: Literal["healthy", "watch", "at_risk", "unknown", "gone"]
    contract_value: float | None = None
    merged: int | None = None
    erased: int | None = None
    priority: int | None = None
    suggested: bool = True


class Played(NamedTuple):
    """What became of a history."""

    flagged_on: int | None
    """The first day at risk."""
    ends: str
    score: float
    """The last that was told."""
    suggestions: dict[str, Opportunity]

    def faults(self, history: History) -> list[str]:
        """What is other than expected."""
        found, day = [], self.flagged_on
        if history.at_risk == "never" and day is not None:
            found.append(f"at risk on day {day}")
        elif history.at_risk != "never" and (
            day is None or not history.at_risk[0] <= day <= history.at_risk[1]
        ):
            found.append(f"at risk on day {day}, expected {history.at_risk}")
        if self.ends != history.ends:
            found.append(f"ends {self.ends}, expected {history.ends}")
        suggested = history.suggested and history.at_risk != "never"
        if bool(self.suggestions) is not suggested:
            found.append(f"{len(self.suggestions)} suggestions")
        priorities = {one.priority for one in self.suggestions.values()}
        if history.priority is not None and priorities != {history.priority}:
            found.append(f"priority {priorities}, expected {history.priority}")
        return found


def histories() -> tuple[History, ...]:
    """All of them."""
    data = Path(__file__).with_name("accounts.yaml").read_bytes()
    return msgspec.yaml.decode(data, type=tuple[History, ...])


def play(history: History) -> Played:
    """Play a history; each record is handled after the timers that are due before it."""
    account = _Account(history)
    for one in sorted(_activities(history), key=lambda one: one.occurred_at):
        if history.merged is not None and one.occurred_at >= _at(history.merged):
            account.merge(_at(history.merged))
        account.observe(one)
    if history.erased is not None:
        account.erase(_at(history.erased))
    return account.played()


class _Account:
    """An account on its way through its history."""

    def __init__(self, history: History) -> None:
        self._profile = AccountProfile("acme", START, contract_value=history.contract_value)
        self._state: AccountState | None = None
        self._told: list[AccountHealth] = []

    def observe(self, activity: AccountActivity) -> None:
        at = activity.occurred_at
        while self._state is not None and self._state.deadline and self._state.deadline <= at:
            self._take(tick(self._state, self._profile, self._state.deadline))
        named = replace(activity, account_id=self._profile.account_id)
        self._take(observe(self._state, named, self._profile, at))

    def merge(self, at: int) -> None:
        if self._state is None or self._state.account_id == OTHER:
            return
        step = apply_profile(
            self._state, self._profile, replace(self._profile, merged_into=OTHER), at
        )
        self._state, self._profile = None, replace(self._profile, account_id=OTHER)
        for one in step.outputs:
            if isinstance(one, AccountActivity):
                self._take(observe(self._state, one, self._profile, at))

    def erase(self, at: int) -> None:
        for note in () if self._state is None else self._state.tickets:
            self.observe(_activity(note.ticket_id, ActivityKind.ERASED, at))

    def played(self) -> Played:
        risky = [one.updated_at for one in self._told if one.level is HealthLevel.AT_RISK]
        made = (one.opportunity for one in self._told)
        return Played(
            (risky[0] - START) // DAY if risky else None,
            "gone" if self._state is None or self._state.is_empty else self._state.level,
            self._told[-1].score,
            {one.opportunity_id: one for one in made if one is not None},
        )

    def _take(self, step: Step) -> None:
        self._state = step.state
        self._told += [one for one in step.outputs if isinstance(one, AccountHealth)]


def _at(day: int) -> int:
    return START + day * DAY


def _activity(ticket: str, kind: ActivityKind, at: float, **more: Any) -> AccountActivity:
    name = f"{ticket}/{kind}/{at}"
    return AccountActivity(name, ticket, kind, round(at), account_id="acme", **more)


def _activities(history: History) -> Iterator[AccountActivity]:
    for group, alike in enumerate(history.tickets):
        days = alike.opened_on()
        for place, day in enumerate(days):
            for number in range(alike.count):
                opened = _at(day) + number * 60_000
                mood = alike.mood_of(place, len(days))
                yield from _ticket(f"{group}-{day}-{number}", alike, opened, mood)


def _ticket(name: str, alike: Tickets, opened: int, mood: float) -> Iterator[AccountActivity]:
    yield _activity(name, ActivityKind.OPENED, opened)
    for number in range(alike.messages):
        yield _activity(name, ActivityKind.MESSAGE, opened + number, negative=mood)
    if alike.escalated:
        yield _activity(name, ActivityKind.ESCALATED, opened + alike.messages)
    if alike.answered is not None:
        wait = round(alike.answered * HOUR)
        yield _activity(name, ActivityKind.ANSWERED, opened + wait, waited=wait)
    if alike.closed == "open":
        return
    closed = opened + alike.closed * HOUR
    if alike.reopened:
        yield _activity(name, ActivityKind.CLOSED, closed - HOUR)
        yield _activity(name, ActivityKind.REOPENED, closed - HOUR / 2)
    yield _activity(name, ActivityKind.CLOSED, closed)


def main() -> None:
    """A line a history, and the share that is as expected."""
    right = 0
    for history in histories():
        played = play(history)
        faults = played.faults(history)
        right += not faults
        flagged = "never" if played.flagged_on is None else f"day {played.flagged_on}"
        print(
            f"{history.name:22} at risk: {flagged:8} ends: {played.ends:9}"
            f" health {played.score:3.0f}  {'; '.join(faults) or 'as expected'}"
        )
    total = len(histories())
    print(f"{right} of {total} accounts as expected ({right / total:.0%})")


if __name__ == "__main__":
    main()
