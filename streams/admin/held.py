"""What the agents' states know of a person's tickets: the index by which erasing finds them all.

A ticket's state names its account and its requester for as long as there is a state, however long
ago anything was written about it; the accounts agent remembers some that are no longer there. The
changelogs have what the states have, and are read to their end.
"""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import NamedTuple, TypeVar

from streams.agents.accounts import ACCOUNTS
from streams.agents.states import Kind
from streams.agents.ticket_states import TICKETS
from streams.core.accounts import AccountState
from streams.core.tickets import Ticket
from streams.engine import EngineConfig, read_to_end
from streams.kinds import engine_config
from streams.settings import Settings

S = TypeVar("S")


class Whose(NamedTuple):
    """In whose history a ticket is that has no state any more; nobody's where it has one."""

    account: str | None = None
    requester: str | None = None


NOBODY = Whose()


class Holders:
    """The agents that know whose a ticket is."""

    def __init__(self, settings: Settings) -> None:
        # A command reads as nobody: a worker's name would be made and kept for it.
        named = replace(settings, worker_id=settings.worker_id or "any")
        self._tickets = engine_config("tickets", named)
        self._accounts = engine_config("accounts", named)

    @property
    def changelogs(self) -> tuple[str, ...]:
        """What is read, as the broker calls it."""
        return self._tickets.changelog, self._accounts.changelog

    def tickets_of(self, account: str | None, requester: str | None) -> dict[str, Whose]:
        """The tickets of an account or a requester. Raises `BrokerFailed`, `AccessDenied`."""
        names = tuple(one for one in (account, requester) if one)
        held: dict[str, Whose] = {}
        for name, ticket in _states(self._tickets, TICKETS, names):
            if ticket is not None and _is_of(ticket, account, requester):
                held[name] = NOBODY
            else:
                held.pop(name, None)
        for whose, history in self._histories(account, requester):
            remembered = (*(note.ticket_id for note in history.tickets), *history.open)
            held = dict.fromkeys(remembered, whose) | held
        return held

    def whose(self, tickets: Collection[str]) -> dict[str, Whose]:
        """In whose history each of the tickets is. Raises `BrokerFailed`, `AccessDenied`."""
        found = dict.fromkeys(tickets, NOBODY)
        changes = _states(self._accounts, ACCOUNTS, tuple(tickets))
        for name, history in dict(changes).items():
            if history is not None:
                one = Whose(requester=name) if history.is_requester else Whose(account=name)
                remembered = {*history.open, *(note.ticket_id for note in history.tickets)}
                found |= dict.fromkeys(remembered & found.keys(), one)
        return found

    def _histories(
        self, account: str | None, requester: str | None
    ) -> Iterator[tuple[Whose, AccountState]]:
        """What the accounts agent remembers. A customer without an account is one of their own."""
        names = tuple(one for one in (account, requester) if one)
        latest = {
            name: history
            for name, history in _states(self._accounts, ACCOUNTS, names)
            if name in names
        }
        for name, history in latest.items():
            if history is None:
                continue
            if history.is_requester and name == requester:
                yield Whose(requester=name), history
            elif not history.is_requester and name == account:
                yield Whose(account=name), history


def _is_of(ticket: Ticket, account: str | None, requester: str | None) -> bool:
    by_account = account is not None and ticket.account_id == account
    return by_account or (requester is not None and ticket.requester_id == requester)


def _states(
    config: EngineConfig, kind: Kind[S], names: tuple[str, ...]
) -> Iterator[tuple[str, S | None]]:
    """Every change of a state, the latest last; None where it is gone or has none of the names."""
    wanted = [one.encode() for one in names]
    for message in read_to_end(config, [config.changelog]):
        key, value = message.key(), message.value()
        if key.startswith(kind.prefix):
            named = value is not None and any(one in key + value for one in wanted)
            yield kind.name(key), kind.read(value) if named else None
