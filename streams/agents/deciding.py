"""What the tickets agent and `baton replay` share: an event with all that `decide` needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from detectors import Reader, Signals
from schemas.records import (
    AccountHealth,
    AccountProfile,
    AccountSnapshot,
    ConversationMessage,
    Escalation,
    EscalationUpdate,
    Millis,
    TicketUpdate,
    TranscriptEntry,
    UpdateKind,
)
from streams.core.handoff import complement, complete
from streams.core.handoff.redact import Redactor
from streams.core.policy import Policy
from streams.core.tickets import Arrival, Event, Handoff, Statuses, Step, Ticket, unstaffed
from streams.core.tickets import decide as decide_event
from streams.core.tickets import internal_error as give_up

Profiles = Callable[[str], AccountProfile | None]
Healths = Callable[[str], AccountHealth | None]


def unknown(account_id: str) -> None:
    """Where no account is known."""


@dataclass(frozen=True)
class Decider:
    """Decides under a policy, with the profiles of accounts where they are known.

    How an account is doing is shown to people only, in packages: no decision depends on it.
    `in_force` gives the policy for a time where policies are published; `policy` always holds where
    none are. `reader` is how texts are read, `statuses` are how queues stand.
    """

    policy: Policy
    profiles: Profiles = unknown
    in_force: Callable[[Millis], Policy] | None = None
    healths: Healths = unknown
    reader: Reader = Reader()
    statuses: Statuses = unstaffed

    def decide(
        self, state: Ticket | None, event: Event, signals: Signals | None, arrival: Arrival
    ) -> Step:
        """The step of an event."""
        profile = self._profile(state, event)
        account = _snapshot(profile)
        policy = self._policy(arrival.now)
        return decide_event(
            state,
            event,
            signals,
            account,
            policy,
            arrival,
            model=self.reader.version,
            statuses=self.statuses,
        )

    def give_up(self, state: Ticket | None, event: Event, arrival: Arrival) -> Step:
        """The step of an event that could not be decided: a person takes the ticket."""
        return give_up(event, state, self._policy(arrival.now), arrival, model=self.reader.version)

    def complete(self, handoff: Handoff, transcript: Sequence[TranscriptEntry]) -> Escalation:
        """The escalation with its package."""
        known = self._known(handoff.ticket)
        return complete(handoff, transcript, profile=known[0], health=known[1])

    def complement(self, update: EscalationUpdate, ticket: Ticket) -> EscalationUpdate:
        """The update with what is known by now of the account."""
        policy = self._policy(update.changed_at)
        profile, health = self._known(ticket)
        return complement(update, ticket, policy, profile=profile, health=health)

    def stored(self, line: TranscriptEntry) -> TranscriptEntry:
        """A line of a transcript as it is kept in state."""
        return self._redactor.record(line)

    @cached_property
    def _redactor(self) -> Redactor:
        return Redactor(self.policy.privacy.stored)

    def _known(self, ticket: Ticket) -> tuple[AccountProfile | None, AccountHealth | None]:
        account = ticket.account_id
        return (None, None) if account is None else (self.profiles(account), self.healths(account))

    def _policy(self, now: Millis) -> Policy:
        return self.policy if self.in_force is None else self.in_force(now)

    def _profile(self, state: Ticket | None, event: Event | None) -> AccountProfile | None:
        known = None if state is None else state.account_id
        if isinstance(event, TicketUpdate) and event.kind is UpdateKind.IDENTIFIED:
            account_id = event.account_id or known
        elif isinstance(event, TicketUpdate | ConversationMessage):
            account_id = known or event.account_id
        else:
            account_id = known
        return None if account_id is None else self.profiles(account_id)


def _snapshot(profile: AccountProfile | None) -> AccountSnapshot | None:
    if profile is None:
        return None
    return AccountSnapshot(
        account_id=profile.account_id,
        as_of=profile.updated_at,
        tier=profile.tier,
        vip=profile.vip,
        churn_flag=profile.churn_flag,
        contract_value=profile.contract_value,
        language=profile.language,
    )
