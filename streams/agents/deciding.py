"""What the tickets agent and `baton replay` share: an event with all that `decide` needs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from msgspec.structs import replace

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
from streams.core.accounts import last_of, profile_snapshot, snapshot, theirs
from streams.core.handoff import carry, complement, complete
from streams.core.handoff.redact import Redactor
from streams.core.handoff.stored import as_stored
from streams.core.policy import Policy
from streams.core.policy.privacy import Treatments
from streams.core.tickets import (
    Arrival,
    Event,
    Handoff,
    Incidents,
    Statuses,
    Step,
    Ticket,
    unlinked,
    unstaffed,
)
from streams.core.tickets import decide as decide_event
from streams.core.tickets import internal_error as give_up

Profiles = Callable[[str], AccountProfile | None]
Healths = Callable[[str], AccountHealth | None]


def unknown(account_id: str) -> None:
    """Where no account is known."""


class Inputs(NamedTuple):
    """What an event is decided with that does not follow from the record.

    `policy` None: the one that is in force at the event's time.
    """

    account: AccountSnapshot | None
    policy: Policy | None
    statuses: Statuses
    incidents: Incidents


@dataclass(frozen=True)
class Decider:
    """Decides under a policy, with the profiles of accounts where they are known.

    An account that its health says is at risk counts as about to leave. `in_force` gives the policy
    for a time where policies are published; `policy` always holds where none are. `reader` is how
    texts are read, `statuses` are how queues stand, `incidents` which open anomaly a message
    belongs to. `recorded`, where given, says what an event was decided with before: in decisions it
    takes the place of all of these.
    """

    policy: Policy
    profiles: Profiles = unknown
    in_force: Callable[[Millis], Policy] | None = None
    healths: Healths = unknown
    reader: Reader = Reader()
    statuses: Statuses = unstaffed
    incidents: Incidents = unlinked
    recorded: Callable[[Event, Millis], Inputs] | None = None

    def decide(
        self, state: Ticket | None, event: Event, signals: Signals | None, arrival: Arrival
    ) -> Step:
        """The step of an event; state and transcript line are as they are to be kept."""
        if self.recorded is None:
            account = self._account(state, event)
            inputs = Inputs(account, None, self.statuses, self.incidents)
        else:
            inputs = self.recorded(event, arrival.now)
        policy = inputs.policy or self._policy(arrival.now)
        step = decide_event(
            state,
            event,
            signals,
            inputs.account,
            policy,
            arrival,
            model=self.reader.version,
            statuses=inputs.statuses,
            incidents=inputs.incidents,
        )
        redactor = _redactor(policy.privacy.stored)
        if redactor.keeps_all or step.state is None:
            return step
        said = event if isinstance(event, ConversationMessage) else None
        line = None if step.appended is None else redactor.record(step.appended)
        return replace(step, state=as_stored(step.state, redactor, said), appended=line)

    def give_up(self, state: Ticket | None, event: Event, arrival: Arrival) -> Step:
        """The step of an event that could not be decided: a person takes the ticket."""
        return give_up(event, state, self._policy(arrival.now), arrival, model=self.reader.version)

    def complete(self, handoff: Handoff, transcript: Sequence[TranscriptEntry]) -> Escalation:
        """The escalation with its package."""
        known = self._known(handoff.ticket)
        return complete(handoff, transcript, profile=known[0], health=known[1])

    def complement(
        self, update: EscalationUpdate, ticket: Ticket, account: AccountSnapshot | None
    ) -> EscalationUpdate:
        """The update with what is known by now of the account, be it ahead of the copies."""
        policy = self._policy(update.changed_at)
        profile, health = self._known(ticket)
        return complement(update, ticket, policy, account, profile=profile, health=health)

    def carried(
        self, update: TicketUpdate, ticket: Ticket, transcript: Sequence[TranscriptEntry]
    ) -> TicketUpdate:
        """The word to the target of a merge, with what the source's transcript says; one that is
        only passed on has it already.
        """
        merged = update.merged
        if merged is None or merged.ticket_id != ticket.ticket_id:
            return update
        return carry(update, merged, ticket, transcript)

    def _known(self, ticket: Ticket) -> tuple[AccountProfile | None, AccountHealth | None]:
        if ticket.account_id is None:
            return None, None
        return self._of(ticket.account_id, ticket.tenant)

    def _of(
        self, account_id: str, tenant: str
    ) -> tuple[AccountProfile | None, AccountHealth | None]:
        """Profile and health of a company's account, or of the one that it has become part of."""
        last, profile = last_of(account_id, self.profiles)
        return theirs(profile, tenant), theirs(self.healths(last), tenant)

    def _policy(self, now: Millis) -> Policy:
        return self.policy if self.in_force is None else self.in_force(now)

    def _account(self, state: Ticket | None, event: Event) -> AccountSnapshot | None:
        account_id, tenant = ("", "") if state is None else (state.account_id, state.tenant)
        if isinstance(event, TicketUpdate) and event.kind is UpdateKind.IDENTIFIED:
            account_id, tenant = event.account_id or account_id, tenant or event.tenant
        elif isinstance(event, TicketUpdate | ConversationMessage):
            account_id, tenant = account_id or event.account_id, tenant or event.tenant
        if not account_id:
            return None
        profile, health = self._of(account_id, tenant)
        if health is not None:
            return snapshot(profile, health)
        return None if profile is None else profile_snapshot(profile)


@lru_cache(8)
def _redactor(treatments: Treatments) -> Redactor:
    return Redactor(treatments)
